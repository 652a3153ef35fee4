/**
 * Keeps a worker that cannot stay in voice from storming Discord. @discordjs/voice sends opcode 4 again at once after
 * most closes (a 4017 loop: 42-50 in 400 ms), and the bot's one gateway connection allows 120 sends a minute for all
 * its guilds together. A token bucket evens out bursts; a breaker opens when many joins in a row never led to a voice
 * connection.
 */
import { TokenBucket } from './token-bucket.ts';

export interface JoinLimits {
  /** Joins at once. @defaultValue 4 */
  readonly burst: number;
  /** Then one per this many milliseconds. @defaultValue 3000 */
  readonly refillMs: number;
  /** Joins in a row without a voice connection that open the breaker. @defaultValue 10 */
  readonly breakerThreshold: number;
  /** How long it stays open, milliseconds. @defaultValue 60000 */
  readonly breakerOpenMs: number;
}

export const DEFAULT_JOIN_LIMITS = {
  burst: 4,
  refillMs: 3_000,
  breakerThreshold: 10,
  breakerOpenMs: 60_000,
} as const satisfies JoinLimits;

export type JoinDecision = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

export class JoinLimiter {
  readonly #limits: JoinLimits;
  readonly #monotonic: () => number;
  readonly #bucket: TokenBucket;
  #failures = 0;
  #openUntil = Number.NEGATIVE_INFINITY;

  constructor(monotonic: () => number, limits: JoinLimits = DEFAULT_JOIN_LIMITS) {
    this.#limits = limits;
    this.#monotonic = monotonic;
    this.#bucket = new TokenBucket({ capacity: limits.burst, refillMs: limits.refillMs, monotonic });
  }

  /** Asks for one join. One that is allowed counts as failed until {@link connected} is called. */
  join(): JoinDecision {
    const now = this.#monotonic();
    if (now < this.#openUntil) return { ok: false, retryAfterMs: Math.ceil(this.#openUntil - now) };
    const token = this.#bucket.take();
    if (!token.ok) return token;
    this.#failures += 1;
    if (this.#failures >= this.#limits.breakerThreshold) {
      // This one may still pass; after the pause one trial decides, because only a connection resets the count.
      this.#openUntil = now + this.#limits.breakerOpenMs;
    }
    return { ok: true };
  }

  /** The worker has a voice connection: earlier failures are forgotten. */
  connected(): void {
    this.#failures = 0;
    this.#openUntil = Number.NEGATIVE_INFINITY;
  }
}
