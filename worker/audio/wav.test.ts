import { describe, expect, it } from 'vitest';
import { mixToMono, readWavHeader, writeWav } from './wav.ts';

describe('WAV', () => {
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
