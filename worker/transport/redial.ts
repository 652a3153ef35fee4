/**
 * How long the worker waits before it dials its gateway again. Dials that reach nobody cost the gateway nothing and
 * may be frequent: when its pod is replaced, every second in which nobody can be told to stop is felt. A gateway
 * that answers and refuses is left in peace for longer, because each of its workers costs it a handshake.
 */

export type DialOutcome =
  /** The gateway served the session; the stream ended later. */
  | 'served'
  /** The gateway answered, and said no. */
  | 'refused'
  /** No connection was made. */
  | 'unreached';

const FIRST_MS = 100;
/** @internal Longest waits by what happened, milliseconds. */
export const MOST_MS = { served: FIRST_MS, refused: 5000, unreached: 1000 } as const;

export class Redial {
  readonly #random: () => number;
  #last: DialOutcome = 'served';
  #count = 0;

  /** @param random 0..1. @defaultValue Math.random */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Dials in a row with the last outcome. */
  get count(): number {
    return this.#count;
  }

  /** @returns milliseconds to wait. Another outcome than before begins anew: it says that something has changed. */
  after(outcome: DialOutcome): number {
    this.#count = outcome === this.#last && outcome !== 'served' ? this.#count + 1 : 1;
    this.#last = outcome;
    // The first ones are for a gateway whose caches lag.
    const bound = Math.min(MOST_MS[outcome], FIRST_MS * 2 ** Math.max(0, this.#count - 2));
    // Half fixed, half random: workers that lost one gateway do not return in step.
    return bound / 2 + (this.#random() * bound) / 2;
  }
}
