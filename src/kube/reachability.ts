/**
 * Knows whether the API server answers, from the requests that are made anyway. What backed off because the
 * server was away can then be tried at once instead of waiting out its delay.
 */
export class Reachability {
  #reachable = true;
  readonly #listeners = new Set<() => void>();

  get reachable(): boolean {
    return this.#reachable;
  }

  /** A request got no answer, or an answer that says the server is not working (429, 5xx). */
  failed(): void {
    this.#reachable = false;
  }

  /** A request was answered. */
  answered(): void {
    if (this.#reachable) return;
    this.#reachable = true;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` each time the server answers again after a fault; returns a function that ends it. */
  onRecovered(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
