import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, percentile, ratioOf, spreadOf } from './statistics.ts';

test('a percentile is a value that was measured, the smallest that enough values do not exceed', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
  expect(() => percentile([], 0.5)).toThrow('no values');
});

test('enough values do not exceed a percentile, and with the next smaller one it would be too few', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const found = percentile(values, share);
        const atMost = values.filter((value) => value <= found).length;
        const below = values.filter((value) => value < found).length;
        expect(atMost).toBeGreaterThanOrEqual(share * values.length);
        expect(below).toBeLessThan(Math.max(1, share * values.length));
      },
    ),
  );
});

test('the median is the middle one, or lies between the two middle ones', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
});

test('a ratio compares what was measured in one repeat, not what happened to be measured when it was quiet', () => {
  // The machine was half as fast in the second repeat.
  expect(ratioOf([100, 50], [50, 25])).toEqual({ median: 2, min: 2, max: 2 });
});

test('a repeat that measured only one of the two is left out of the ratio', () => {
  expect(ratioOf([100, undefined, 90], [50, 25])).toEqual({ median: 2, min: 2, max: 2 });
  expect(ratioOf([100], [undefined])).toBeUndefined();
});
