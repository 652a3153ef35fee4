import { createHash } from 'node:crypto';
import type { RateLimitScope } from '../faults.ts';
import type { Clock } from '../world/clock.ts';
import type { RateLimit } from './router.ts';

/** Discord's ceiling for one bot over all routes, per second. Interaction routes do not count. */
const GLOBAL_LIMIT = 50;

export interface BucketState {
  allowed: boolean;
  global: boolean;
  /** Seconds to wait, when refused. */
  retryAfter: number;
  headers: Record<string, string>;
}

interface Window {
  remaining: number;
  resetAt: number;
}

/**
 * Rate limits as Discord reports them: one bucket per route and major parameter, fixed windows, the
 * state in `X-RateLimit-*` headers of every answer.
 */
export class Buckets {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  readonly #global = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param route method and pattern, shared by all that use it
   * @param major the channel, guild or webhook that separates buckets of one route
   * @param caller application id, or undefined for routes that the global limit spares
   */
  take(route: string, major: string, caller: string | undefined, limit: RateLimit): BucketState {
    const now = this.#clock.now();
    if (caller !== undefined) {
      const global = this.#window(this.#global, caller, GLOBAL_LIMIT, 1_000, now);
      if (global.remaining === 0) return refused(global.resetAt - now, 'global', {});
      global.remaining -= 1;
    }
    const hash = createHash('md5').update(route).digest('hex');
    const window = this.#window(
      this.#windows,
      `${caller ?? ''} ${hash} ${major}`,
      limit.limit,
      limit.windowMs,
      now,
    );
    const allowed = window.remaining > 0;
    if (allowed) window.remaining -= 1;
    const resetAfter = window.resetAt - now;
    const headers = {
      'x-ratelimit-bucket': hash,
      'x-ratelimit-limit': String(limit.limit),
      'x-ratelimit-remaining': String(window.remaining),
      'x-ratelimit-reset': ((this.#clock.wall() + resetAfter) / 1000).toFixed(3),
      'x-ratelimit-reset-after': (resetAfter / 1000).toFixed(3),
    };
    return allowed
      ? { allowed, global: false, retryAfter: 0, headers }
      : refused(resetAfter, 'user', headers);
  }

  #window(windows: Map<string, Window>, key: string, limit: number, length: number, now: number): Window {
    const existing = windows.get(key);
    if (existing && existing.resetAt > now) return existing;
    const fresh = { remaining: limit, resetAt: now + length };
    windows.set(key, fresh);
    return fresh;
  }

  clear(): void {
    this.#windows.clear();
    this.#global.clear();
  }
}

/** A refusal with the headers of a 429; `scope` is whose limit was hit. */
export function refused(waitMs: number, scope: RateLimitScope, headers: Record<string, string>): BucketState {
  const global = scope === 'global';
  const retryAfter = Number((waitMs / 1000).toFixed(3));
  return {
    allowed: false,
    global,
    retryAfter,
    headers: {
      ...headers,
      'retry-after': String(Math.ceil(retryAfter)),
      'x-ratelimit-scope': scope,
      ...(global ? { 'x-ratelimit-global': 'true' } : {}),
    },
  };
}
