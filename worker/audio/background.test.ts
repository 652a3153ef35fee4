import { expect, test } from 'vitest';
import { Background } from './background.ts';
import { SPEAK_FRAME } from './rates.ts';

const FRAMES_A_SECOND = 50;
const tone = () => new Int16Array(1000).fill(10_000);

/** Loudness of the last sample after so many frames. */
function after(background: Background, frames: number, speech?: Int16Array): number {
  let frame: Int16Array = new Int16Array(0);
  for (let n = 0; n < frames; n++) frame = background.next(speech);
  return frame.at(-1) ?? 0;
}

test('it fades in to its volume, and loops', () => {
  const background = new Background(tone(), 0.5);
  expect(background.next()[0]).toBeLessThan(100);
  expect(after(background, FRAMES_A_SECOND)).toBe(5000);
});

test('it ducks while an NPC speaks, and comes back slowly', () => {
  const background = new Background(tone(), 0.5);
  after(background, FRAMES_A_SECOND);
  const silence = new Int16Array(SPEAK_FRAME);
  expect(after(background, 5, silence)).toBe(1000);
  expect(after(background, 20)).toBe(1000);
  const rising = after(background, 10);
  expect(rising).toBeGreaterThan(1000);
  expect(rising).toBeLessThan(5000);
  expect(after(background, FRAMES_A_SECOND)).toBe(5000);
});

test('it ducks while somebody at the table speaks', () => {
  const background = new Background(tone(), 0.5);
  after(background, FRAMES_A_SECOND);
  background.duck();
  expect(after(background, 5)).toBe(1000);
});

test('speech is heard over it, clipped rather than wrapped around', () => {
  const background = new Background(tone(), 1);
  after(background, FRAMES_A_SECOND);
  expect(after(background, 1, new Int16Array(SPEAK_FRAME).fill(32_000))).toBe(32_767);
  expect(after(background, 10, new Int16Array(SPEAK_FRAME).fill(-1000))).toBe(1000);
});
