import { describe, expect, test } from 'vitest';
import { loudness, readWav, resample, type Sound, writeWav } from './wav.ts';

function sine(sampleRate: number, frequency: number, seconds: number): Sound {
  const samples = new Int16Array(sampleRate * seconds);
  samples.forEach((_, index) => {
    samples[index] = 10_000 * Math.sin((2 * Math.PI * frequency * index) / sampleRate);
  });
  return { sampleRate, samples };
}

/** Strength of one frequency, by correlation, relative to full scale. */
function strength({ sampleRate, samples }: Sound, frequency: number): number {
  let [real, imaginary] = [0, 0];
  samples.forEach((sample, index) => {
    const angle = (2 * Math.PI * frequency * index) / sampleRate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  return (2 * Math.hypot(real, imaginary)) / samples.length / 32_768;
}

describe('wav', () => {
  test('what is written can be read', () => {
    const sound = sine(22_050, 300, 0.1);
    expect(readWav(writeWav(sound))).toEqual(sound);
  });

  test('stereo is mixed to one channel and unknown chunks are skipped', () => {
    const mono = writeWav({ sampleRate: 8_000, samples: Int16Array.of(100, 300, -200, -400) });
    mono.writeUInt16LE(2, 22);
    const list = Buffer.from('LIST\x04\x00\x00\x00abcd', 'latin1');
    const sound = readWav(Buffer.concat([mono.subarray(0, 36), list, mono.subarray(36)]));
    expect([...sound.samples]).toEqual([200, -300]);
  });

  test('a streamed file whose length was never filled in is read to its end', () => {
    const bytes = writeWav({ sampleRate: 8_000, samples: Int16Array.of(1, 2, 3) });
    bytes.writeUInt32LE(0xffff_ffff, 40);
    expect([...readWav(bytes).samples]).toEqual([1, 2, 3]);
  });

  test.each([
    ['another kind of file', Buffer.from('OggS and more than twelve'), 'not a WAV file'],
    ['floating point', floatWav(), 'only 16-bit PCM'],
  ])('%s is refused with a reason', (_, bytes, reason) => {
    expect(() => readWav(bytes)).toThrow(reason);
  });
});

function floatWav(): Buffer {
  const bytes = writeWav({ sampleRate: 8_000, samples: new Int16Array(4) });
  bytes.writeUInt16LE(3, 20);
  return bytes;
}

describe('resampling', () => {
  test.each([16_000, 22_050, 24_000, 44_100])(
    '%i Hz becomes 48 kHz with the tone kept and no image',
    (rate) => {
      const out = resample(sine(rate, 1_000, 0.2), 48_000);
      expect(out.samples.length).toBe(9_600);
      expect(strength(out, 1_000)).toBeCloseTo(10_000 / 32_768, 2);
      expect(strength(out, rate - 1_000)).toBeLessThan(0.01 * strength(out, 1_000));
    },
  );

  test('going down, what does not fit is filtered out instead of folded back', () => {
    const out = resample(sine(48_000, 12_000, 0.2), 16_000);
    expect(loudness(out.samples)).toBeLessThan(0.01);
  });
});
