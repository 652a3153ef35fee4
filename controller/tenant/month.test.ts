import fc from 'fast-check';
import { expect, test } from 'vitest';
import { monthOf, monthStart } from './month.ts';

test.each([
  ['2030-07-15T12:00:00Z', 'Etc/UTC', '2030-07', '2030-07-01T00:00:00Z'],
  ['2030-07-15T12:00:00Z', 'Europe/Berlin', '2030-07', '2030-06-30T22:00:00Z'],
  ['2030-03-31T22:30:00Z', 'Europe/Berlin', '2030-04', '2030-03-31T22:00:00Z'],
  ['2030-03-15T12:00:00Z', 'Europe/Berlin', '2030-03', '2030-02-28T23:00:00Z'],
  ['2030-01-01T03:00:00Z', 'America/New_York', '2029-12', '2029-12-01T05:00:00Z'],
  // Clocks go back on the first of April, in the night.
  ['2029-04-15T12:00:00Z', 'Australia/Sydney', '2029-04', '2029-03-31T13:00:00Z'],
  // They skipped the midnight with which the month would have begun.
  ['2017-10-15T12:00:00Z', 'America/Asuncion', '2017-10', '2017-10-01T04:00:00Z'],
  // The last minute of a leap year's February, and the first of March.
  ['2028-02-29T14:59:59Z', 'Asia/Tokyo', '2028-02', '2028-01-31T15:00:00Z'],
  ['2028-02-29T15:00:00Z', 'Asia/Tokyo', '2028-03', '2028-02-29T15:00:00Z'],
  ['2030-07-15T12:00:00Z', 'No/Where', '2030-07', '2030-07-01T00:00:00Z'],
])('at %s in %s the month is %s, since %s', (now, zone, month, start) => {
  expect(monthOf(new Date(now), zone)).toBe(month);
  expect(monthStart(new Date(now), zone)).toEqual(new Date(start));
});

test('in every zone, a month begins where the one before it ends', () => {
  const zones = Intl.supportedValuesOf('timeZone');
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.date({
        min: new Date('2000-01-01T00:00:00Z'),
        max: new Date('2040-01-01T00:00:00Z'),
        noInvalidDate: true,
      }),
      (zone, now) => {
        const start = monthStart(now, zone);
        expect(start.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(monthOf(start, zone)).toBe(monthOf(now, zone));
        expect(monthOf(new Date(start.getTime() - 1), zone)).not.toBe(monthOf(now, zone));
      },
    ),
    { numRuns: 500 },
  );
});
