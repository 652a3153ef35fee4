// Restricted mode: the operator reads Tenants, and works where the platform team has given it the rights. This finds out
// where that is, by asking the API server what it may do, so that nothing is tried that would be refused.
import { z } from 'zod';
import { gatewayReference, type Tenant, tenantNamespace } from '../../src/api/index.ts';
import type {
  Client,
  Clock,
  Informer,
  Informers,
  Live,
  Logger,
  NamespaceScope,
} from '../../src/kube/index.ts';
import { commandFor, placeOf, type RestrictedTenant, wantedBindings } from './bindings.ts';

export type AccessState =
  /** Not one of this installation's: left alone. */
  | { readonly kind: 'unlisted' }
  | { readonly kind: 'refused'; readonly message: string }
  /** What is in the namespace is not known yet. */
  | { readonly kind: 'reading' }
  | { readonly kind: 'ready' };

export interface TenantAccessOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly scope: NamespaceScope;
  readonly informers: Informers;
  readonly tenants: Informer<Tenant>;
  /** Of the installation's settings. */
  readonly listed: readonly RestrictedTenant[];
  readonly systemNamespace: string;
  readonly serviceAccount: string;
  /** Told when a namespace can be worked in, or no longer. */
  readonly onChange: (tenant: string, namespace: string) => void;
}

/** How often it is looked whether rights have come or gone. */
const LOOK_MS = 5_000;

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Of what skald-controller-tenant gives, one that reads and one that writes: who has both has the role. */
const QUESTIONS = [
  { group: 'skald.dev', resource: 'voicesessions', verb: 'watch' },
  { group: 'batch', resource: 'jobs', verb: 'create' },
];

export class TenantAccess {
  readonly #o: TenantAccessOptions;
  readonly #ready = new Set<string>();
  readonly #told = new Set<string>();

  constructor(options: TenantAccessOptions) {
    this.#o = options;
  }

  /** On every replica, for as long as the process lives: caches are filled before it leads. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, scope, tenants } = this.#o;
    const woken = new Wake();
    const leave = tenants.addHandler({ add: () => woken.call(), delete: () => woken.call() });
    try {
      await tenants.whenSynced(signal);
      while (!signal.aborted) {
        await this.#look(signal);
        scope.settle();
        await woken.within(clock, LOOK_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      leave();
    }
  }

  of(tenant: Live<Tenant>): AccessState {
    const listed = this.#listed(tenant.metadata.name);
    if (listed === undefined) return { kind: 'unlisted' };
    const namespace = tenantNamespace(tenant);
    if (namespace !== listed.namespace) {
      const message = `This Tenant wants the namespace ${namespace}; rbac.restricted.tenants gives it ${listed.namespace}.`;
      return { kind: 'refused', message };
    }
    if (this.#ready.has(namespace)) return { kind: 'ready' };
    if (this.#o.scope.has(namespace)) return { kind: 'reading' };
    const { systemNamespace, serviceAccount } = this.#o;
    const [own] = wantedBindings(listed, { systemNamespace, serviceAccount });
    const command = own === undefined ? '' : commandFor(own);
    return {
      kind: 'refused',
      message: `The operator has no rights in namespace ${namespace}: RoleBinding skald-controller is missing there. ${command}`,
    };
  }

  /** The gateway that the platform team has given the tenant, by its rights. */
  gatewayOf(tenant: Live<Tenant>): string | undefined {
    const listed = this.#listed(tenant.metadata.name);
    return listed === undefined ? undefined : gatewayReference(placeOf(listed));
  }

  /** Whether everything in the namespace is in the caches. */
  isReady(namespace: string | undefined): boolean {
    return namespace !== undefined && this.#ready.has(namespace);
  }

  #listed(name: string): RestrictedTenant | undefined {
    return this.#o.listed.find((one) => one.name === name);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { tenants, listed, scope, log } = this.#o;
    for (const { metadata } of tenants.list()) {
      if (this.#listed(metadata.name) !== undefined || this.#told.has(metadata.name)) continue;
      this.#told.add(metadata.name);
      log.warn(
        { tenant: metadata.name },
        'A Tenant that rbac.restricted.tenants does not name is left alone',
      );
    }
    await Promise.all(
      listed.map(async ({ name, namespace }) => {
        const wanted = tenants.get({ name }) !== undefined && (await this.#allowed(namespace, signal));
        if (wanted && !scope.has(namespace)) this.#follow(name, namespace, signal);
        else if (!wanted && scope.has(namespace)) this.#leave(name, namespace);
      }),
    );
  }

  #follow(tenant: string, namespace: string, signal: AbortSignal): void {
    const { scope, informers, log, onChange } = this.#o;
    scope.add(namespace);
    informers.whenSyncedIn(namespace, signal).then(
      () => {
        if (!scope.has(namespace)) return;
        this.#ready.add(namespace);
        log.info({ tenant, namespace }, 'The namespace is served');
        onChange(tenant, namespace);
      },
      // The process ends, or the namespace was left before it was known.
      () => {},
    );
  }

  #leave(tenant: string, namespace: string): void {
    const { scope, log, onChange } = this.#o;
    this.#ready.delete(namespace);
    scope.remove(namespace);
    log.warn({ tenant, namespace }, 'The namespace is no longer served: its Tenant or the rights are gone');
    onChange(tenant, namespace);
  }

  async #allowed(namespace: string, signal: AbortSignal): Promise<boolean> {
    const { client, log, scope } = this.#o;
    try {
      const answers = await Promise.all(
        QUESTIONS.map(async (question) => {
          const body = {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes: { ...question, namespace } },
          };
          const answer = await client.raw({ method: 'POST', path: REVIEWS, body, repeatable: true, signal });
          return reviewSchema.parse(answer).status.allowed;
        }),
      );
      return answers.every((allowed) => allowed);
    } catch (error) {
      if (signal.aborted) return false;
      log.warn({ namespace, err: error }, 'It could not be asked which rights there are');
      // Nothing is known that was not known before.
      return scope.has(namespace);
    }
  }
}

/** A sleep that ends early when something has happened. */
class Wake {
  #awake: (() => void) | undefined;
  #called = false;

  call(): void {
    this.#called = true;
    this.#awake?.();
  }

  async within(clock: Clock, limitMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#called) {
      const over = new AbortController();
      const early = new Promise<void>((resolve) => {
        this.#awake = resolve;
      });
      const late = clock.sleep(limitMs, AbortSignal.any([signal, over.signal])).catch(() => {});
      await Promise.race([early, late]);
      over.abort();
      this.#awake = undefined;
    }
    this.#called = false;
    signal.throwIfAborted();
  }
}
