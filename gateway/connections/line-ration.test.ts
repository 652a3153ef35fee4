import { expect, test } from 'vitest';
import { LineRation } from './line-ration.ts';

test('some lines at once, then one every five seconds, which says how many are missing', () => {
  let now = 0;
  const ration = new LineRation(() => now);
  const burst = Array.from({ length: 100 }, () => ration.take('expired'));
  expect(burst.filter((taken) => taken === 0)).toHaveLength(20);
  expect(burst.filter((taken) => taken === undefined)).toHaveLength(80);
  now = 5_000;
  expect(ration.take('expired')).toBe(80);
  expect(ration.take('expired')).toBeUndefined();
});

test('a flood of one kind does not hide another', () => {
  const ration = new LineRation(() => 0);
  for (let count = 0; count < 1_000; count += 1) ration.take('handshake');
  expect(ration.take('wrong_identity')).toBe(0);
});

test('after a quiet time the whole burst is there again, and no more', () => {
  let now = 0;
  const ration = new LineRation(() => now);
  for (let count = 0; count < 20; count += 1) ration.take('expired');
  now = 3_600_000;
  const taken = Array.from({ length: 30 }, () => ration.take('expired'));
  expect(taken.filter((one) => one !== undefined)).toHaveLength(20);
});
