/**
 * Server-side apply that sends nothing when nothing would change.
 *
 * `apply(resource, wanted, { live })` sends a request unless one of these is certain:
 *
 * 1. Nothing happened since this applier's own last write: `live` has the resource version which that write returned,
 *    and `wanted` is the same as then.
 * 2. `live` has every field of `wanted` with its value, and applying would remove nothing, which is known either from
 *    the managed fields in `live` (no field is owned that is not wanted), or, when the cache dropped these, from this
 *    applier having applied the same set of fields to this object before.
 *
 * Rule 2 is what a new process lives by, so its caches should keep this manager's part of managedFields
 * (`keepManagedFieldsOf`; a Manager does when it is told the `fieldManager`). With caches that drop all of them each
 * object costs one request after a restart. Values that the server writes in another way than they were sent ("1000m"
 * as "1") fall under rule 1 only. Lists: see ListKeys.
 *
 * With `live` the request carries its UID and resource version. So it is fenced: sent by a leader that is none any more,
 * and late, it meets a newer version and does nothing (409, `isConflict`); nor does it ever re-create an object that was
 * deleted meanwhile, or write to the next one of its name.
 *
 * Without `live` the object is created, which is fenced by its name: an apply would overwrite what a later leader made.
 * One more request then turns the create into an apply (see field-ownership.ts). If there is such an object after all, it
 * is read and applied to as above.
 */
import { createHash } from 'node:crypto';
import { covers, type ListKeys, ownsBeyond, shapeOf } from './apply-diff.ts';
import type { Client, WriteOptions } from './client.ts';
import { isAlreadyExists } from './errors.ts';
import { claimed, entryOf, isUnclaimed } from './field-ownership.ts';
import { type KubeObject, keyOf, type Live } from './object.ts';
import type { Resource } from './resource.ts';

export interface ApplierOptions {
  client: Client;
  fieldManager: string;
  /** Take over fields that other managers own. @defaultValue true */
  force?: boolean;
  /** Objects whose last write is remembered; the oldest is forgotten first. @defaultValue 20 000 */
  remembered?: number;
}

export interface ApplyCall<T extends KubeObject> {
  /** The object as the cache has it; absent when there is none. */
  live?: Live<T> | undefined;
  listKeys?: ListKeys | undefined;
  signal?: AbortSignal | undefined;
}

export interface Applied<T extends KubeObject> {
  /** What the server returned, or `live` when nothing was sent. */
  object: Live<T>;
  /** A request was sent. */
  written: boolean;
}

interface LastWrite {
  resourceVersion: string;
  wanted: string;
  shape: string;
}

export class Applier {
  readonly #options: ApplierOptions;
  readonly #last = new Map<string, LastWrite>();

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  apply<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    call: ApplyCall<T> = {},
  ): Promise<Applied<T>> {
    return this.#apply(resource, wanted, call, undefined);
  }

  /** The status subresource. The object must exist. */
  applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    call: ApplyCall<T> = {},
  ): Promise<Applied<T>> {
    return this.#apply(resource, wanted, call, 'status');
  }

  async #apply<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    { live, listKeys, signal }: ApplyCall<T>,
    subresource: 'status' | undefined,
  ): Promise<Applied<T>> {
    const fingerprint = {
      wanted: digest(canonical(withoutAddress(wanted))),
      shape: digest(shapeOf(withoutAddress(wanted))),
    };
    if (live && this.#isApplied(wanted, live, fingerprint, listKeys, subresource)) {
      return { object: live, written: false };
    }
    const object = subresource
      ? await this.#send(resource, wanted, live, subresource, signal)
      : await this.#upsert(resource, wanted, live, signal);
    this.#remember(object, subresource, {
      ...fingerprint,
      resourceVersion: object.metadata.resourceVersion,
    });
    return { object, written: true };
  }

  async #upsert<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    live: Live<T> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Live<T>> {
    const { client, fieldManager } = this.#options;
    const options = { fieldManager, signal };
    if (!live) {
      try {
        return await this.#claim(resource, wanted, await client.create(resource, wanted, options), options);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    const unclaimed = !live || isUnclaimed(live.metadata.managedFields, fieldManager);
    // A cache has only a part of the managed fields: what is written has to be read.
    const current = unclaimed ? await client.get(resource, keyOf(wanted), { signal }) : live;
    const same = !live || current.metadata.uid === live.metadata.uid;
    const own = unclaimed && same ? await this.#claim(resource, wanted, current, options) : live;
    return this.#send(resource, wanted, own, undefined, signal);
  }

  /** Turns what this manager made into what it applied. */
  async #claim<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    made: Live<T>,
    options: WriteOptions & { fieldManager: string },
  ): Promise<Live<T>> {
    const { managedFields, uid, resourceVersion } = made.metadata;
    if (!managedFields || !isUnclaimed(managedFields, options.fieldManager)) return made;
    return this.#options.client.patch(
      resource,
      keyOf(made),
      {
        json: [
          { op: 'test', path: '/metadata/uid', value: uid },
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          {
            op: 'replace',
            path: '/metadata/managedFields',
            value: claimed(managedFields, options.fieldManager, wanted),
          },
        ],
      },
      options,
    );
  }

  #send<T extends KubeObject>(
    resource: Resource<T>,
    wanted: T,
    live: Live<T> | undefined,
    subresource: 'status' | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Live<T>> {
    const { client, fieldManager, force } = this.#options;
    const guarded = live ? guardedBy(live, wanted) : wanted;
    const options = { fieldManager, force, signal };
    return subresource
      ? client.applyStatus(resource, guarded, options)
      : client.apply(resource, guarded, options);
  }

  #isApplied<T extends KubeObject>(
    wanted: T,
    live: Live<T>,
    fingerprint: { wanted: string; shape: string },
    listKeys: ListKeys | undefined,
    subresource: 'status' | undefined,
  ): boolean {
    const { uid } = wanted.metadata ?? {};
    if (uid !== undefined && uid !== live.metadata.uid) return false;
    const last = this.#last.get(idOf(live, subresource));
    if (last?.resourceVersion === live.metadata.resourceVersion && last.wanted === fingerprint.wanted)
      return true;
    if (!covers(wanted, live, listKeys)) return false;
    if (live.metadata.managedFields === undefined) return last?.shape === fingerprint.shape;
    const { managedFields } = live.metadata;
    const { fieldManager } = this.#options;
    if (!subresource && isUnclaimed(managedFields, fieldManager)) return false;
    const entry = entryOf(managedFields, fieldManager, 'Apply', subresource);
    return !ownsBeyond(entry?.fieldsV1, wanted);
  }

  #remember(object: Live, subresource: 'status' | undefined, write: LastWrite): void {
    const id = idOf(object, subresource);
    this.#last.delete(id);
    this.#last.set(id, write);
    if (this.#last.size <= (this.#options.remembered ?? 20_000)) return;
    const oldest = this.#last.keys().next();
    if (!oldest.done) this.#last.delete(oldest.value);
  }
}

/** A resource version that the caller asks for stays. */
function guardedBy<T extends KubeObject>({ metadata: { uid, resourceVersion } }: Live<T>, wanted: T): T {
  return { ...wanted, metadata: { resourceVersion, ...wanted.metadata, uid } };
}

function idOf(object: Live, subresource: string | undefined): string {
  return subresource ? `${object.metadata.uid}/${subresource}` : object.metadata.uid;
}

/** What is wanted of the object, without what only says which object it is. */
function withoutAddress(wanted: KubeObject): object {
  const { apiVersion: _, kind: __, metadata, ...fields } = wanted;
  const { name, namespace, uid, resourceVersion, ...described } = metadata ?? {};
  return { ...fields, metadata: described };
}

/** The same value in the same form, however its fields were ordered. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, canonical(inner)]),
  );
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64');
}
