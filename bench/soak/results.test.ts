import { expect, test } from 'vitest';
import { type Measured, missed, summarise } from './results.ts';

const soak = (change: Partial<Measured> = {}): Measured => ({
  minutes: 6,
  questions: 36,
  answered: 36,
  stalled: 0,
  memory: Array.from({ length: 36 }, (_, n) => ({
    at: n * 10_000,
    pssMB: 150 - n,
    ownMB: n < 6 ? 80 : 100 + n / 36,
  })),
  rejoins: 0,
  restarts: 0,
  degraded: [],
  undecryptable: 0,
  visits: 18,
  counts: {},
  ...change,
});

test('memory is compared after the first sixth, in which it fills', () => {
  const summary = summarise(soak());
  expect(summary.growthMB).toBeGreaterThan(0);
  expect(summary.growthMB).toBeLessThan(1);
  expect(missed(summary)).toEqual([]);
});

test('memory that grows is found, but not in a run that is too short to tell', () => {
  const memory = Array.from({ length: 36 }, (_, n) => ({ at: n * 10_000, pssMB: 150, ownMB: 100 + n / 3 }));
  expect(missed(summarise(soak({ memory })))).toEqual([expect.stringContaining('grew by 8 MB')]);
  const short = memory.map((sample) => ({ ...sample, at: sample.at / 6 }));
  expect(missed(summarise(soak({ minutes: 1, memory: short })))).toEqual([]);
});

test.each<[Partial<Measured>, string]>([
  [{ answered: 35 }, '1 of 36'],
  [{ questions: 0, answered: 0 }, 'Nothing was asked'],
  [{ rejoins: 1 }, 'built anew'],
  [{ restarts: 1 }, 'started again'],
  [{ degraded: ['PacketsDropped'] }, 'does not work'],
  [{ undecryptable: 3 }, 'decrypted'],
])('%o is missed', (change, words) => {
  expect(missed(summarise(soak(change)))).toEqual([expect.stringContaining(words)]);
});
