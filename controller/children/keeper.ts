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
  type ListKeys,
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
  readonly listKeys?: ListKeys;
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
    const { cached, isOurs, listKeys } = call;
    if (cached !== undefined) {
      if (cached.metadata.deletionTimestamp !== undefined) return { state: 'ending' };
      if (isOurs(cached) && covers(wanted, cached, listKeys)) return { state: 'kept' };
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
    { cached, record, isOurs, listKeys, signal }: ChildCall<T>,
  ): Promise<ChildState> {
    if (cached === undefined) {
      try {
        record(
          await this.#client.create(resource, wanted, { fieldManager: fieldManagers.controller, signal }),
        );
        return 'made';
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    // The cache holds what bears our labels; what has lost them is there all the same.
    const live = await this.#client.find(resource, keyOf(wanted), { signal });
    if (live === undefined)
      return this.#write(resource, wanted, { cached: undefined, record, isOurs, signal });
    if (!isOurs(live)) return 'taken';
    if (live.metadata.deletionTimestamp !== undefined) return 'ending';
    if (covers(wanted, live, listKeys)) {
      record(live);
      return 'kept';
    }
    const { uid } = live.metadata;
    try {
      const guarded = { ...wanted, metadata: { ...wanted.metadata, uid } };
      record(await this.#client.apply(resource, guarded, { fieldManager: fieldManagers.controller, signal }));
    } catch (error) {
      if (!isInvalid(error)) throw error;
      // Something that can never be changed was: only a new one can be right.
      await this.#client.delete(resource, keyOf(wanted), { uid, signal });
      record(await this.#client.create(resource, wanted, { fieldManager: fieldManagers.controller, signal }));
    }
    return 'mended';
  }
}
