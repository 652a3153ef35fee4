import { describe, expect, it } from 'vitest';
import { parseWav, toBytes, toMono, WavError, wavHeader } from './wav.ts';

function wav(samples: number[], rate = 16_000): Uint8Array {
  const data = toBytes(Int16Array.from(samples));
  return Buffer.concat([wavHeader(rate, data.length), data]);
}

describe('parseWav', () => {
  it('reads what the header says and the samples', () => {
    expect(parseWav(wav([1, -2, 300], 48_000))).toEqual({
      rate: 48_000,
      channels: 1,
      samples: Int16Array.from([1, -2, 300]),
    });
  });

  it('reads a streamed file, whose header does not know the length, to its end', () => {
    const streamed = Buffer.concat([wavHeader(24_000), toBytes(Int16Array.from([5, 6]))]);
    expect(parseWav(streamed).samples).toEqual(Int16Array.from([5, 6]));
  });

  it('skips chunks that it does not know, also of odd length', () => {
    const plain = wav([7, 8]);
    const extra = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    const file = Buffer.concat([plain.subarray(0, 36), extra, plain.subarray(36)]);
    expect(parseWav(file).samples).toEqual(Int16Array.from([7, 8]));
  });

  it.each([
    ['text', Buffer.from('this is no recording at all'), /RIFF/],
    ['nothing', Buffer.alloc(0), /RIFF/],
    ['a header without data', wav([]).subarray(0, 36), /no data chunk/],
    ['8-bit samples', withField(wav([1]), 34, 8), /8 bits/],
    ['a compressed format', withField(wav([1]), 20, 0x55), /format 85/],
    ['a rate of 0', withField(wav([1]), 24, 0), /samples per second/],
    ['no channels', withField(wav([1]), 22, 0), /0 channels/],
  ])('refuses %s and says why', (_, file, why) => {
    expect(() => parseWav(file)).toThrow(WavError);
    expect(() => parseWav(file)).toThrow(why);
  });
});

function withField(file: Uint8Array, at: number, value: number): Uint8Array {
  new DataView(file.buffer, file.byteOffset).setUint16(at, value, true);
  return file;
}

describe('toMono', () => {
  it('averages the channels', () => {
    const samples = Int16Array.from([100, 200, -32768, -32768]);
    expect(toMono({ rate: 48_000, channels: 2, samples })).toEqual(Int16Array.from([150, -32768]));
  });
});
