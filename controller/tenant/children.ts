// What a Tenant has in its namespace, kept as it should be: one pass over it per reconcile.
import { labels } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type EventRecorder,
  type KubeObject,
  keyOf,
  type Live,
  type Overlay,
  type Resource,
} from '../../src/kube/index.ts';
import { childEvent } from '../children/events.ts';
import { belongsTo, ChildKeeper } from '../children/keeper.ts';
import { tenantOwner } from '../owners.ts';
import { type LiveTenant, tenants } from '../resources.ts';

export interface TenantChildrenOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
}

/** While a child is on its way out, or its name is somebody else's: no watch tells of that. */
const LOOK_AGAIN_MS = 2_000;

export class TenantChildren {
  readonly #o: TenantChildrenOptions;
  readonly #keeper: ChildKeeper;

  constructor(options: TenantChildrenOptions) {
    this.#o = options;
    this.#keeper = new ChildKeeper({ client: options.client, now: () => options.clock.now() });
  }

  of(tenant: LiveTenant, signal: AbortSignal): TenantChildrenPass {
    return new TenantChildrenPass(this.#o.client, this.#keeper, this.#o.recorder, tenant, signal);
  }
}

export class TenantChildrenPass {
  /** Kinds and names that somebody else has. */
  readonly taken: string[] = [];
  readonly #client: Client;
  readonly #keeper: ChildKeeper;
  readonly #recorder: EventRecorder;
  readonly #tenant: LiveTenant;
  readonly #signal: AbortSignal;
  #retryMs = Number.POSITIVE_INFINITY;

  constructor(
    client: Client,
    keeper: ChildKeeper,
    recorder: EventRecorder,
    tenant: LiveTenant,
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#keeper = keeper;
    this.#recorder = recorder;
    this.#tenant = tenant;
    this.#signal = signal;
  }

  /** When something that could not be done now should be tried; Infinity when there is nothing. */
  get retryMs(): number {
    return this.#retryMs;
  }

  /** Deletes what this Tenant has of the kind and no longer wants. */
  async dropOthers<T extends KubeObject>(
    resource: Resource<T>,
    cache: Overlay<T>,
    namespace: string,
    wanted: readonly T[],
  ): Promise<void> {
    const { name, uid } = this.#tenant.metadata;
    const names = new Set(wanted.map(({ metadata }) => metadata?.name));
    const surplus = cache
      .list(namespace)
      .filter((object) => belongsTo(object, uid, labels.tenant, name) && !names.has(object.metadata.name));
    await Promise.all(
      surplus.map((object) =>
        this.#client.delete(resource, keyOf(object), { uid: object.metadata.uid, signal: this.#signal }),
      ),
    );
  }

  /** @param exact fields to which nobody may add anything */
  async keep<T extends KubeObject>(
    resource: Resource<T>,
    cache: Overlay<T>,
    wanted: T,
    exact?: readonly (keyof T & string)[],
  ): Promise<void> {
    const { name, uid } = this.#tenant.metadata;
    const owned = {
      ...wanted,
      metadata: { ...wanted.metadata, ownerReferences: [tenantOwner(this.#tenant)] },
    };
    const { state, retryMs } = await this.#keeper.keep(resource, owned, {
      cached: cache.get(keyOf(owned)),
      record: (object: Live<T>) => cache.record(object),
      isOurs: (object) => belongsTo(object, uid, labels.tenant, name),
      signal: this.#signal,
      ...(exact === undefined ? {} : { exact }),
    });
    const child = `${resource.kind} ${wanted.metadata?.name}`;
    if (state === 'taken') this.taken.push(child);
    const stuck = state === 'taken' || state === 'ending';
    this.#retryMs = Math.min(this.#retryMs, stuck ? LOOK_AGAIN_MS : (retryMs ?? Number.POSITIVE_INFINITY));
    this.tell(child, state, this.#isReady());
  }

  tell(child: string, state: Parameters<typeof childEvent>[1], expected: boolean): void {
    const event = childEvent(child, state, expected);
    if (event !== undefined) this.#recorder.event({ resource: tenants, object: this.#tenant }, event);
  }

  /** It has been through all of this before. */
  #isReady(): boolean {
    const { conditions, observedGeneration } = this.#tenant.status ?? {};
    const settled = observedGeneration === this.#tenant.metadata.generation;
    return (
      settled && (conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false)
    );
  }
}
