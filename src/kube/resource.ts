import type { KubeObject, ObjectKey } from './object.ts';

declare const objectType: unique symbol;

/**
 * Where a kind of object lives in the API, and (in the type only) what such an object looks like. It is given
 * rather than discovered, so that a program needs no discovery rights and no extra request at start.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  /** API group; the empty string is the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in the URL. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Reads return only apiVersion, kind and metadata (PartialObjectMetadata), made so by the server. */
  readonly metadataOnly?: boolean;
  readonly [objectType]?: T;
}

export function defineResource<T extends KubeObject>(definition: {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}): Resource<T> {
  return Object.freeze({ ...definition });
}

/** The same resource, read as metadata only: a cached Pod shrinks from about 5 KiB to well under 1 KiB. */
export function metadataOf(resource: Resource): Resource<KubeObject> {
  const { group, version, plural, kind, namespaced } = resource;
  return Object.freeze({ group, version, plural, kind, namespaced, metadataOnly: true });
}

/** `batch/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `jobs.batch`, or `pods` for the core group: how errors, logs and metrics name a resource. */
export function resourceName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** URL path of the collection, or of one object when `name` is given. */
export function pathOf(
  resource: Resource,
  where: { namespace?: string | undefined; name?: string; subresource?: string | undefined },
): string {
  const root =
    resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const parts = [root];
  if (resource.namespaced && where.namespace) parts.push('namespaces', encodeURIComponent(where.namespace));
  parts.push(resource.plural);
  if (where.name !== undefined) parts.push(encodeURIComponent(where.name));
  if (where.subresource) parts.push(where.subresource);
  return parts.join('/');
}

/** Path of one object. A namespaced object without a namespace is a mistake of the caller, told before any request. */
export function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  if (!key.name) throw new Error(`a ${resource.kind} was addressed without a name`);
  if (resource.namespaced && !key.namespace) {
    throw new Error(`${resource.kind} "${key.name}" was addressed without a namespace, but it is namespaced`);
  }
  return pathOf(resource, { namespace: key.namespace, name: key.name, subresource });
}
