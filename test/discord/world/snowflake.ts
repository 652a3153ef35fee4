import type { Clock } from './clock.ts';

/** Discord's epoch: the first second of 2015, in milliseconds since the Unix epoch. */
export const DISCORD_EPOCH = 1_420_070_400_000n;

/** Makes ids that sort by time and never repeat, as Discord's do. */
export class SnowflakeSource {
  readonly #clock: Clock;
  #last = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const fresh = (BigInt(this.#clock.wall()) - DISCORD_EPOCH) << 22n;
    this.#last = fresh > this.#last ? fresh : this.#last + 1n;
    return this.#last.toString();
  }
}

/** Ids are unsigned 64-bit numbers in decimal; scenarios may choose short ones. */
export function isSnowflake(value: string): boolean {
  return /^\d{1,20}$/.test(value) && BigInt(value) < 1n << 64n;
}
