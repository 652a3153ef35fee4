import { describe, expect, it } from 'vitest';
import { RejoinGate } from './rejoin-gate.ts';

describe('RejoinGate', () => {
  it('lets the first request go at once and makes each repetition wait twice as long, up to 30 s', () => {
    const gate = new RejoinGate();
    let now = 0;
    const waits = Array.from({ length: 8 }, () => {
      const at = gate.next(now);
      const wait = at - now;
      now = at;
      return wait;
    });
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  it('counts the wait from the last request, so a slow failure is not punished twice', () => {
    const gate = new RejoinGate();
    gate.next(0);
    expect(gate.next(5000)).toBe(5000);
  });

  it('forgets failures only after a connection that held 30 s', () => {
    const gate = new RejoinGate();
    gate.next(0);
    gate.connected(100);
    expect(gate.next(200)).toBe(1000);
    gate.connected(1100);
    expect(gate.next(40_000)).toBe(40_000);
    expect(gate.attempts).toBe(1);
  });

  it('bounds a storm: a server that closes at once gets fewer than ten requests in a minute', () => {
    const gate = new RejoinGate();
    let now = 0;
    let requests = 0;
    while (now < 60_000) {
      now = gate.next(now);
      gate.connected(now);
      requests++;
    }
    expect(requests).toBeLessThan(10);
  });
});
