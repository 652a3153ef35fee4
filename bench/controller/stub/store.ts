/**
 * The objects of the stub server: one resource version for all, a history of changes to watch from. It takes what it
 * is given: nothing is validated, defaulted, or recorded in managed fields.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

export type Fields = Record<string, unknown>;

export interface Stored {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: number;
  readonly object: Fields & { readonly metadata: Fields };
  /** The object as JSON, whole and with its metadata only: made once, sent to everyone. */
  readonly json: string;
  readonly metadataJson: string;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly stored: Stored;
}

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A write that an API server would refuse. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Given out by all collections of one server in common, as etcd does. */
export class Versions {
  #last = 1;

  get last(): number {
    return this.#last;
  }

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** The objects of one resource in the one namespace that the stub server has. */
export class Collection {
  readonly #kind: Kind;
  readonly #versions: Versions;
  readonly #objects = new Map<string, Stored>();
  readonly #history: Change[] = [];
  readonly #watchers = new Set<(change: Change) => void>();

  constructor(kind: Kind, versions: Versions) {
    this.#kind = kind;
    this.#versions = versions;
  }

  list(): readonly Stored[] {
    return [...this.#objects.values()];
  }

  get(name: string): Stored {
    const stored = this.#objects.get(name);
    if (!stored) throw new Refusal(404, 'NotFound', `${this.#kind.kind} "${name}" not found`);
    return stored;
  }

  /** Changes after `version`, at once those that have happened. Returns what ends it. */
  watch(version: number, watcher: (change: Change) => void): () => void {
    for (const change of this.#history) if (change.stored.version > version) watcher(change);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  create(wanted: Fields): Stored {
    const metadata = fieldsOf(wanted.metadata);
    const name = String(metadata.name);
    if (this.#objects.has(name)) {
      throw new Refusal(409, 'AlreadyExists', `${this.#kind.kind} "${name}" already exists`);
    }
    const made = { uid: randomUUID(), creationTimestamp: new Date().toISOString(), generation: 1 };
    return this.#put('ADDED', { ...wanted, metadata: { ...metadata, ...made } });
  }

  /** @param version - The resource version that the object must still have; undefined: any. */
  replace(name: string, subresource: 'status' | undefined, wanted: Fields): Stored {
    const { object } = this.get(name);
    const version = fieldsOf(wanted.metadata).resourceVersion;
    if (version !== undefined && version !== object.metadata.resourceVersion) {
      throw new Refusal(409, 'Conflict', `${this.#kind.kind} "${name}" has been modified`);
    }
    if (subresource === 'status') return this.#update(object, { ...object, status: wanted.status });
    const { status } = object;
    return this.#update(object, { ...wanted, ...(status === undefined ? {} : { status }) });
  }

  /** Lays the patch's fields over the object's, as a merge patch does; an apply patch is taken for one. */
  merge(name: string, subresource: 'status' | undefined, patch: Fields): Stored {
    const { object } = this.get(name);
    const { metadata: _, ...fields } = patch;
    const part = subresource === 'status' ? { status: fields.status } : fields;
    return this.#update(object, fieldsOf(merged(object, part)));
  }

  delete(name: string): Stored {
    const { object } = this.get(name);
    this.#objects.delete(name);
    return this.#announce('DELETED', object);
  }

  #update(old: Stored['object'], wanted: Fields): Stored {
    const { generation, ...metadata } = { ...old.metadata, ...fieldsOf(wanted.metadata) };
    const changed = !isDeepStrictEqual(wanted.spec, old.spec);
    const next = Number(generation) + (changed ? 1 : 0);
    return this.#put('MODIFIED', { ...wanted, metadata: { ...metadata, generation: next } });
  }

  #put(type: 'ADDED' | 'MODIFIED', object: Fields & { metadata: Fields }): Stored {
    const stored = this.#announce(type, object);
    this.#objects.set(stored.name, stored);
    return stored;
  }

  #announce(type: Change['type'], wanted: Fields & { metadata: Fields }): Stored {
    const version = this.#versions.next();
    const metadata: Fields = { ...wanted.metadata, resourceVersion: String(version) };
    const object = { ...wanted, ...this.#kind, metadata };
    const stored: Stored = {
      name: String(metadata.name),
      labels: labelsOf(metadata),
      version,
      object,
      json: JSON.stringify(object),
      metadataJson: JSON.stringify({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
      }),
    };
    const change: Change = { type, stored };
    this.#history.push(change);
    for (const watcher of this.#watchers) watcher(change);
    return stored;
  }
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function labelsOf(metadata: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(metadata.labels)).map(([name, value]) => [name, String(value)]),
  );
}

function merged(onto: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = { ...fieldsOf(onto) };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else if (value !== undefined) result[name] = merged(result[name], value);
  }
  return result;
}
