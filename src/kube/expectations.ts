/**
 * Reads your own writes: a cache lags behind what this process has just done, and a reconciler that trusts it would
 * make a child a second time.
 *
 * Whatever a write returned is laid over the cache until the cache has caught up. "Caught up" is exact, not a time:
 * a cache shows everything up to its resource version, so once that has passed the version of the write, what the
 * cache says (also that the object is gone again) is the truth.
 */
import type { IndexFunction } from './cache.ts';
import type { CallOptions, Client } from './client.ts';
import { isAlreadyExists } from './errors.ts';
import type { Informer, Reader } from './informer.ts';
import {
  compareResourceVersions,
  formatKey,
  type KubeObject,
  keyOf,
  type Live,
  type ObjectKey,
} from './object.ts';
import { apiVersionOf, metadataOf } from './resource.ts';

export class Overlay<T extends KubeObject> implements Reader<T> {
  readonly #informer: Informer<T>;
  readonly #indexes = new Map<string, IndexFunction<T>>();
  readonly #written = new Map<string, Live<T>>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
    informer.onProgress(() => this.#prune());
  }

  /** Remembers what a create, apply or patch returned. */
  record(object: Live<T>): void {
    const key = formatKey(keyOf(object));
    const known = this.#written.get(key);
    if (known && !isNewer(object, known)) return;
    if (!this.#outstanding(object)) return;
    this.#written.set(key, object);
  }

  /**
   * Creates the object and remembers it: what was sent, with the metadata that the server gave it. No more is asked
   * for, because the whole object would be encoded, sent and parsed twice: what the server has filled in comes with the
   * watch. When the name is taken, the object that has it is read and remembered instead:
   * the caller looks whether it is its own (`isControlledBy`).
   */
  async create(
    client: Client,
    object: T,
    options: CallOptions = {},
  ): Promise<{ object: Live<T>; created: boolean }> {
    const { resource } = this.#informer;
    try {
      const { metadata } = await client.create(metadataOf(resource), object, options);
      const created = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
      this.record(created);
      return { object: created, created: true };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await client.find(resource, keyOf(object), options);
      if (!existing) throw error;
      this.record(existing);
      return { object: existing, created: false };
    }
  }

  /** How many writes the cache does not show yet. */
  get outstanding(): number {
    return this.#written.size;
  }

  get(key: ObjectKey): Live<T> | undefined {
    return this.#newer(this.#written.get(formatKey(key)), this.#informer.get(key));
  }

  list(namespace?: string): readonly Live<T>[] {
    return this.#merge(
      this.#informer.list(namespace),
      (object) => namespace === undefined || object.metadata.namespace === namespace,
    );
  }

  /** The index must have been added here, since it has to be computed for remembered writes too. */
  byIndex(name: string, value: string): readonly Live<T>[] {
    const valuesOf = this.#indexes.get(name);
    if (!valuesOf)
      throw new Error(`the overlay has no index "${name}": call its addIndex before reading by it`);
    return this.#merge(this.#informer.byIndex(name, value), (object) => valuesOf(object).includes(value));
  }

  /** Adds the index to the cache below as well. */
  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    this.#informer.addIndex(name, valuesOf);
    this.#indexes.set(name, valuesOf);
  }

  #merge(cached: readonly Live<T>[], matches: (object: Live<T>) => boolean): readonly Live<T>[] {
    if (this.#written.size === 0) return cached;
    const merged = cached.filter((object) => {
      const written = this.#written.get(formatKey(keyOf(object)));
      return written === undefined || !isNewer(written, object);
    });
    for (const [, written] of this.#written) {
      const known = this.#informer.get(keyOf(written));
      if (matches(written) && (known === undefined || isNewer(written, known))) merged.push(written);
    }
    return merged;
  }

  #newer(written: Live<T> | undefined, cached: Live<T> | undefined): Live<T> | undefined {
    if (written === undefined) return cached;
    return cached === undefined || isNewer(written, cached) ? written : cached;
  }

  #outstanding(object: Live<T>): boolean {
    const seen = this.#informer.versionIn(object.metadata.namespace);
    if (seen === undefined) return true;
    const order = compareResourceVersions(seen, object.metadata.resourceVersion);
    // Versions that cannot be compared: the cache has caught up when it shows this very incarnation.
    if (order === undefined) return this.#informer.get(keyOf(object))?.metadata.uid !== object.metadata.uid;
    return order < 0;
  }

  #prune(): void {
    for (const [key, object] of this.#written) if (!this.#outstanding(object)) this.#written.delete(key);
  }
}

function isNewer(a: Live, b: Live): boolean {
  return (compareResourceVersions(a.metadata.resourceVersion, b.metadata.resourceVersion) ?? -1) > 0;
}
