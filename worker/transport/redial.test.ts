import { describe, expect, it } from 'vitest';
import { type DialOutcome, Redial } from './redial.ts';

function waits(...outcomes: DialOutcome[]): number[] {
  const redial = new Redial(() => 1);
  return outcomes.map((outcome) => redial.after(outcome));
}

describe('dialling again', () => {
  it('never takes longer than a second as long as nobody is there', () => {
    expect(waits(...Array<DialOutcome>(8).fill('unreached'))).toEqual([
      100, 100, 200, 400, 800, 1000, 1000, 1000,
    ]);
  });

  it('leaves a gateway that refuses in peace', () => {
    expect(waits(...Array<DialOutcome>(9).fill('refused')).slice(-4)).toEqual([1600, 3200, 5000, 5000]);
  });

  it('is quick again when a gateway is there that was not', () => {
    const outcomes: DialOutcome[] = [...Array<DialOutcome>(9).fill('unreached'), 'refused', 'refused'];
    expect(waits(...outcomes).slice(-2)).toEqual([100, 100]);
  });

  it('begins anew after a stream that was served, however often that happens', () => {
    expect(waits('refused', 'refused', 'refused', 'served', 'served', 'served', 'served')).toEqual([
      100, 100, 200, 100, 100, 100, 100,
    ]);
  });

  it('spreads workers over the second half of the wait', () => {
    const redial = new Redial(() => 0);
    expect(redial.after('unreached')).toBe(50);
  });
});
