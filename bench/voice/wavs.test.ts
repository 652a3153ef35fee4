import { expect, test } from 'vitest';
import { trimmed } from './wavs.ts';

const RATE = 8000;
const FRAME = RATE / 50;

function sound(...frames: readonly number[]): Int16Array {
  return Int16Array.from({ length: frames.length * FRAME }, (_, at) => frames[Math.floor(at / FRAME)] ?? 0);
}

test('what cannot be heard before and after is cut, and pauses stay', () => {
  expect(trimmed(sound(0, 100, 5000, 0, 5000, 200, 0), RATE)).toEqual(sound(5000, 0, 5000));
});

test('a rest that fills no frame is cut, too', () => {
  const samples = new Int16Array(2 * FRAME + 7).fill(5000);
  expect(trimmed(samples, RATE)).toHaveLength(2 * FRAME);
});

test('of silence nothing is left', () => {
  expect(trimmed(sound(0, 0), RATE)).toHaveLength(0);
});
