import { performance } from 'node:perf_hooks';

/**
 * The simulator's only source of time.
 *
 * `now()` is monotonic, in milliseconds with a fraction, counted from the start of the process: every
 * time that the simulator reports comes from it and two of them can be subtracted. `wall()` is
 * milliseconds since the Unix epoch and appears only where Discord's protocol wants a date.
 */
export interface Clock {
  now(): number;
  wall(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
};

/** A clock that a test moves by hand, for the rules that need 3 seconds or 15 minutes to pass. */
export class ManualClock implements Clock {
  #now: number;
  readonly #epoch: number;

  constructor(now = 0, epoch = 1_750_000_000_000) {
    this.#now = now;
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#epoch + Math.floor(this.#now);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
