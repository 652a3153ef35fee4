import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { LeadershipLostError, TransportError } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { LeaderElector, microTime } from './leader-election.ts';
import { silentLogger } from './log.ts';
import { leases } from './resources.ts';

const at = { namespace: 'ns', name: 'lock' };

function setup() {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  /** A candidate with a client of its own, so that it can be cut off alone. */
  const candidate = (identity: string) => {
    let cut = false;
    let slowMs = 0;
    const transport = {
      request: async (request: Parameters<FakeApiServer['request']>[0]) => {
        if (cut) throw unreachable();
        const answer = await server.request(request);
        if (slowMs > 0) await clock.sleep(slowMs, request.signal);
        return answer;
      },
      stream: (request: Parameters<FakeApiServer['stream']>[0]) =>
        cut ? Promise.reject(unreachable()) : server.stream(request),
      invalidateCredentials: () => {},
      close: () => {},
    };
    const client = new Client({ transport, clock });
    const elector = new LeaderElector({ ...at, identity }, { client, clock, log: silentLogger });
    const stop = new AbortController();
    const terms: { startedAt: number; endedAt?: number; reason?: unknown }[] = [];
    let settle: Promise<void> = Promise.resolve();
    const run = elector.run(stop.signal, async (term) => {
      const entry: (typeof terms)[number] = { startedAt: clock.monotonic() };
      terms.push(entry);
      await new Promise<void>((resolve) => term.addEventListener('abort', () => resolve(), { once: true }));
      entry.endedAt = clock.monotonic();
      entry.reason = term.reason;
      await settle;
    });
    return {
      elector,
      terms,
      run,
      stop: () => stop.abort(),
      cut: () => {
        cut = true;
      },
      mend: () => {
        cut = false;
      },
      slowToAnswer: (ms: number) => {
        slowMs = ms;
      },
      slowToSettle: (until: Promise<void>) => {
        settle = until;
      },
    };
  };
  return { clock, server, client: new Client({ transport: server, clock }), candidate };
}

function unreachable() {
  return new TransportError({ method: 'X', path: '/', message: 'unreachable' });
}

describe('LeaderElector', () => {
  it('takes a lease that nobody has, and renews it', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    expect(a.elector.isLeader()).toBe(true);
    await t.clock.advance(60_000);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.terms).toHaveLength(1);
    const lease = await t.client.get(leases, at);
    expect(lease.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(lease.spec?.renewTime).toBe(microTime(t.clock.now()));
    a.stop();
    await a.run;
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('one of two leads; the other takes over at once when the leader releases at shutdown', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    const b = t.candidate('b');
    await t.clock.advance(30_000);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([true, false]);
    const before = t.clock.monotonic();
    a.stop();
    await t.clock.advance(50);
    expect(b.elector.isLeader()).toBe(true);
    expect((b.terms[0]?.startedAt ?? Number.NaN) - before).toBeLessThan(50);
    expect((await t.client.get(leases, at)).spec?.leaseTransitions).toBe(1);
    b.stop();
    await Promise.all([a.run, b.run]);
  });

  it('keeps the lease until the last work has settled', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    const b = t.candidate('b');
    let settled = () => {};
    a.slowToSettle(
      new Promise((resolve) => {
        settled = resolve;
      }),
    );
    a.stop();
    await t.clock.advance(30_000);
    expect(b.elector.isLeader()).toBe(false);
    settled();
    await t.clock.advance(10);
    expect(b.elector.isLeader()).toBe(true);
    b.stop();
    await Promise.all([a.run, b.run]);
  });

  it('a leader that is cut off gives up after 10 s, before another takes over at 15 s after its last renewal', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    const b = t.candidate('b');
    await t.clock.advance(20_000);
    const cutAt = t.clock.monotonic();
    a.cut();
    await t.clock.advance(40_000);
    expect(a.elector.isLeader()).toBe(false);
    expect(b.elector.isLeader()).toBe(true);
    expect(a.terms[0]?.reason).toBeInstanceOf(LeadershipLostError);
    const ended = (a.terms[0]?.endedAt ?? Number.NaN) - cutAt;
    const taken = (b.terms[0]?.startedAt ?? Number.NaN) - cutAt;
    expect(ended).toBeLessThanOrEqual(10_000);
    expect(taken).toBeGreaterThan(ended);
    expect(taken).toBeGreaterThanOrEqual(13_000);
    expect(taken).toBeLessThanOrEqual(15_100);
    // Back again, it waits for its turn.
    a.mend();
    await t.clock.advance(30_000);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    b.stop();
    await t.clock.advance(100);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.terms).toHaveLength(2);
    a.stop();
    await Promise.all([a.run, b.run]);
  });

  it('counts its term from when a renewal was sent, not from when it was answered', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.advance(5_000);
    a.slowToAnswer(3_000);
    const renewals = () => t.server.writes.length;
    for (const before = renewals(); renewals() === before; ) await t.clock.advance(100);
    await t.clock.advance(3_000);
    a.cut();
    await t.clock.advance(6_800);
    expect(a.elector.isLeader()).toBe(true);
    await t.clock.advance(300);
    expect(a.elector.isLeader()).toBe(false);
    a.stop();
    await a.run;
  });

  it('does not believe itself the leader after a long pause, even before its timers have run', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    expect(() => a.elector.check()).not.toThrow();
    t.clock.jump(10_000);
    expect(a.elector.isLeader()).toBe(false);
    expect(() => a.elector.check()).toThrow(LeadershipLostError);
    a.stop();
    await a.run;
  });

  it('ends its term when it finds another in the lease', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    const lease = await t.client.get(leases, at);
    await t.client.update(leases, { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } });
    await t.clock.advance(2_100);
    expect(a.elector.isLeader()).toBe(false);
    a.stop();
    await a.run;
    expect((await t.client.get(leases, at)).spec?.holderIdentity).toBe('thief');
  });

  it('survives that somebody edits or deletes the lease, and faults shorter than the deadline', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    await t.client.patch(leases, at, { merge: { metadata: { labels: { seen: 'yes' } } } });
    await t.clock.advance(5_000);
    await t.client.delete(leases, at);
    await t.clock.advance(5_000);
    a.cut();
    await t.clock.advance(7_000);
    a.mend();
    await t.clock.advance(60_000);
    expect(a.terms).toHaveLength(1);
    expect(a.elector.isLeader()).toBe(true);
    a.stop();
    await a.run;
  });

  it('nobody takes a lease that was deleted before its holder, who cannot know of it, has given up', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    const b = t.candidate('b');
    await t.clock.advance(3_000);
    a.cut();
    await t.client.delete(leases, at);
    for (let passed = 0; passed < 20_000; passed += 100) {
      await t.clock.advance(100);
      expect([a, b].filter(({ elector }) => elector.isLeader()).length).toBeLessThan(2);
    }
    expect(b.elector.isLeader()).toBe(true);
    a.stop();
    b.stop();
    await t.clock.advance(20_000);
    await Promise.all([a.run, b.run]);
  });

  it('an edit of the lease by others does not count as a renewal', async () => {
    const t = setup();
    const a = t.candidate('a');
    await t.clock.settle();
    const b = t.candidate('b');
    await t.clock.advance(10_000);
    const cutAt = t.clock.monotonic();
    a.cut();
    await t.clock.advance(8_000);
    await t.client.patch(leases, at, { merge: { metadata: { labels: { seen: 'yes' } } } });
    await t.clock.advance(7_200);
    expect(b.elector.isLeader()).toBe(true);
    expect((b.terms[0]?.startedAt ?? Number.NaN) - cutAt).toBeLessThanOrEqual(15_100);
    a.stop();
    b.stop();
    await t.clock.advance(20_000);
    await Promise.all([a.run, b.run]);
  });

  it('gives the error of the work to its caller and leaves the lease to expire', async () => {
    const t = setup();
    const elector = new LeaderElector(
      { ...at, identity: 'a' },
      { client: t.client, clock: t.clock, log: silentLogger },
    );
    const run = elector.run(new AbortController().signal, async () => {
      throw new Error('work failed');
    });
    await expect(run).rejects.toThrow('work failed');
    expect((await t.client.get(leases, at)).spec?.holderIdentity).toBe('a');
    expect(elector.isLeader()).toBe(false);
  });

  it('refuses durations that could let two lead', () => {
    const t = setup();
    const options = { ...at, identity: 'a', leaseDurationMs: 10_000 };
    expect(() => new LeaderElector(options, { client: t.client, clock: t.clock, log: silentLogger })).toThrow(
      /lease duration > renew deadline/,
    );
  });
});
