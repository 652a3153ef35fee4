import { expect, test } from 'vitest';
import { renewalTime } from './renewal.ts';

const notBefore = new Date('2030-01-01T00:00:00Z');
const notAfter = new Date('2030-01-01T01:00:00Z');
const twoThirds = notBefore.getTime() + 40 * 60_000;

test('without a seed renewal is due after exactly two thirds of the life', () => {
  expect(renewalTime({ notBefore, notAfter }).getTime()).toBe(twoThirds);
});

test('seeds spread it over the twentieth of the life that follows, the same way each time', () => {
  const times = Array.from({ length: 200 }, (_, index) =>
    renewalTime({ notBefore, notAfter }, `job-${index}`).getTime(),
  );
  const latest = twoThirds + 3 * 60_000;
  expect(Math.min(...times)).toBeGreaterThanOrEqual(twoThirds);
  expect(Math.max(...times)).toBeLessThan(latest);
  // Spread, not bunched: each quarter of the interval has some.
  for (let quarter = 0; quarter < 4; quarter++) {
    const from = twoThirds + quarter * 45_000;
    expect(times.filter((time) => time >= from && time < from + 45_000).length).toBeGreaterThan(20);
  }
  expect(renewalTime({ notBefore, notAfter }, 'job-7').getTime()).toBe(times[7]);
});

test('the next certificate of the same thing has another jitter', () => {
  const later = {
    notBefore: new Date(notBefore.getTime() + 1000),
    notAfter: new Date(notAfter.getTime() + 1000),
  };
  const first = renewalTime({ notBefore, notAfter }, 'job-1').getTime();
  expect(renewalTime(later, 'job-1').getTime()).not.toBe(first + 1000);
});
