/**
 * What a manager owns of an object, in the terms of server-side apply.
 *
 * A create is an `Update` to the API server: what it set, and every default that the server added, belongs to the manager
 * in a way that a later apply cannot take back. So a field that is no longer wanted would stay for ever. Turned into an
 * `Apply` of what was wanted, it is as if the object had been applied in the first place; kubectl does the same when it
 * first applies on the server what it made on the client.
 */
import { ownedWithin } from './apply-diff.ts';
import type { KubeObject, ManagedFieldsEntry } from './object.ts';

/** This manager's entry among the managed fields. */
export function entryOf(
  managedFields: readonly ManagedFieldsEntry[] | undefined,
  fieldManager: string,
  operation: 'Apply' | 'Update',
  subresource?: string,
): ManagedFieldsEntry | undefined {
  return managedFields?.find(
    (entry) =>
      entry.manager === fieldManager &&
      entry.operation === operation &&
      (entry.subresource || undefined) === subresource,
  );
}

/** True when the manager made the object, or wrote to it, and has never applied it. */
export function isUnclaimed(
  managedFields: readonly ManagedFieldsEntry[] | undefined,
  fieldManager: string,
): boolean {
  return (
    entryOf(managedFields, fieldManager, 'Update') !== undefined &&
    entryOf(managedFields, fieldManager, 'Apply') === undefined
  );
}

/** The managed fields as if the manager had applied `wanted`. For an object that {@link isUnclaimed}. */
export function claimed(
  managedFields: readonly ManagedFieldsEntry[],
  fieldManager: string,
  wanted: KubeObject,
): ManagedFieldsEntry[] {
  const made = entryOf(managedFields, fieldManager, 'Update');
  return managedFields.map((entry) =>
    entry === made ? { ...entry, operation: 'Apply', fieldsV1: ownedWithin(entry.fieldsV1, wanted) } : entry,
  );
}
