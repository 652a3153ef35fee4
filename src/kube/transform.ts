/** What is taken off an object before it is cached: memory is the price of a cache. */
import type { KubeObject, Live, ManagedFieldsEntry } from './object.ts';

/** Changes the object in place or returns another. Runs once per object, before anyone sees it. */
export type Transform<T extends KubeObject> = (object: Live<T>) => Live<T>;

/** The same for objects of any kind. */
export type AnyTransform = <T extends KubeObject>(object: Live<T>) => Live<T>;

/** managedFields are half of a typical Pod, and only server-side apply reads them. The default of Informers. */
export function dropManagedFields<T extends KubeObject>(object: Live<T>): Live<T> {
  delete object.metadata.managedFields;
  return object;
}

/** Different sets of managed fields that are kept for sharing; beyond that the oldest is forgotten. */
const sharedSets = 1_000;

/**
 * Keeps of managedFields what this manager owns. That is what an `Applier` needs to know, without asking, that an object
 * is as it is wanted: with it a new process writes nothing when nothing has changed.
 *
 * Objects of one shape have the same fields, so they share one frozen list: it costs an object a pointer.
 */
export function keepManagedFieldsOf(manager: string): AnyTransform {
  const shared = new Map<string, ManagedFieldsEntry[]>();
  return (object) => {
    const own: ManagedFieldsEntry[] = [];
    for (const entry of object.metadata.managedFields ?? []) {
      const { operation, subresource, fieldsV1 } = entry;
      if (entry.manager !== manager || !operation) continue;
      own.push({
        manager,
        operation,
        ...(subresource ? { subresource } : {}),
        // Of what was not applied it matters only that there is something.
        ...(fieldsV1 && operation === 'Apply' ? { fieldsV1 } : {}),
      });
    }
    const id = JSON.stringify(own);
    let kept = shared.get(id);
    if (!kept) {
      kept = own;
      shared.set(id, own);
      const oldest = shared.keys().next();
      if (shared.size > sharedSets && !oldest.done) shared.delete(oldest.value);
    }
    object.metadata.managedFields = kept;
    return object;
  };
}

/** Keeps metadata (without managedFields) and the named top-level fields. */
export function keepFields<T extends KubeObject>(...fields: (keyof T & string)[]): Transform<T> {
  const kept = new Set<string>(['apiVersion', 'kind', 'metadata', ...fields]);
  return (object) => {
    for (const field of Object.keys(object)) if (!kept.has(field)) Reflect.deleteProperty(object, field);
    return dropManagedFields(object);
  };
}
