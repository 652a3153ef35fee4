/**
 * The shapes that every Kubernetes object shares, as they are on the wire: timestamps are RFC 3339 strings.
 *
 * The models of `@kubernetes/client-node` type timestamps as `Date`, which is true only after its own
 * deserialiser ran (and not for watch events). `Wire` turns such a model into what JSON really holds.
 */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: object;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  managedFields?: ManagedFieldsEntry[];
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** Metadata of an object that the API server returned: these three are always there. */
export interface LiveMeta extends ObjectMeta {
  name: string;
  uid: string;
  resourceVersion: string;
}

/** An object as the API server returned it. */
export type Live<T extends KubeObject = KubeObject> = T & { metadata: LiveMeta };

/** A model of `@kubernetes/client-node` as JSON: no `Date`, and `_from`, `_continue`, ... under their own names. */
export type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [K in keyof T as K extends `_${infer Name}` ? Name : K]: Wire<T[K]> }
      : T;

/** Names one object of a resource. `namespace` is absent for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function keyOf(object: KubeObject): ObjectKey {
  const { namespace, name } = object.metadata ?? {};
  if (!name) throw new Error(`${object.kind ?? 'object'} has no metadata.name, so it has no key`);
  return namespace ? { namespace, name } : { name };
}

/** `namespace/name`, or `name` when cluster-scoped: the form used in queues, logs and indexes. */
export function formatKey(key: ObjectKey): string {
  return key.namespace ? `${key.namespace}/${key.name}` : key.name;
}

/** The inverse of {@link formatKey}. Names and namespaces cannot contain a slash. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/**
 * Orders two resource versions of one resource: negative when `a` is older. Undefined when they cannot be
 * compared, which no API server backed by etcd does, but an aggregated one may.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!isDecimal(a) || !isDecimal(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

function isDecimal(text: string): boolean {
  return /^[1-9][0-9]*$/.test(text);
}
