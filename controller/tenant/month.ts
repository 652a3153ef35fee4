// The calendar month of a tenant, in its time zone.

/** `2030-06`. An unknown zone counts as UTC. */
export function monthOf(now: Date, timeZone: string): string {
  const { year, month } = wallClock(now, timeZone);
  return `${year}-${String(month).padStart(2, '0')}`;
}

/** When the calendar month began in the time zone. An unknown zone counts as UTC. */
export function monthStart(now: Date, timeZone: string): Date {
  const { year, month } = wallClock(now, timeZone);
  const asUtc = Date.UTC(year, month - 1, 1);
  // The offset there is that of the day before or of the day after: clocks are changed on the first of a month, too. Where
  // they skip midnight, the month begins with the first minute that there is.
  const guesses = [asUtc - offsetAt(asUtc - DAY_MS, timeZone), asUtc - offsetAt(asUtc + DAY_MS, timeZone)];
  const wanted = monthOf(now, timeZone);
  const inMonth = guesses.filter((guess) => monthOf(new Date(guess), timeZone) === wanted);
  return new Date(Math.min(...inMonth));
}

const DAY_MS = 86_400_000;

/** Milliseconds that the wall clock is ahead of UTC. */
function offsetAt(time: number, timeZone: string): number {
  const there = wallClock(new Date(time), timeZone);
  const minute = Math.floor(time / 60_000) * 60_000;
  return Date.UTC(there.year, there.month - 1, there.day, there.hour, there.minute) - minute;
}

function wallClock(
  time: Date,
  timeZone: string,
): { year: number; month: number; day: number; hour: number; minute: number } {
  const parts = formatterFor(timeZone).formatToParts(time);
  const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return {
    year: number('year'),
    month: number('month'),
    day: number('day'),
    hour: number('hour'),
    minute: number('minute'),
  };
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const fields = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  } as const;
  let formatter: Intl.DateTimeFormat;
  try {
    formatter = new Intl.DateTimeFormat('en-US', { ...fields, timeZone });
  } catch {
    formatter = new Intl.DateTimeFormat('en-US', { ...fields, timeZone: 'UTC' });
  }
  formatters.set(timeZone, formatter);
  return formatter;
}
