import { describe, expect, it } from 'vitest';
import { Resampler, resample } from './resampler.ts';

function tone(hertz: number, rate: number, seconds: number, loudness = 10_000): Int16Array {
  return Int16Array.from({ length: rate * seconds }, (_, at) =>
    Math.round(loudness * Math.sin((2 * Math.PI * hertz * at) / rate)),
  );
}

/** Root of the mean square, away from the ends, where there is silence on one side. */
function level(samples: Int16Array): number {
  const middle = samples.subarray(samples.length * 0.2, samples.length * 0.8);
  return Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
}

describe('resample', () => {
  it.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [8_000, 16_000],
    [22_050, 24_000],
  ])('keeps a 440 Hz tone from %i to %i samples per second', (from, to) => {
    const output = resample(tone(440, from, 1), from, to);
    expect(output.length).toBe(to);
    const expected = tone(440, to, 1);
    const wrong = output.map((sample, at) => sample - (expected[at] ?? 0));
    expect(level(wrong) / level(expected)).toBeLessThan(0.01);
  });

  it('removes what the lower rate cannot hold, instead of folding it into speech', () => {
    expect(level(resample(tone(12_000, 48_000, 1), 48_000, 16_000))).toBeLessThan(10);
  });

  it('gives a recording at the right rate back as it is', () => {
    const samples = tone(440, 16_000, 0.1);
    expect(resample(samples, 16_000, 16_000)).toBe(samples);
  });

  it('clips what would be louder than 16 bits instead of wrapping it around', () => {
    const square = Int16Array.from({ length: 4800 }, (_, at) => (at % 480 < 240 ? 32_767 : -32_768));
    const output = resample(square, 48_000, 16_000);
    expect(output.subarray(22, 58).every((sample) => sample > 20_000)).toBe(true);
  });
});

describe('Resampler', () => {
  it('gives the same samples whether it is fed at once or in pieces of any size', () => {
    const input = tone(700, 22_050, 0.3);
    const whole = resample(input, 22_050, 24_000);
    const resampler = new Resampler(22_050, 24_000);
    const pieces: number[] = [];
    for (let at = 0, size = 1; at < input.length; at += size, size = (size * 3 + 1) % 997) {
      pieces.push(...resampler.push(input.subarray(at, at + size)));
    }
    pieces.push(...resampler.flush());
    expect(pieces).toEqual([...whole]);
  });

  it('gives most of its output before the end is known', () => {
    const resampler = new Resampler(22_050, 24_000);
    expect(resampler.push(tone(440, 22_050, 1)).length).toBeGreaterThan(23_900);
  });
});
