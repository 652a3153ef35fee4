/** A token bucket on a clock that only goes forward: `capacity` at once, then one per `refillMs`. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #refillMs: number;
  readonly #monotonic: () => number;
  #tokens: number;
  #at: number;

  constructor(options: {
    readonly capacity: number;
    readonly refillMs: number;
    readonly monotonic: () => number;
  }) {
    this.#capacity = options.capacity;
    this.#refillMs = options.refillMs;
    this.#monotonic = options.monotonic;
    this.#tokens = options.capacity;
    this.#at = options.monotonic();
  }

  /** Takes one token; otherwise tells in how many milliseconds there will be one. */
  take(): { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number } {
    const now = this.#monotonic();
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#at) / this.#refillMs);
    this.#at = now;
    if (this.#tokens < 1) return { ok: false, retryAfterMs: Math.ceil((1 - this.#tokens) * this.#refillMs) };
    this.#tokens -= 1;
    return { ok: true };
  }
}
