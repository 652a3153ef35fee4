import { describe, expect, it } from 'vitest';
import { mixToMono, readWav, readWavHeader, toBytes, toMono, WavError, wavHeader, writeWav } from './wav.ts';

describe('a stream', () => {
  it('reads back the header it writes', () => {
    const wav = writeWav(Int16Array.of(1, -2, 300), 16_000);
    expect(readWavHeader(wav)).toEqual({ sampleRate: 16_000, channels: 1, dataOffset: 44, dataBytes: 6 });
    expect(new DataView(wav.buffer).getInt16(46, true)).toBe(-2);
  });

  it('asks for more bytes while the header is incomplete', () => {
    const wav = writeWav(Int16Array.of(1), 16_000);
    for (const length of [0, 11, 20, 40]) expect(readWavHeader(wav.subarray(0, length))).toBeUndefined();
  });

  it('skips chunks it does not know and takes an unknown length as endless', () => {
    const wav = writeWav(Int16Array.of(1), 22_050);
    const list = Uint8Array.of(0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0);
    const bytes = Uint8Array.from([...wav.subarray(0, 36), ...list, ...wav.subarray(36)]);
    new DataView(bytes.buffer).setUint32(36 + list.length + 4, 0xffffffff, true);
    expect(readWavHeader(bytes)).toMatchObject({ dataOffset: 56, dataBytes: Number.POSITIVE_INFINITY });
  });

  it('refuses what is not a WAV and what is not 16-bit PCM', () => {
    expect(() => readWavHeader(new TextEncoder().encode('{"error":"no voice"}'))).toThrow('not a WAV');
    const wav = writeWav(Int16Array.of(1), 16_000);
    wav[20] = 3;
    expect(() => readWavHeader(wav)).toThrow('only 16-bit PCM');
  });

  it('averages stereo into mono', () => {
    expect(mixToMono(Float32Array.of(1, 0, 0.5, 0.5), 2)).toEqual(Float32Array.of(0.5, 0.5));
  });
});

function wav(samples: number[], rate = 16_000): Uint8Array {
  const data = toBytes(Int16Array.from(samples));
  return Buffer.concat([wavHeader(rate, data.length), data]);
}

describe('a whole file', () => {
  it('reads what the header says and the samples', () => {
    expect(readWav(wav([1, -2, 300], 48_000))).toEqual({
      rate: 48_000,
      channels: 1,
      samples: Int16Array.from([1, -2, 300]),
    });
  });

  it('reads a streamed file, whose header does not know the length, to its end', () => {
    const streamed = Buffer.concat([wavHeader(24_000), toBytes(Int16Array.from([5, 6]))]);
    expect(readWav(streamed).samples).toEqual(Int16Array.from([5, 6]));
  });

  it('skips chunks that it does not know, also of odd length', () => {
    const plain = wav([7, 8]);
    const extra = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
    const file = Buffer.concat([plain.subarray(0, 36), extra, plain.subarray(36)]);
    expect(readWav(file).samples).toEqual(Int16Array.from([7, 8]));
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
    expect(() => readWav(file)).toThrow(WavError);
    expect(() => readWav(file)).toThrow(why);
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

describe('writeWav', () => {
  it('writes what can be read', () => {
    const samples = Int16Array.from(
      { length: 2205 },
      (_, n) => 10_000 * Math.sin((2 * Math.PI * 300 * n) / 22_050),
    );
    expect(readWav(writeWav(samples, 22_050))).toEqual({ rate: 22_050, channels: 1, samples });
  });
});
