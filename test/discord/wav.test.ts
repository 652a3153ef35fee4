import { describe, expect, test } from 'vitest';
import { loudness, readWav, type Sound, writeWav } from './wav.ts';

function sine(sampleRate: number, frequency: number, seconds: number): Sound {
  const samples = new Int16Array(sampleRate * seconds);
  samples.forEach((_, index) => {
    samples[index] = 10_000 * Math.sin((2 * Math.PI * frequency * index) / sampleRate);
  });
  return { sampleRate, samples };
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

test('loudness is the root mean square of full scale', () => {
  expect(loudness(sine(8_000, 100, 1).samples)).toBeCloseTo(10_000 / 32_768 / Math.SQRT2, 4);
  expect(loudness(new Int16Array())).toBe(0);
});
