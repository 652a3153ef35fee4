import type { Impairments } from '../api.ts';

/** When each packet leaves, relative to its turn; undefined when it is lost. */
export type Path = (index: number) => { delayMs: number; afterNext: boolean } | undefined;

/** A path with seeded misfortunes: the same seed gives the same run. */
export function impairedPath(impairments: Impairments = {}): Path {
  const random = mulberry32(impairments.seed ?? 1);
  const { loss = 0, jitterMs = 0, reorder = 0 } = impairments;
  return () => {
    // Draw all three each time, so that changing one share does not change the others' outcome.
    const [lost, late, swapped] = [random(), random(), random()];
    if (lost < loss) return undefined;
    return { delayMs: late * jitterMs, afterNext: swapped < reorder };
  };
}

/** A small seeded generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
