import { expect, test } from 'vitest';
import { monthOf, monthStart } from './month.ts';

test.each([
  ['2030-07-15T12:00:00Z', 'Etc/UTC', '2030-07', '2030-07-01T00:00:00Z'],
  ['2030-07-15T12:00:00Z', 'Europe/Berlin', '2030-07', '2030-06-30T22:00:00Z'],
  ['2030-03-31T22:30:00Z', 'Europe/Berlin', '2030-04', '2030-03-31T22:00:00Z'],
  ['2030-03-15T12:00:00Z', 'Europe/Berlin', '2030-03', '2030-02-28T23:00:00Z'],
  ['2030-01-01T03:00:00Z', 'America/New_York', '2029-12', '2029-12-01T05:00:00Z'],
  ['2030-07-15T12:00:00Z', 'No/Where', '2030-07', '2030-07-01T00:00:00Z'],
])('at %s in %s the month is %s, since %s', (now, zone, month, start) => {
  expect(monthOf(new Date(now), zone)).toBe(month);
  expect(monthStart(new Date(now), zone)).toEqual(new Date(start));
});
