/**
 * For programs that may not list a kind in the whole cluster: the namespaces that their caches cover. They come and go
 * while the program runs; each cache then has one list and one watch for each of them.
 */
import type { Resource } from './resource.ts';
import { resourceName } from './resource.ts';

export interface ScopeListener {
  added(namespace: string): void;
  removed(namespace: string): void;
  /** All namespaces that were there at the start have been added. */
  settled(): void;
}

export class NamespaceScope {
  readonly #namespaces = new Set<string>();
  readonly #listeners = new Set<ScopeListener>();
  readonly #readable: ReadonlySet<string>;
  #settled = false;

  /** @param readable kinds without a namespace that may be read. Caches of the others stay empty. */
  constructor(readable: readonly Resource[]) {
    this.#readable = new Set(readable.map(resourceName));
  }

  get settled(): boolean {
    return this.#settled;
  }

  get namespaces(): string[] {
    return [...this.#namespaces];
  }

  has(namespace: string): boolean {
    return this.#namespaces.has(namespace);
  }

  /** Whether objects of a kind without a namespace may be read. */
  mayRead(resource: Resource): boolean {
    return this.#readable.has(resourceName(resource));
  }

  add(namespace: string): void {
    if (this.#namespaces.has(namespace)) return;
    this.#namespaces.add(namespace);
    for (const listener of this.#listeners) listener.added(namespace);
  }

  remove(namespace: string): void {
    if (!this.#namespaces.delete(namespace)) return;
    for (const listener of this.#listeners) listener.removed(namespace);
  }

  /** Until then no cache counts as filled: a namespace could be missing. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    for (const listener of this.#listeners) listener.settled();
  }

  /** Told of what is there first. @returns to be called when nothing more is to be told */
  follow(listener: ScopeListener): () => void {
    this.#listeners.add(listener);
    for (const namespace of this.#namespaces) listener.added(namespace);
    if (this.#settled) listener.settled();
    return () => void this.#listeners.delete(listener);
  }
}
