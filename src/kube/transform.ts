/** What is taken off an object before it is cached: memory is the price of a cache. */
import type { KubeObject, Live } from './object.ts';

/** Changes the object in place or returns another. Runs once per object, before anyone sees it. */
export type Transform<T extends KubeObject> = (object: Live<T>) => Live<T>;

/** managedFields are half of a typical Pod, and only server-side apply reads them, on the server. The default. */
export function dropManagedFields<T extends KubeObject>(object: Live<T>): Live<T> {
  delete object.metadata.managedFields;
  return object;
}

/** Keeps metadata (without managedFields) and the named top-level fields. */
export function keepFields<T extends KubeObject>(...fields: (keyof T & string)[]): Transform<T> {
  const kept = new Set<string>(['apiVersion', 'kind', 'metadata', ...fields]);
  return (object) => {
    for (const field of Object.keys(object)) if (!kept.has(field)) Reflect.deleteProperty(object, field);
    return dropManagedFields(object);
  };
}
