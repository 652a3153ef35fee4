// What a tenant uses, counted from its VoiceSessions.
import { isLive, type TenantUsage, type VoiceSession } from '../../src/api/index.ts';

/**
 * Hours are rounded to tenths, so that a running session changes the status once in six minutes. Sessions that
 * history has removed no longer count: keep `history.ttlSecondsAfterEnded` above a month where hours are limited.
 */
export function usageOf(
  sessions: readonly Pick<VoiceSession, 'status'>[],
  now: Date,
  timeZone: string,
): TenantUsage {
  const month = monthStart(now, timeZone).getTime();
  let active = 0;
  let milliseconds = 0;
  let spend = 0;
  for (const { status } of sessions) {
    if (isLive(status?.phase) || status?.phase === 'Draining') active++;
    if (status?.startedAt === undefined) continue;
    const ended = status.endedAt === undefined ? now.getTime() : Date.parse(status.endedAt);
    milliseconds += Math.max(0, ended - Math.max(Date.parse(status.startedAt), month));
    if (ended >= month) spend += status.result?.spendUSD ?? 0;
  }
  return {
    activeSessions: active,
    hoursThisMonth: Math.round(milliseconds / 360_000) / 10,
    spendThisMonth: Math.round(spend * 10_000) / 10_000,
  };
}

/** When the calendar month began in the time zone. An unknown zone counts as UTC. */
export function monthStart(now: Date, timeZone: string): Date {
  const { year, month } = wallClock(now, timeZone);
  const asUtc = Date.UTC(year, month - 1, 1);
  // The offset at the month's beginning may differ from today's (daylight saving): measured there.
  const there = wallClock(new Date(asUtc), timeZone);
  const offset = Date.UTC(there.year, there.month - 1, there.day, there.hour, there.minute) - asUtc;
  return new Date(asUtc - offset);
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
