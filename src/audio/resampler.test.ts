import { describe, expect, it } from 'vitest';
import { BLACKMAN, clipped, HANN, KAISER, Resampler, resample } from './resampler.ts';

function sine(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(rate * seconds) }, (_, n) =>
    Math.sin((2 * Math.PI * hz * n) / rate),
  );
}

/** Amplitude of one frequency, by correlation over the middle of the signal. */
function amplitude(signal: Float32Array, hz: number, rate: number): number {
  const from = Math.floor(signal.length / 4);
  // A whole number of periods, or the correlation leaks.
  const count = Math.floor((Math.floor(signal.length / 2) * hz) / rate) * Math.round(rate / hz);
  let re = 0;
  let im = 0;
  for (let n = 0; n < count; n++) {
    const angle = (2 * Math.PI * hz * (from + n)) / rate;
    re += (signal[from + n] ?? 0) * Math.cos(angle);
    im += (signal[from + n] ?? 0) * Math.sin(angle);
  }
  return (2 * Math.hypot(re, im)) / count;
}

function power(signal: Float32Array): number {
  const middle = signal.subarray(signal.length / 4, (signal.length * 3) / 4);
  return middle.reduce((sum, x) => sum + x * x, 0) / middle.length;
}

function convert(input: Float32Array, from: number, to: number, chunk = input.length): Float32Array {
  const resampler = new Resampler(from, to, KAISER);
  const parts: number[] = [];
  for (let at = 0; at < input.length; at += chunk)
    parts.push(...resampler.push(input.subarray(at, at + chunk)));
  parts.push(...resampler.flush());
  return Float32Array.from(parts);
}

describe('Resampler', () => {
  it.each([
    [24_000, 48_000],
    [16_000, 48_000],
    [22_050, 48_000],
    [48_000, 16_000],
  ])(
    'keeps a tone of 1 kHz from %i to %i Hz at its level, with more than 75 dB signal to noise',
    (from, to) => {
      const input = sine(1000, from, 0.5);
      const output = convert(input, from, to);
      expect(amplitude(output, 1000, to)).toBeCloseTo(1, 2);
      // The output is aligned with the input, so the ideal signal is the same sine at the new rate.
      const ideal = sine(1000, to, 0.5);
      const noise = output.map((x, n) => x - (ideal[n] ?? 0));
      expect(10 * Math.log10(power(ideal) / power(noise))).toBeGreaterThan(75);
    },
  );

  it('removes what lies above the new Nyquist frequency instead of folding it down', () => {
    const output = convert(sine(11_000, 48_000, 0.5), 48_000, 16_000);
    expect(10 * Math.log10(power(output) / 0.5)).toBeLessThan(-70);
  });

  it('leaves no image above the old Nyquist frequency', () => {
    const output = convert(sine(3000, 24_000, 0.5), 24_000, 48_000);
    expect(amplitude(output, 21_000, 48_000)).toBeLessThan(1e-3);
  });

  it('gives the same samples however the stream is cut', () => {
    const input = sine(700, 22_050, 0.2);
    expect(convert(input, 22_050, 48_000, 37)).toEqual(convert(input, 22_050, 48_000));
  });

  it('keeps the duration', () => {
    expect(convert(sine(440, 22_050, 1), 22_050, 48_000).length).toBeCloseTo(48_000, -1);
  });

  it('refuses a rate that is not a positive whole number', () => {
    expect(() => new Resampler(0, 48_000, KAISER)).toThrow(RangeError);
  });
});

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

describe('a whole recording, for the recogniser', () => {
  it.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [8_000, 16_000],
    [22_050, 24_000],
  ])('keeps a 440 Hz tone from %i to %i samples per second', (from, to) => {
    const output = resample(tone(440, from, 1), from, to, BLACKMAN);
    expect(output.length).toBe(to);
    const expected = tone(440, to, 1);
    const wrong = output.map((sample, at) => sample - (expected[at] ?? 0));
    expect(level(wrong) / level(expected)).toBeLessThan(0.01);
  });

  it('removes what the lower rate cannot hold, instead of folding it into speech', () => {
    expect(level(resample(tone(12_000, 48_000, 1), 48_000, 16_000, BLACKMAN))).toBeLessThan(10);
  });

  it('gives a recording at the right rate back as it is', () => {
    const samples = tone(440, 16_000, 0.1);
    expect(resample(samples, 16_000, 16_000, BLACKMAN)).toBe(samples);
  });

  it('clips what would be louder than 16 bits instead of wrapping it around', () => {
    const square = Int16Array.from({ length: 4800 }, (_, at) => (at % 480 < 240 ? 32_767 : -32_768));
    const output = resample(square, 48_000, 16_000, BLACKMAN);
    expect(output.subarray(22, 58).every((sample) => sample > 20_000)).toBe(true);
  });
});

describe('a recording in pieces', () => {
  it('gives the same samples whether it is fed at once or in pieces of any size', () => {
    const input = tone(700, 22_050, 0.3);
    const whole = resample(input, 22_050, 24_000, BLACKMAN);
    const resampler = new Resampler(22_050, 24_000, BLACKMAN);
    const pieces: number[] = [];
    for (let at = 0, size = 1; at < input.length; at += size, size = (size * 3 + 1) % 997) {
      pieces.push(...clipped(resampler.push(Float32Array.from(input.subarray(at, at + size)))));
    }
    pieces.push(...clipped(resampler.flush()));
    expect(pieces).toEqual([...whole]);
  });

  it('gives most of its output before the end is known', () => {
    const resampler = new Resampler(22_050, 24_000, BLACKMAN);
    expect(resampler.push(Float32Array.from(tone(440, 22_050, 1))).length).toBeGreaterThan(23_900);
  });
});

describe("the simulator's people, with the quickest filter", () => {
  it.each([16_000, 22_050, 24_000, 44_100])(
    '%i Hz becomes 48 kHz with the tone kept and no image',
    (rate) => {
      const out = Float32Array.from(resample(tone(1000, rate, 0.2), rate, 48_000, HANN));
      expect(out.length).toBe(9600);
      expect(strength(out, 1000, 48_000)).toBeCloseTo(10_000 / 32_768, 2);
      expect(strength(out, rate - 1000, 48_000)).toBeLessThan(0.01 * strength(out, 1000, 48_000));
    },
  );

  it('going down, what does not fit is filtered out instead of folded back', () => {
    const out = resample(tone(12_000, 48_000, 0.2), 48_000, 16_000, HANN);
    expect(Math.sqrt(out.reduce((sum, x) => sum + x * x, 0) / out.length) / 32_768).toBeLessThan(0.01);
  });
});

/** Strength of one frequency in all of the signal, relative to the full scale of 16 bits. */
function strength(signal: Float32Array, hz: number, rate: number): number {
  let re = 0;
  let im = 0;
  signal.forEach((sample, n) => {
    const angle = (2 * Math.PI * hz * n) / rate;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
  });
  return (2 * Math.hypot(re, im)) / signal.length / 32_768;
}
