/**
 * The objects of one list, by key and by index, and what each change to it means to those who follow it.
 *
 * A name can belong to one object after another: what tells them apart is the UID. An object that was deleted and
 * made again, with nobody watching, is therefore reported as a delete of the old one and an add of the new one,
 * never as an update.
 *
 * Objects are frozen: everyone who reads the cache gets the same ones. A write to one throws a TypeError.
 */
import {
  compareResourceVersions,
  formatKey,
  type KubeObject,
  keyOf,
  type Live,
  type ObjectKey,
} from './object.ts';

export type Change<T extends KubeObject> =
  | { type: 'add'; object: Live<T> }
  | { type: 'update'; old: Live<T>; object: Live<T> }
  | { type: 'delete'; object: Live<T> };

/** Values under which an object is found; none leaves it out of the index. */
export type IndexFunction<T extends KubeObject> = (object: Live<T>) => readonly string[];

interface Index<T extends KubeObject> {
  valuesOf: IndexFunction<T>;
  keys: Map<string, Set<string>>;
}

const namespaceIndex = 'namespace';

export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<string, Live<T>>();
  readonly #indexes = new Map<string, Index<T>>();

  constructor() {
    this.addIndex(namespaceIndex, (object) => (object.metadata.namespace ? [object.metadata.namespace] : []));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Live<T> | undefined {
    return this.#objects.get(formatKey(key));
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): readonly Live<T>[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(namespaceIndex, namespace);
  }

  /** Throws when there is no such index: an index that was forgotten must not look like an empty result. */
  byIndex(name: string, value: string): readonly Live<T>[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`the cache has no index "${name}": call addIndex before reading by it`);
    const found: Live<T>[] = [];
    for (const key of index.keys.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object) found.push(object);
    }
    return found;
  }

  /** Adds an index over what is there and what will come. The same function under the same name is no change. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    const known = this.#indexes.get(name);
    if (known) {
      if (known.valuesOf === valuesOf) return;
      throw new Error(`the cache has an index "${name}" already, over another function`);
    }
    const index: Index<T> = { valuesOf, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, object);
  }

  /** Takes an object that the server reported as added or modified. Old news (same UID, not newer) changes nothing. */
  put(object: Live<T>): Change<T>[] {
    const key = formatKey(keyOf(object));
    const old = this.#objects.get(key);
    if (!old) {
      this.#set(key, object);
      return [{ type: 'add', object }];
    }
    if (old.metadata.uid !== object.metadata.uid) {
      this.#set(key, object, old);
      return [
        { type: 'delete', object: old },
        { type: 'add', object },
      ];
    }
    const order = compareResourceVersions(object.metadata.resourceVersion, old.metadata.resourceVersion);
    if (order !== undefined && order <= 0) return [];
    this.#set(key, object, old);
    return [{ type: 'update', old, object }];
  }

  /** Takes an object that the server reported as deleted. A later object of the same name stays. */
  remove(object: Live<T>): Change<T>[] {
    const key = formatKey(keyOf(object));
    const old = this.#objects.get(key);
    if (!old || old.metadata.uid !== object.metadata.uid) return [];
    this.#delete(key, old);
    freeze(object);
    return [{ type: 'delete', object }];
  }

  /**
   * Takes a complete list: what is not in it is gone. Deletions come first, so that nobody sees more objects than
   * there ever were at once.
   *
   * @param namespace the list is complete for this one only.
   */
  replace(objects: readonly Live<T>[], namespace?: string): Change<T>[] {
    const wanted = new Map<string, Live<T>>();
    for (const object of objects) wanted.set(formatKey(keyOf(object)), object);
    const changes: Change<T>[] = [];
    for (const [key, old] of this.#objects) {
      if (namespace !== undefined && old.metadata.namespace !== namespace) continue;
      if (wanted.get(key)?.metadata.uid === old.metadata.uid) continue;
      this.#delete(key, old);
      changes.push({ type: 'delete', object: old });
    }
    for (const object of wanted.values()) changes.push(...this.put(object));
    return changes;
  }

  #set(key: string, object: Live<T>, old?: Live<T>): void {
    freeze(object);
    for (const index of this.#indexes.values()) {
      if (old) withdraw(index, key, old);
      insert(index, key, object);
    }
    this.#objects.set(key, object);
  }

  #delete(key: string, old: Live<T>): void {
    for (const index of this.#indexes.values()) withdraw(index, key, old);
    this.#objects.delete(key);
  }
}

function insert<T extends KubeObject>(index: Index<T>, key: string, object: Live<T>): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value);
    if (keys) keys.add(key);
    else index.keys.set(value, new Set([key]));
  }
}

function withdraw<T extends KubeObject>(index: Index<T>, key: string, object: Live<T>): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keys.delete(value);
  }
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
