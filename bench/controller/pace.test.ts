import { expect, test } from 'vitest';
import { atPace, inParallel } from './pace.ts';

const { signal } = new AbortController();

test('work is started when it is due though nothing before it has ended', async () => {
  const dues: number[] = [];
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await atPace({ rate: 1_000_000, count: 4, signal }, async (number, dueAt) => {
    dues.push(dueAt);
    if (number === 3) release();
    await gate;
  });
  expect(dues.map((due) => due - (dues[0] ?? 0)).map((ms) => Number(ms.toFixed(3)))).toEqual([
    0, 0.001, 0.002, 0.003,
  ]);
});

test('the first failure ends the pace, and is thrown when all that was started has settled', async () => {
  let settled = 0;
  const run = atPace({ rate: 1_000, count: 1_000_000, signal }, async (number) => {
    settled += 1;
    if (number === 2) throw new Error('refused');
  });
  await expect(run).rejects.toThrow('refused');
  expect(settled).toBeLessThan(1_000);
});

test('no more than so many run at once, and each number is worked on once', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel(20, 3, async (number) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    done.push(number);
  });
  expect(most).toBe(3);
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
});
