import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TenantUsage, VoiceSession, VoiceSessionStatus } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import { tenant as base, session as plain } from '../voicesession/fixtures.ts';
import { doubtful, isSettled, monthUse, spendWarnings, usageOf } from './usage.ts';

type Session = Live<VoiceSession>;

const NOW = new Date('2030-06-01T20:00:00Z');

function session(name: string, status?: VoiceSessionStatus, finalizer = status !== undefined): Session {
  const one = plain(status === undefined ? {} : { status });
  const finalizers = finalizer ? ['skald.dev/session'] : undefined;
  return {
    ...one,
    metadata: { ...one.metadata, name, uid: `uid-${name}`, ...(finalizers && { finalizers }) },
  };
}

/** As the reconciler does it, with a server that says the same as the cache. */
function count(before: TenantUsage | undefined, sessions: readonly Session[], now = NOW): TenantUsage {
  const uids = new Set(doubtful(before, sessions).map(({ uid }) => uid));
  const verified = new Map(
    sessions.filter(({ metadata }) => uids.has(metadata.uid)).map((one) => [one.metadata.uid, one]),
  );
  return usageOf({ before, sessions, verified, now, timeZone: 'Etc/UTC' });
}

const running = session('running', {
  phase: 'Active',
  startedAt: '2030-06-01T18:00:00Z',
  voice: { connected: true, spendUSD: 0.5 },
});
const ended = session('ended', {
  phase: 'Ended',
  startedAt: '2030-05-31T23:00:00Z',
  endedAt: '2030-06-01T00:30:00Z',
  result: { spendUSD: 1.5 },
});
const lastMonths = session('last', {
  phase: 'Ended',
  startedAt: '2030-05-01T00:00:00Z',
  endedAt: '2030-05-01T04:00:00Z',
  result: { spendUSD: 9 },
});
const refused = session('refused', { phase: 'Failed' });
const NOTHING: TenantUsage = { month: '2030-06', endedSeconds: 0, endedSpendUSD: 0, settled: [] };

function withoutFinalizer(one: Session): Session {
  const { finalizers: _, ...metadata } = one.metadata;
  return { ...one, metadata };
}

describe('usage', () => {
  test('is the hours of this month, with the running sessions’, and the spend of what ended in it', () => {
    const drains = session('drains', { phase: 'Draining', startedAt: '2030-06-01T19:00:00Z' });
    expect(count(NOTHING, [running, drains, ended, lastMonths, refused, session('new')])).toEqual({
      activeSessions: 2,
      hoursThisMonth: 3.5,
      spendThisMonth: 2,
      month: '2030-06',
      endedSeconds: 1800,
      endedSpendUSD: 1.5,
      settled: [
        { name: 'ended', uid: 'uid-ended' },
        { name: 'last', uid: 'uid-last' },
      ],
    });
  });

  test('outlives the VoiceSession: once counted, it stays, and is not counted again', () => {
    const first = count(NOTHING, [ended]);
    const second = count(first, [ended]);
    expect(second).toEqual(first);
    const released = count(second, [withoutFinalizer(ended)]);
    expect(released).toEqual({ ...first, settled: [] });
    expect(count(released, [])).toEqual(released);
  });

  test('begins anew with the month, and keeps those in mind that it has counted', () => {
    const june = count(NOTHING, [ended, running]);
    const july = count(june, [ended, running], new Date('2030-07-01T01:00:00Z'));
    expect(july).toEqual({
      activeSessions: 1,
      hoursThisMonth: 1,
      spendThisMonth: 0.5,
      month: '2030-07',
      endedSeconds: 0,
      endedSpendUSD: 0,
      settled: [{ name: 'ended', uid: 'uid-ended' }],
    });
  });

  test('begins with the sessions that exist where nothing is recorded', () => {
    expect(count(undefined, [withoutFinalizer(ended)])).toMatchObject({ endedSeconds: 1800, settled: [] });
  });

  test('takes the gateway’s last word on spend where the worker left none', () => {
    const killed = session('killed', {
      ...ended.status,
      result: { utterances: 3 },
      voice: { connected: false, spendUSD: 0.75 },
    });
    expect(count(NOTHING, [killed]).endedSpendUSD).toBe(0.75);
  });

  test('of more sessions than the status can list is counted in turns', () => {
    const many = Array.from({ length: 1500 }, (_, n) => session(`s-${n}`, ended.status));
    const first = count(NOTHING, many);
    expect(first.settled).toHaveLength(1000);
    const rest = many.map((one, n) => (n < 1000 ? withoutFinalizer(one) : one));
    // What has left is struck out first; what there is room for comes next.
    const second = count(count(first, rest), rest);
    expect(second.endedSeconds).toBe(1500 * 1800);
  });

  test('whatever crashes, and however old the caches are, each session is counted exactly once', () => {
    const step = fc.record({
      what: fc.constantFrom('start', 'end', 'delete', 'count', 'count', 'release', 'release'),
      which: fc.nat(4),
      /** How many states the caches of sessions and of the Tenant are behind. */
      lag: fc.nat(6),
      tenantLag: fc.nat(3),
      crash: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const world = new World();
        for (const { what, which, lag, tenantLag, crash } of steps) {
          if (what === 'count') world.count(lag, tenantLag, crash);
          else if (what === 'release') world.release(which, tenantLag);
          else world.change(what, which);
        }
        for (let round = 0; round < 3; round++) {
          world.count(0, 0, false);
          for (let which = 0; which < 5; which++) world.release(which, 0);
        }
        world.count(0, 0, false);
        expect(world.usage.endedSpendUSD ?? 0).toBe(world.ended);
        expect(world.usage.settled).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The API server, as far as this matters: all that ever was, so that a cache can be as old as a test wants. */
class World {
  ended = 0;
  #names = 0;
  #sessions: Session[][] = [[]];
  #usages: TenantUsage[] = [NOTHING];

  get usage(): TenantUsage {
    return this.#usages.at(-1) ?? NOTHING;
  }

  get #now(): Session[] {
    return this.#sessions.at(-1) ?? [];
  }

  change(what: 'start' | 'end' | 'delete', which: number): void {
    const one = this.#now[which];
    if (what === 'start') {
      const status = { phase: 'Active', startedAt: '2030-06-01T18:00:00Z' } as const;
      this.#sessions.push([...this.#now, session(`s-${this.#names++}`, status)]);
    } else if (one !== undefined && what === 'end' && one.status?.phase === 'Active') {
      this.ended++;
      const status = {
        ...one.status,
        phase: 'Ended',
        endedAt: '2030-06-01T19:00:00Z',
        result: { spendUSD: 1 },
      } as const;
      this.#replace({ ...one, status });
    } else if (one !== undefined && what === 'delete') {
      const metadata = { ...one.metadata, deletionTimestamp: '2030-06-01T19:30:00Z' };
      this.#replace({ ...one, metadata });
    }
  }

  /** The tenant's reconciler. A write on an older version than the server's is a conflict. */
  count(lag: number, tenantLag: number, crash: boolean): void {
    const cached = this.#sessions.at(-1 - lag) ?? this.#sessions[0] ?? [];
    const version = Math.max(0, this.#usages.length - 1 - tenantLag);
    const before = this.#usages[version];
    const uids = new Set(doubtful(before, cached).map(({ uid }) => uid));
    const verified = new Map(
      this.#now.filter(({ metadata }) => uids.has(metadata.uid)).map((one) => [one.metadata.uid, one]),
    );
    const usage = usageOf({ before, sessions: cached, verified, now: NOW, timeZone: 'Etc/UTC' });
    if (!crash && version === this.#usages.length - 1) this.#usages.push(usage);
  }

  /** The session's reconciler. */
  release(which: number, tenantLag: number): void {
    const one = this.#now[which];
    if (one?.status?.phase !== 'Ended') return;
    const usage = this.#usages[Math.max(0, this.#usages.length - 1 - tenantLag)];
    const owner = {
      metadata: { name: 't', uid: 't', resourceVersion: '1' },
      status: { usage: usage ?? NOTHING },
    };
    if (isSettled(one, owner)) this.#replace(withoutFinalizer(one));
  }

  #replace(one: Session): void {
    const gone = one.metadata.finalizers === undefined && one.metadata.deletionTimestamp !== undefined;
    const others = this.#now.flatMap((other) =>
      other.metadata.uid !== one.metadata.uid ? [other] : gone ? [] : [one],
    );
    this.#sessions.push(others);
  }
}

describe('a session may go', () => {
  const usage = { ...NOTHING, settled: [{ name: 'ended', uid: 'uid-ended' }] };
  const metadata = { name: 't', uid: 't', resourceVersion: '1' };

  test('when it is counted', () => {
    expect(isSettled(ended, { metadata, status: { usage } })).toBe(true);
    expect(isSettled(lastMonths, { metadata, status: { usage } })).toBe(false);
    expect(isSettled(ended, { metadata })).toBe(false);
  });

  test('when it used nothing, and when nobody counts it', () => {
    expect(isSettled(refused, { metadata, status: { usage } })).toBe(true);
    expect(isSettled(lastMonths, undefined)).toBe(true);
    expect(isSettled(lastMonths, { metadata: { ...metadata, deletionTimestamp: 'x' } })).toBe(true);
  });
});

describe('a limit on spend', () => {
  const limits = { ...base.spec.limits, spendPerMonth: { soft: 5, hard: 10 } };
  const spent = (spendThisMonth: number, month = '2030-06') => ({
    spec: { ...base.spec, limits },
    status: { usage: { spendThisMonth, month } },
  });
  const reasons = (before: number, after: number, month?: string) =>
    spendWarnings(spent(before, month), spent(after)).map(({ reason }) => reason);

  test('is told of once, when it is reached', () => {
    expect(reasons(1, 4.99)).toEqual([]);
    expect(reasons(4.99, 5)).toEqual(['SpendSoftLimitReached']);
    expect(reasons(5, 6)).toEqual([]);
    expect(reasons(6, 10)).toEqual(['SpendCapReached']);
    expect(reasons(1, 11)).toEqual(['SpendSoftLimitReached', 'SpendCapReached']);
  });

  test('is told of again in another month', () => {
    expect(reasons(6, 6, '2030-05')).toEqual(['SpendSoftLimitReached']);
  });
});

describe('what counts against the hours of the month', () => {
  const use = (before: TenantUsage | undefined, sessions: readonly Session[], now = NOW) =>
    monthUse(before, sessions, now, 'Etc/UTC');

  test('is to the second, with what runs and with what has ended and is in no sum yet', () => {
    const before = { ...NOTHING, endedSeconds: 100 };
    expect(use(before, [running, ended, session('new')])).toEqual({ seconds: 100 + 7200 + 1800, running: 1 });
  });

  test('has each session once, before and after it is in the sums', () => {
    const before = use(NOTHING, [ended]);
    const counted = count(NOTHING, [ended]);
    expect(use(counted, [ended])).toEqual(before);
    expect(use(count(counted, [withoutFinalizer(ended)]), [withoutFinalizer(ended)])).toEqual(before);
  });

  test('begins at nothing with the month, but for what runs on', () => {
    const july = new Date('2030-07-01T01:00:00Z');
    expect(use({ ...NOTHING, endedSeconds: 5000 }, [running], july)).toEqual({ seconds: 3600, running: 1 });
  });
});
