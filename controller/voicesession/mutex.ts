/**
 * One at a time for each key, in order of arrival. Admission counts the tenant's sessions: two of one tenant must
 * not count at the same time, and a place goes to whoever has waited longest. Between two processes that both believe to
 * lead the claims decide (claims.ts).
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#tails.set(key, done);
    await before;
    try {
      return await work();
    } finally {
      if (this.#tails.get(key) === done) this.#tails.delete(key);
      resolve();
    }
  }
}
