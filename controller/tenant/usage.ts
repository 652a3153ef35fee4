// What a tenant uses in its month. Sessions that have ended are added once to sums in the Tenant's status, which outlive
// the VoiceSessions; running ones are counted on top of them as they are. Pure.
//
// "Once" without a list of everything that ever ran: a session keeps its finalizer until the Tenant's status lists it
// as settled, and is listed until it has lost its finalizer. At any crash one of the two says that it is counted.
import {
  finalizers,
  isFinal,
  type TenantSettled,
  type TenantUsage,
  type VoiceSession,
} from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';
import { holdsPlace } from '../voicesession/places.ts';
import { isRecap } from '../voicesession/recaps.ts';
import { monthOf, monthStart } from './month.ts';

type Session = Live<VoiceSession>;

/** The most that the status lists at a time (the CRD's maxItems). */
const MOST_SETTLED = 1000;

export interface UsageFacts {
  readonly before: TenantUsage | undefined;
  /** The tenant's sessions as the cache has them. */
  readonly sessions: readonly Session[];
  /** What the server says of those of {@link doubtful}, by UID; those that are gone are missing. */
  readonly verified: ReadonlyMap<string, Session>;
  readonly now: Date;
  readonly timeZone: string;
}

/**
 * Sessions that the cache alone cannot decide: those that have ended and are not counted yet as far as it knows, and
 * those that are listed as settled and may have lost their finalizer.
 */
export function doubtful(before: TenantUsage | undefined, sessions: readonly Session[]): TenantSettled[] {
  const listed = before?.settled ?? [];
  const known = new Map(sessions.map((session) => [session.metadata.uid, session]));
  const room = MOST_SETTLED - listed.length;
  const ended = sessions.filter((session) => isUnsettled(session) && !isListed(listed, session));
  const vanished = listed.filter(({ uid }) => !isFinal(known.get(uid)?.status?.phase));
  return [
    ...ended.slice(0, Math.max(0, room)).map(({ metadata: { name, uid } }) => ({ name, uid })),
    ...vanished,
  ];
}

/**
 * Hours are rounded to tenths, so that a running session changes the status once in six minutes. Where nothing is
 * recorded yet, the sums begin with the sessions that exist.
 */
export function usageOf({ before, sessions, verified, now, timeZone }: UsageFacts): TenantUsage {
  const month = monthOf(now, timeZone);
  const from = monthStart(now, timeZone).getTime();
  const listed = before?.settled ?? [];
  const known = new Map(sessions.map((session) => [session.metadata.uid, session]));
  const fresh = [...verified.values()].filter(
    (session) => isUnsettled(session) && !isListed(listed, session),
  );
  const kept = listed.filter(({ uid }) => {
    const session = verified.get(uid) ?? known.get(uid);
    return session !== undefined && hasFinalizer(session);
  });
  const base = baseOf(before, month, sessions, from, now);
  const added = sum(fresh, from, now);
  const running = sum(
    sessions.filter(({ status }) => !isFinal(status?.phase)),
    from,
    now,
  );
  const endedSeconds = base.endedSeconds + added.seconds;
  const endedSpendUSD = rounded(base.endedSpendUSD + added.spend, 6);
  return {
    activeSessions: sessions.filter(holdsPlace).length,
    hoursThisMonth: rounded((endedSeconds + running.seconds) / 3600, 1),
    spendThisMonth: rounded(endedSpendUSD + running.spend, 4),
    month,
    endedSeconds,
    endedSpendUSD,
    settled: [...kept, ...fresh.map(({ metadata: { name, uid } }) => ({ name, uid }))],
  };
}

export interface MonthUse {
  /** Seconds of sessions in this month until now, of ended and of running ones. */
  readonly seconds: number;
  /** Sessions that run now: each adds a second in a second. */
  readonly running: number;
}

/** As exact as the caches are, where {@link usageOf} rounds. A session that has ended and is not in the sums yet is added. */
export function monthUse(
  before: TenantUsage | undefined,
  sessions: readonly Session[],
  now: Date,
  timeZone: string,
): MonthUse {
  const from = monthStart(now, timeZone).getTime();
  const uncounted = sessions.filter(
    (session) => isUnsettled(session) && !isListed(before?.settled ?? [], session),
  );
  const running = sessions.filter(
    (session) =>
      !isRecap(session) && session.status?.startedAt !== undefined && !isFinal(session.status.phase),
  );
  const { endedSeconds } = baseOf(before, monthOf(now, timeZone), sessions, from, now);
  const { seconds } = sum([...uncounted, ...running], from, now);
  return { seconds: endedSeconds + seconds, running: running.length };
}

/** Whether the session may lose its finalizer: what it used is counted, or nobody counts it. */
export function isSettled(
  { metadata, status }: Session,
  tenant: Pick<LiveTenant, 'metadata' | 'status'> | undefined,
): boolean {
  if (tenant === undefined || tenant.metadata.deletionTimestamp !== undefined) return true;
  if (status?.startedAt === undefined) return true;
  return tenant.status?.usage?.settled?.some(({ uid }) => uid === metadata.uid) ?? false;
}

/** The limits on spend that were reached between two looks at the Tenant. */
export function spendWarnings(
  before: Pick<LiveTenant, 'status'>,
  after: Pick<LiveTenant, 'spec' | 'status'>,
): { readonly reason: 'SpendSoftLimitReached' | 'SpendCapReached'; readonly message: string }[] {
  const { soft, hard } = after.spec.limits.spendPerMonth ?? {};
  const spent = after.status?.usage?.spendThisMonth ?? 0;
  const old = before.status?.usage;
  const earlier = old?.month === after.status?.usage?.month ? (old?.spendThisMonth ?? 0) : 0;
  const reached = (limit: number | undefined): boolean =>
    limit !== undefined && spent >= limit && earlier < limit;
  return [
    ...(reached(soft)
      ? [
          {
            reason: 'SpendSoftLimitReached' as const,
            message: `Of this month's ${soft} USD (soft limit) ${spent.toFixed(2)} USD are spent: no new turn is taken, and no session is admitted.`,
          },
        ]
      : []),
    ...(reached(hard)
      ? [
          {
            reason: 'SpendCapReached' as const,
            message: `Of this month's ${hard} USD (hard cap) ${spent.toFixed(2)} USD are spent: sessions end, and none is admitted.`,
          },
        ]
      : []),
  ];
}

function baseOf(
  before: TenantUsage | undefined,
  month: string,
  sessions: readonly Session[],
  from: number,
  now: Date,
): { readonly endedSeconds: number; readonly endedSpendUSD: number } {
  if (before?.month === undefined) {
    const ended = sessions.filter((session) => isFinal(session.status?.phase) && !hasFinalizer(session));
    const { seconds, spend } = sum(ended, from, now);
    return { endedSeconds: seconds, endedSpendUSD: spend };
  }
  if (before.month !== month) return { endedSeconds: 0, endedSpendUSD: 0 };
  return { endedSeconds: before.endedSeconds ?? 0, endedSpendUSD: before.endedSpendUSD ?? 0 };
}

/** Hours are hours of voice: a Recap has none. A session's hours are split at the turn of the month; its spend counts where it ends, because nothing splits it. */
function sum(sessions: readonly Session[], from: number, now: Date): { seconds: number; spend: number } {
  let seconds = 0;
  let spend = 0;
  for (const session of sessions) {
    const { status } = session;
    if (status?.startedAt === undefined) continue;
    const until = status.endedAt === undefined ? now.getTime() : Date.parse(status.endedAt);
    if (!isRecap(session)) {
      seconds += Math.max(0, Math.round((until - Math.max(Date.parse(status.startedAt), from)) / 1000));
    }
    if (until >= from) spend += spendOf(status);
  }
  return { seconds, spend };
}

/** A worker that was killed leaves no result; what the gateway last heard of it counts then. */
function spendOf({ result, voice }: NonNullable<VoiceSession['status']>): number {
  return Math.max(result?.spendUSD ?? 0, voice?.spendUSD ?? 0);
}

function isUnsettled(session: Session): boolean {
  const { status } = session;
  return isFinal(status?.phase) && status?.startedAt !== undefined && hasFinalizer(session);
}

function hasFinalizer({ metadata }: Session): boolean {
  return metadata.finalizers?.includes(finalizers.session) ?? false;
}

function isListed(settled: readonly TenantSettled[], { metadata }: Session): boolean {
  return settled.some(({ uid }) => uid === metadata.uid);
}

function rounded(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
