import { expect, test } from 'vitest';
import { DIAL_SPACING_MS, DialPacer } from './dial-pacer.ts';

test('200 bots that start together dial one after the other', async () => {
  const waited: number[] = [];
  const pacer = new DialPacer(
    () => 1_000,
    async (delayMs) => void waited.push(delayMs),
  );
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 200 }, () => pacer.turn(signal)));
  expect(waited).toEqual(Array.from({ length: 199 }, (_, index) => (index + 1) * DIAL_SPACING_MS));
});

test('a bot that comes alone does not wait', async () => {
  let now = 0;
  const waited: number[] = [];
  const pacer = new DialPacer(
    () => now,
    async (delayMs) => void waited.push(delayMs),
  );
  const { signal } = new AbortController();
  await pacer.turn(signal);
  now = DIAL_SPACING_MS;
  await pacer.turn(signal);
  now = DIAL_SPACING_MS + 20;
  await pacer.turn(signal);
  expect(waited).toEqual([DIAL_SPACING_MS - 20]);
});
