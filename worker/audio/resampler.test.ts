import { describe, expect, it } from 'vitest';
import { Resampler } from './resampler.ts';

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
  const resampler = new Resampler(from, to);
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
    expect(() => new Resampler(0, 48_000)).toThrow(RangeError);
  });
});
