import { expect, test } from 'vitest';
import { gapsOf } from './gaps.ts';

const arrivals = (...pairs: readonly (readonly [number, number])[]) =>
  pairs.map(([sequence, at]) => ({ sequence, at }));

test('the times between neighbours by number, across its end', () => {
  expect(gapsOf(arrivals([65_534, 0], [65_535, 20], [0, 41], [1, 60]))).toEqual([20, 21, 19]);
});

test('a packet that is missing, one that came too late and a new stretch of speech are no gaps of the pacing', () => {
  expect(gapsOf(arrivals([1, 0], [3, 40], [2, 41], [3, 60]))).toEqual([19]);
  expect(gapsOf(arrivals([1, 0], [2, 5000], [3, 5020]))).toEqual([20]);
});
