/** Owner references: who is garbage-collected with whom, and which object controls another. */
import type { IndexFunction } from './cache.ts';
import type { KubeObject, Live, OwnerReference } from './object.ts';
import { apiVersionOf, type Resource } from './resource.ts';

/** A reference that makes an object be deleted with its owner. */
export function ownerReference<T extends KubeObject>(resource: Resource<T>, owner: Live<T>): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid };
}

/**
 * The same, as the one owner that controls the object. Foreground deletion of the owner waits for the object
 * (blockOwnerDeletion), which needs the right to update the owner's `finalizers` subresource.
 */
export function controllerReference<T extends KubeObject>(
  resource: Resource<T>,
  owner: Live<T>,
): OwnerReference {
  return { ...ownerReference(resource, owner), controller: true, blockOwnerDeletion: true };
}

/** The reference to the owner that controls the object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}

/** By UID: an owner that was deleted and made again under its name does not control what the first one had. */
export function isControlledBy(object: KubeObject, owner: Live): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

/** Whether a reference is to this resource, in any version of its group. */
export function refersTo(reference: OwnerReference, resource: Resource): boolean {
  const slash = reference.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : reference.apiVersion.slice(0, slash);
  return group === resource.group && reference.kind === resource.kind;
}

/** Index by the UID of the controlling owner: `informer.byIndex('controller', owner.metadata.uid)`. */
export const byControllerUid: IndexFunction<KubeObject> = (object) => {
  const reference = controllerOf(object);
  return reference ? [reference.uid] : [];
};

/** Index by the value of a label. */
export function byLabel(label: string): IndexFunction<KubeObject> {
  return (object) => {
    const value = object.metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };
}
