/** The times between packets that follow each other, milliseconds. */
import type { Arrival } from '../../../test/discord/api.ts';

/** As far as two packets of one stream are neighbours by number and belong to one stretch of speech. */
export function gapsOf(arrivals: readonly Pick<Arrival, 'at' | 'sequence'>[]): number[] {
  return arrivals.flatMap(({ at, sequence }, index) => {
    const before = arrivals[index - 1];
    if (before === undefined || ((sequence - before.sequence) & 0xffff) !== 1) return [];
    const gap = at - before.at;
    return gap < STRETCH_MS ? [gap] : [];
  });
}

/** After so long a pause something else is said. */
const STRETCH_MS = 400;
