import { describe, expect, it } from 'vitest';
import { EventOrder, type OrderFault } from './event-order.ts';

function through(count: number, faults: readonly OrderFault[]) {
  const order = new EventOrder(faults);
  const out: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    out.push(...order.push(Buffer.from(String(number))).map(String));
  }
  return { out, rest: order.flush().map(String) };
}

describe('EventOrder', () => {
  it('changes nothing without faults', () => {
    expect(through(3, [])).toEqual({ out: ['1', '2', '3'], rest: [] });
  });

  it('repeats at once', () => {
    expect(through(4, [{ do: 'duplicate', every: 2, after: 0 }]).out).toEqual(['1', '2', '2', '3', '4', '4']);
  });

  it('repeats after later ones', () => {
    expect(through(5, [{ do: 'duplicate', every: 4, after: 1 }]).out).toEqual(['1', '2', '3', '4', '5', '4']);
  });

  it('holds one back until later ones have passed', () => {
    expect(through(5, [{ do: 'late', every: 3, by: 1 }]).out).toEqual(['1', '2', '4', '3', '5']);
  });

  it('gives out at the end what is still held back, and loses nothing', () => {
    const { out, rest } = through(7, [{ do: 'late', every: 2, by: 4 }]);
    expect([out, rest]).toEqual([
      ['1', '3', '5', '2', '7'],
      ['4', '6'],
    ]);
  });
});
