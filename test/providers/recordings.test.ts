import { expect, test } from 'vitest';
import { writeWav } from '../../src/audio/wav.ts';
import { KnownRecordings } from './recordings.ts';

const RATE = 16_000;

/** Syllables of a rhythm that the seed decides. */
function speech(seed: number, seconds: number): Int16Array {
  const samples = new Int16Array(RATE * seconds);
  let state = seed;
  let level = 0;
  for (let n = 0; n < samples.length; n++) {
    if (n % 1600 === 0) {
      state = (state * 48_271) % 2_147_483_647;
      level = (state % 1000) / 1000;
    }
    samples[n] = Math.round(Math.sin(n / (3 + (state % 7))) * 12_000 * (0.05 + level));
  }
  return samples;
}

function known(): KnownRecordings {
  const recordings = new KnownRecordings();
  recordings.add('one two three four five six', writeWav(speech(11, 3), RATE));
  recordings.add('who is there', writeWav(speech(977, 2), RATE));
  return recordings;
}

test('a recording is known however it is framed', () => {
  const silence = new Int16Array(RATE / 3);
  const framed = Int16Array.from([...silence, ...speech(977, 2).map((sample) => sample * 0.6), ...silence]);
  expect(known().recognise(writeWav(framed, RATE))).toBe('who is there');
});

test('of one that breaks off the first words are known', () => {
  expect(known().recognise(writeWav(speech(11, 3).subarray(0, RATE * 1.5), RATE))).toBe('one two three');
});

test('another recording is none of them', () => {
  expect(known().recognise(writeWav(speech(5, 3), RATE))).toBeUndefined();
  expect(known().recognise(writeWav(new Int16Array(RATE), RATE))).toBeUndefined();
});
