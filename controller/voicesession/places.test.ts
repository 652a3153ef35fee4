import { describe, expect, test } from 'vitest';
import { session } from './fixtures.ts';
import { isBefore, waitsForPlace } from './places.ts';

const waiting = { phase: 'Pending', reason: 'QuotaExceeded' } as const;

describe('the line for a place', () => {
  test('is made of those that were told so, and still want one', () => {
    expect(waitsForPlace(session({ status: waiting }))).toBe(true);
    expect(waitsForPlace(session())).toBe(false);
    expect(waitsForPlace(session({ status: { ...waiting, reason: 'GuildBusy' } }))).toBe(false);
    expect(waitsForPlace(session({ status: { ...waiting, phase: 'Failed' } }))).toBe(false);
    expect(waitsForPlace(session({ status: waiting, deleted: true }))).toBe(false);
    expect(waitsForPlace(session({ status: waiting, spec: { desiredState: 'Stopped' } }))).toBe(false);
  });

  test('has one order for everyone: by age, then by name', () => {
    const named = (name: string, created: string) => {
      const one = session({ created: new Date(created) });
      return { ...one, metadata: { ...one.metadata, name } };
    };
    const [old, twin, young] = [
      named('b', '2030-01-01T00:00:00Z'),
      named('c', '2030-01-01T00:00:00Z'),
      named('a', '2030-01-01T00:00:01Z'),
    ];
    expect([young, twin, old].sort((x, y) => (isBefore(x, y) ? -1 : 1))).toEqual([old, twin, young]);
  });
});
