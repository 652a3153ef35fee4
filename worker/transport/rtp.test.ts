import { describe, expect, it } from 'vitest';
import { readRtpHeader, StreamStatistics } from './rtp.ts';

const header = (sequence: number, frame = sequence) => ({
  sequence: sequence & 0xffff,
  timestamp: frame * 960,
  ssrc: 1,
});

describe('RTP', () => {
  it('reads sequence, timestamp and SSRC of Opus packets, and nothing else', () => {
    const packet = Uint8Array.of(0x90, 0x78, 0x12, 0x34, 0, 0, 3, 0xc0, 0, 0, 3, 0xe8, 1, 2);
    expect(readRtpHeader(packet)).toEqual({ sequence: 0x1234, timestamp: 960, ssrc: 1000 });
    expect(readRtpHeader(Uint8Array.of(0x80, 0xc9, ...packet.subarray(2)))).toBeUndefined();
    expect(readRtpHeader(new Uint8Array(8))).toBeUndefined();
  });

  it('counts lost packets, and takes one back that comes late', () => {
    const stream = new StreamStatistics();
    [1, 2, 5, 4, 6].forEach((n, at) => {
      stream.packet(header(n), at * 20);
    });
    expect(stream.received).toBe(5);
    expect(stream.lost).toBe(1);
  });

  it('wraps, and takes a far jump as a new stream', () => {
    const stream = new StreamStatistics();
    [65535, 65536, 20_000, 20_001].forEach((n, at) => {
      stream.packet(header(n), at * 20);
    });
    expect(stream.lost).toBe(0);
  });

  it('has no jitter when packets come as evenly as they were sent, and some when they do not', () => {
    const even = new StreamStatistics();
    const uneven = new StreamStatistics();
    for (let n = 0; n < 100; n++) {
      even.packet(header(n), n * 20);
      uneven.packet(header(n), n * 20 + (n % 2) * 8);
    }
    expect(even.jitterMs).toBeCloseTo(0, 5);
    expect(uneven.jitterMs).toBeGreaterThan(7);
    expect(uneven.jitterMs).toBeLessThan(9);
  });

  it('takes no pause for jitter', () => {
    const stream = new StreamStatistics();
    stream.packet(header(1), 0);
    stream.packet(header(2), 5000);
    expect(stream.jitterMs).toBe(0);
  });
});
