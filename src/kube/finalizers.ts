/**
 * Finalizers: an object that has one stays, marked for deletion, until it is taken off. They are added and removed with
 * JSON patches that test what they rely on, so two writers never undo each other, and the next object of the same name
 * is never touched.
 */
import type { CallOptions, Client, JsonPatchOperation } from './client.ts';
import { ApiError, isInvalid, isNotFound } from './errors.ts';
import { type KubeObject, keyOf, type Live } from './object.ts';
import { objectPath, type Resource } from './resource.ts';

/** Times that a patch is tried again on the newest version, after its tests did not hold. */
const attempts = 5;

/** Returns the object with the finalizer. Nothing is sent when it has it. Throws `isNotFound` when the object is gone. */
export async function addFinalizer<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: Live<T>,
  finalizer: string,
  options: CallOptions = {},
): Promise<Live<T>> {
  const patched = await patchFinalizers(client, resource, object, options, (finalizers) => {
    if (finalizers.includes(finalizer)) return undefined;
    const guard: JsonPatchOperation = {
      op: 'test',
      path: '/metadata/finalizers',
      value: finalizers.length > 0 ? finalizers : null,
    };
    return finalizers.length > 0
      ? [guard, { op: 'add', path: '/metadata/finalizers/-', value: finalizer }]
      : [guard, { op: 'add', path: '/metadata/finalizers', value: [finalizer] }];
  });
  if (patched) return patched;
  const { uid } = object.metadata;
  throw new ApiError({
    status: 404,
    reason: 'NotFound',
    detail: `the object with UID ${uid} is gone, so finalizer ${finalizer} was not added`,
    method: 'PATCH',
    path: objectPath(resource, keyOf(object)),
  });
}

/** Takes the finalizer off. An object that is gone, or does not have it, is a success. */
export async function removeFinalizer<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: Live<T>,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  await patchFinalizers(client, resource, object, options, (finalizers) => {
    const index = finalizers.indexOf(finalizer);
    if (index < 0) return undefined;
    const path = `/metadata/finalizers/${index}`;
    return [
      { op: 'test', path, value: finalizer },
      { op: 'remove', path },
    ];
  });
}

/**
 * One step of the life of an object with a finalizer that is being deleted: runs `cleanup`, and takes the finalizer off
 * only when that succeeded.
 *
 * @returns true when the finalizer is off; false when `cleanup` returned false, which means "not yet, call again".
 * @throws what `cleanup` throws; the finalizer stays.
 */
export async function finalize<T extends KubeObject>(step: {
  client: Client;
  resource: Resource<T>;
  object: Live<T>;
  finalizer: string;
  cleanup: () => Promise<boolean> | Promise<void>;
  signal?: AbortSignal | undefined;
}): Promise<boolean> {
  const { client, resource, object, finalizer, cleanup, signal } = step;
  if (!object.metadata.finalizers?.includes(finalizer)) return true;
  const done = await cleanup();
  if (done === false) return false;
  signal?.throwIfAborted();
  await removeFinalizer(client, resource, object, finalizer, { signal });
  return true;
}

/** Undefined when this incarnation of the object is gone. */
async function patchFinalizers<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: Live<T>,
  options: CallOptions,
  change: (finalizers: readonly string[]) => JsonPatchOperation[] | undefined,
): Promise<Live<T> | undefined> {
  const { uid } = object.metadata;
  let current: Live<T> | undefined = object;
  for (let attempt = 1; current && current.metadata.uid === uid; attempt += 1) {
    const operations = change(current.metadata.finalizers ?? []);
    if (!operations) return current;
    try {
      const guarded: JsonPatchOperation[] = [
        { op: 'test', path: '/metadata/uid', value: uid },
        ...operations,
      ];
      return await client.patch(resource, keyOf(object), { json: guarded }, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!isInvalid(error) || attempt >= attempts) throw error;
      // A test did not hold: the object is newer than what we had.
      current = await client.find(resource, keyOf(object), options);
    }
  }
  return undefined;
}
