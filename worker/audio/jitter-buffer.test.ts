import { describe, expect, it } from 'vitest';
import { distance, JitterBuffer } from './jitter-buffer.ts';

const push = (buffer: JitterBuffer<number>, ...sequence: number[]): string =>
  sequence
    .flatMap((n) => buffer.push(n, n))
    .map((o) => (o.lostBefore > 0 ? `(-${o.lostBefore})${o.packet}` : `${o.packet}`))
    .join(' ');

describe('JitterBuffer', () => {
  it('passes packets in order at once', () => {
    expect(push(new JitterBuffer(), 7, 8, 9)).toBe('7 8 9');
  });

  it('puts swapped packets back into order', () => {
    expect(push(new JitterBuffer(), 1, 3, 2, 4)).toBe('1 2 3 4');
  });

  it('gives a missing packet up when the depth is reached, and says how many are lost', () => {
    expect(push(new JitterBuffer(3), 1, 4, 5)).toBe('1');
    expect(push(new JitterBuffer(3), 1, 4, 5, 6)).toBe('1 (-2)4 5 6');
  });

  it('drops a packet that comes after it was given up, and a duplicate', () => {
    const buffer = new JitterBuffer<number>(2);
    expect(push(buffer, 1, 3, 4, 2, 4, 5)).toBe('1 (-1)3 4 5');
    expect(buffer.late).toBe(2);
  });

  it('wraps at 65535', () => {
    expect(push(new JitterBuffer(), 65534, 0, 65535, 1)).toBe('65534 65535 0 1');
    expect(distance(65535, 0)).toBe(1);
    expect(distance(0, 65535)).toBe(-1);
  });

  it('takes a far jump as a restarted stream, after giving out what it held', () => {
    expect(push(new JitterBuffer(), 10, 12, 40_000, 40_001)).toBe('10 (-1)12 40000 40001');
  });

  it('begins anew with another stream, however near its numbers are', () => {
    const buffer = new JitterBuffer<number>();
    push(buffer, 100, 102);
    expect(buffer.restart()).toEqual([{ packet: 102, lostBefore: 1 }]);
    expect(push(buffer, 60, 61)).toBe('60 61');
    expect(buffer.late).toBe(0);
  });

  it('gives out what it holds when the speaker pauses', () => {
    const buffer = new JitterBuffer<number>();
    push(buffer, 1, 3);
    expect(buffer.holding).toBe(true);
    expect(buffer.flush()).toEqual([{ packet: 3, lostBefore: 1 }]);
    expect(buffer.holding).toBe(false);
  });
});
