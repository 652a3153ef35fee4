import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesToTry } from './slots.ts';

test.each<readonly [what: string, limit: number, taken: readonly number[], unplaced: number, range: number]>([
  ['nobody runs', 3, [], 0, 3],
  ['the first places are taken', 3, [0, 1], 0, 3],
  ['all are taken', 3, [0, 1, 2], 0, 3],
  ['the limit was lowered below those that run', 3, [0, 1, 2, 3, 4], 0, 0],
  ['the limit was lowered, and the last ones run on', 3, [3, 4], 0, 1],
  ['the limit was lowered, and others have left meanwhile', 3, [2, 3], 0, 1],
  ['one started before there was a limit', 3, [], 1, 2],
  ['all started before there was a limit', 3, [], 5, 0],
  ['nothing is allowed', 0, [], 0, 0],
])('%s', (_what, limit, taken, unplaced, range) => {
  expect(placesToTry(limit, taken, unplaced)).toBe(range);
});

test('however the limit moves, and however old the views are, no race exceeds it', () => {
  // Each step lets sessions go, then lets several take the first free place of the range that follows from a view:
  // of what was there since the limit is what it is, and of an arbitrary part of what came later.
  const step = fc.record({
    limit: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    leave: fc.array(fc.nat(9), { maxLength: 4 }),
    comers: fc.array(fc.array(fc.boolean(), { maxLength: 12 }), { maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12, size: 'max' }), (steps) => {
      const held = new Set<number>();
      let limit = 4;
      let old = new Set<number>();
      for (const { limit: next, leave, comers } of steps) {
        if (next !== undefined && next !== limit) {
          limit = next;
          old = new Set(held);
        }
        // Before the places are left: a view may show them still.
        const ranges = comers.map((seen) => {
          const view = [...held].filter((place) => old.has(place) || seen[place] === true);
          return { view, range: placesToTry(limit, view, 0) };
        });
        for (const place of leave) {
          held.delete(place);
          old.delete(place);
        }
        const before = held.size;
        for (const { view, range } of ranges) {
          const free = Array.from({ length: range }, (_, place) => place).find(
            (place) => !view.includes(place) && !held.has(place),
          );
          if (free !== undefined) held.add(free);
        }
        expect(held.size).toBeLessThanOrEqual(Math.max(limit, before));
      }
    }),
    { numRuns: 1000 },
  );
});
