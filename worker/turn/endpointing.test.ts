import { describe, expect, it } from 'vitest';
import { Endpointing } from './endpointing.ts';
import type { TurnTaking } from './turn-taking.ts';

const dynamic: TurnTaking = { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true };
const delay = (endpointing: Endpointing, text: string | undefined, userId = 'alice') =>
  endpointing.delayMs(userId, text, 'en', ['Greta']);

describe('Endpointing', () => {
  it('waits just so long when it is fixed, whatever was said', () => {
    const fixed = new Endpointing({ ...dynamic, endpointing: 'fixed' });
    for (const text of ['Two ales, please.', 'I would like to', undefined])
      expect(delay(fixed, text)).toBe(400);
  });

  it('waits the least after a whole sentence, and long in the middle of one', () => {
    const endpointing = new Endpointing(dynamic);
    expect(delay(endpointing, 'What is on the menu?')).toBe(400);
    expect(delay(endpointing, 'We need a room and')).toBeGreaterThan(1500);
    expect(delay(endpointing, 'We need a room and um')).toBeLessThanOrEqual(2400);
    const open = delay(endpointing, 'we have no coin left');
    expect(open).toBeGreaterThan(450);
    expect(open).toBeLessThan(800);
    expect(delay(endpointing, undefined)).toBe(open);
  });

  it("learns a person's own pauses, and nobody else's", () => {
    const endpointing = new Endpointing(dynamic);
    const before = delay(endpointing, 'we have no coin left');
    for (let pause = 0; pause < 5; pause++) endpointing.wentOn('alice', 1000);
    expect(delay(endpointing, 'we have no coin left')).toBe(1300);
    expect(delay(endpointing, 'we have no coin left', 'bert')).toBe(before);
    // A whole question is whole, all the same.
    expect(delay(endpointing, 'What is on the menu?')).toBe(400);
    for (let pause = 0; pause < 20; pause++) endpointing.wentOn('alice', 250);
    expect(delay(endpointing, 'we have no coin left')).toBe(before);
  });

  it('takes a silence longer than the longest delay for an end, and forgets on request', () => {
    const endpointing = new Endpointing(dynamic);
    const before = delay(endpointing, 'we have no coin left');
    endpointing.wentOn('alice', 5000);
    expect(delay(endpointing, 'we have no coin left')).toBe(before);
    endpointing.wentOn('alice', 2000);
    expect(delay(endpointing, 'we have no coin left')).toBe(2400);
    endpointing.forget('alice');
    expect(delay(endpointing, 'we have no coin left')).toBe(before);
  });
});
