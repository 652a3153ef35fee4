// Makes the objects that belong to a Tenant or a session, mends what somebody has changed in them, and takes back
// those that have lost their labels or their owner. What somebody else made under the name is never taken.

import { fieldManagers } from '../../src/api/index.ts';
import {
  type Client,
  controllerOf,
  covers,
  formatKey,
  isAlreadyExists,
  isInvalid,
  type KubeObject,
  keyOf,
  type Live,
  type Resource,
} from '../../src/kube/index.ts';
import { Pace } from './pace.ts';

export type ChildState =
  /** It is as it should be. */
  | 'kept'
  /** It was not there. */
  | 'made'
  /** It was not as it should be, and is now. */
  | 'mended'
  /** The name is somebody else's. */
  | 'taken'
  /** It is on its way out; it can be made when it is gone. */
  | 'ending'
  /** Something undoes what is mended; it is mended again later. */
  | 'waiting';

export interface Child {
  readonly state: ChildState;
  /** With `waiting`: how long. */
  readonly retryMs?: number;
}

export interface ChildCall<T extends KubeObject> {
  /** As the cache has it. Give the Overlay's: a cache that lags makes nothing twice. */
  readonly cached: Live<T> | undefined;
  /** What a write returned. */
  readonly record: (object: Live<T>) => void;
  /** Whether an object of that name is the owner's. */
  readonly isOurs: (object: Live<T>) => boolean;
  /** Top-level fields that hold what is wanted and nothing else. Others may be added to by anybody. */
  readonly exact?: readonly (keyof T & string)[];
  readonly signal: AbortSignal;
}

/**
 * Ours is what the owner controls; without any controller, what bears the label with the owner's own value. What is
 * controlled by something else is not ours, whatever its labels say.
 */
export function belongsTo(object: Live, ownerUid: string, label: string, value: string): boolean {
  const controller = controllerOf(object);
  if (controller !== undefined) return controller.uid === ownerUid;
  return object.metadata.labels?.[label] === value;
}

export class ChildKeeper {
  readonly #client: Client;
  readonly #pace: Pace;

  constructor({ client, now }: { readonly client: Client; readonly now: () => number }) {
    this.#client = client;
    this.#pace = new Pace(now);
  }

  async keep<T extends KubeObject>(resource: Resource<T>, wanted: T, call: ChildCall<T>): Promise<Child> {
    const { cached, isOurs, exact } = call;
    if (cached !== undefined) {
      if (cached.metadata.deletionTimestamp !== undefined) return { state: 'ending' };
      if (isOurs(cached) && isAsWanted(wanted, cached, exact)) return { state: 'kept' };
    }
    const id = `${resource.plural} ${formatKey(keyOf(wanted))}`;
    const retryMs = this.#pace.waitMs(id);
    if (retryMs > 0) return { state: 'waiting', retryMs };
    const state = await this.#write(resource, wanted, call);
    if (state === 'made' || state === 'mended') this.#pace.done(id);
    return { state };
  }

  async #write<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    call: ChildCall<T>,
  ): Promise<ChildState> {
    const { cached, record, isOurs, exact, signal } = call;
    const options = { fieldManager: fieldManagers.controller, signal };
    if (cached === undefined) {
      try {
        record(await this.#client.create(resource, wanted, options));
        return 'made';
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    // The cache holds what bears our labels; what has lost them is there all the same.
    const live = await this.#client.find(resource, keyOf(wanted), { signal });
    if (live === undefined) return this.#write(resource, wanted, { ...call, cached: undefined });
    if (!isOurs(live)) return 'taken';
    if (live.metadata.deletionTimestamp !== undefined) return 'ending';
    if (isAsWanted(wanted, live, exact)) {
      record(live);
      return 'kept';
    }
    try {
      const object = await this.#mend(resource, wanted, live, call);
      record(object);
      // Quantities and the like are kept in another form than they are sent in: nothing was wrong with them.
      if (object.metadata.resourceVersion === live.metadata.resourceVersion) return 'kept';
    } catch (error) {
      if (!isInvalid(error)) throw error;
      // Something that can never be changed was: only a new one can be right. Unless what is wanted is no valid object
      // at all: then what there is stays, and whoever wanted it is told.
      await this.#assertValid(resource, wanted, options);
      await this.#client.delete(resource, keyOf(wanted), { uid: live.metadata.uid, signal });
      record(await this.#client.create(resource, wanted, options));
    }
    return 'mended';
  }

  /** @throws ApiError (`isInvalid`) with what the server says of it. */
  async #assertValid<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    options: { readonly fieldManager: string; readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      await this.#client.create(resource, wanted, { ...options, dryRun: true });
    } catch (error) {
      // The server judges the object before it looks whether its name is taken.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  #mend<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    live: Live<T>,
    { exact, signal }: ChildCall<T>,
  ): Promise<Live<T>> {
    const options = { fieldManager: fieldManagers.controller, signal };
    if (exact === undefined) {
      // At the version that was read: what comes late changes nothing.
      const { uid, resourceVersion } = live.metadata;
      const guarded = { ...wanted, metadata: { ...wanted.metadata, uid, resourceVersion } };
      return this.#client.apply(resource, guarded, options);
    }
    const { ownerReferences, labels } = wanted.metadata ?? {};
    const metadata = {
      ...live.metadata,
      labels: { ...live.metadata.labels, ...labels },
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    };
    return this.#client.update(resource, { ...live, ...wanted, metadata }, options);
  }
}

function isAsWanted<T extends KubeObject>(
  wanted: T,
  live: Live<T>,
  exact: readonly (keyof T & string)[] = [],
): boolean {
  if (!covers(wanted, live)) return false;
  const only = (object: T): KubeObject => Object.fromEntries(exact.map((field) => [field, object[field]]));
  return covers(only(live), only(wanted));
}
