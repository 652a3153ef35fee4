/** Exponential back-off as arithmetic: no state beyond a counter, no timers. */

export interface BackoffPolicy {
  /** First delay, milliseconds. */
  baseMs: number;
  /** Delays stop growing here, milliseconds. */
  maxMs: number;
  /** @defaultValue 2 */
  factor?: number;
  /** Share of the delay that is random, 0..1: 0.5 gives 50 % to 100 % of the delay. @defaultValue 0 */
  jitter?: number;
}

/** The delay before attempt number `failures` + 1. `failures` counts from 1. */
export function backoffDelay(
  policy: BackoffPolicy,
  failures: number,
  random: () => number = Math.random,
): number {
  const factor = policy.factor ?? 2;
  const exact = Math.min(policy.maxMs, policy.baseMs * factor ** Math.max(0, failures - 1));
  return exact * (1 - (policy.jitter ?? 0) * random());
}

/** Counts failures of one thing in a row and gives the delay before its next attempt. */
export class Backoff {
  #failures = 0;
  readonly #policy: BackoffPolicy;
  readonly #random: () => number;

  constructor(policy: BackoffPolicy, random: () => number = Math.random) {
    this.#policy = policy;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts one more failure and returns the delay in milliseconds. */
  next(): number {
    this.#failures += 1;
    return backoffDelay(this.#policy, this.#failures, this.#random);
  }

  reset(): void {
    this.#failures = 0;
  }
}
