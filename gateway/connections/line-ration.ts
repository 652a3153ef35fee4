/** How many lines of one kind may be written: some at once, then one every few seconds. */

const BURST = 20;
const REFILL_MS = 5_000;

interface Bucket {
  lines: number;
  refilledAt: number;
  suppressed: number;
}

export class LineRation {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns undefined when this line is not to be written, otherwise how many were not since the last one that was */
  take(kind: string): number | undefined {
    const now = this.#now();
    const bucket = this.#buckets.get(kind) ?? { lines: BURST, refilledAt: now, suppressed: 0 };
    this.#buckets.set(kind, bucket);
    const earned = Math.floor((now - bucket.refilledAt) / REFILL_MS);
    bucket.lines = Math.min(BURST, bucket.lines + earned);
    bucket.refilledAt = bucket.lines === BURST ? now : bucket.refilledAt + earned * REFILL_MS;
    if (bucket.lines === 0) {
      bucket.suppressed += 1;
      return undefined;
    }
    bucket.lines -= 1;
    const { suppressed } = bucket;
    bucket.suppressed = 0;
    return suppressed;
  }
}
