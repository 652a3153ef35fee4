import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

function pace() {
  const clock = { now: 0 };
  return { clock, pace: new Pace(() => clock.now) };
}

test('ten times in a row cost no time; then each wait is twice the one before, up to a minute', () => {
  const { clock, pace: one } = pace();
  const waits: number[] = [];
  for (let round = 0; round < 19; round++) {
    const wait = one.waitMs('a');
    waits.push(wait);
    clock.now += wait;
    one.done('a');
  }
  expect(waits).toEqual([
    ...Array(10).fill(0),
    1000,
    2000,
    4000,
    8000,
    16_000,
    32_000,
    60_000,
    60_000,
    60_000,
  ]);
});

test('the wait passes with time, and is each child’s own', () => {
  const { clock, pace: one } = pace();
  for (let round = 0; round < 10; round++) one.done('a');
  expect(one.waitMs('a')).toBe(1000);
  expect(one.waitMs('b')).toBe(0);
  clock.now = 400;
  expect(one.waitMs('a')).toBe(600);
});

test('after two quiet minutes it begins anew', () => {
  const { clock, pace: one } = pace();
  for (let round = 0; round < 12; round++) one.done('a');
  clock.now = 120_001;
  expect(one.waitMs('a')).toBe(0);
  one.done('a');
  expect(one.waitMs('a')).toBe(0);
});
