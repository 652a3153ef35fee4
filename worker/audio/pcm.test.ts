import { describe, expect, it } from 'vitest';
import { FrameCutter, floatsFromBytes, int16FromFloat, SampleReader } from './pcm.ts';

describe('samples', () => {
  it('reads little-endian 16-bit', () => {
    expect([...floatsFromBytes(Uint8Array.of(0, 0x40, 0, 0x80))]).toEqual([0.5, -1]);
  });

  it('clips instead of wrapping around', () => {
    expect(int16FromFloat(1.5)).toBe(32767);
    expect(int16FromFloat(-1.5)).toBe(-32768);
  });

  it('keeps a sample whole when a chunk ends in its middle', () => {
    const reader = new SampleReader();
    expect([...reader.push(Uint8Array.of(0, 0x40, 0))]).toEqual([0.5]);
    expect([...reader.push(Uint8Array.of(0x80))]).toEqual([-1]);
  });

  it('cuts frames and fills the last one with silence', () => {
    const cutter = new FrameCutter(4);
    expect(cutter.push(Float32Array.of(0.5, 0.5, 0.5))).toEqual([]);
    expect(cutter.push(Float32Array.of(0.5, 0.25))).toEqual([Int16Array.of(16384, 16384, 16384, 16384)]);
    expect(cutter.flush()).toEqual(Int16Array.of(8192, 0, 0, 0));
    expect(cutter.flush()).toBeUndefined();
  });
});
