import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { LeadershipLostError } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { Manager } from './manager.ts';
import { configMaps, leases } from './resources.ts';

const lock = { namespace: 'ns', name: 'lock' };

function setup() {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  const client = new Client({ transport: server, clock });
  const manager = (identity?: string) =>
    new Manager({ client, clock, ...(identity ? { leaderElection: { ...lock, identity } } : {}) });
  return { clock, server, client, manager };
}

describe('Manager', () => {
  it('is ready when its caches are filled, leader or not', async () => {
    const t = setup();
    const manager = t.manager('a');
    manager.informers.get(configMaps);
    expect(manager.ready().ok).toBe(false);
    t.server.fault = ({ path }) => (path.endsWith('/configmaps') ? { status: 500 } : undefined);
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await t.clock.settle();
    expect(manager.ready()).toMatchObject({ ok: false });
    expect(JSON.stringify(manager.ready())).toContain('not yet read: configmaps');
    t.server.fault = () => undefined;
    await t.clock.advance(1_000);
    expect(manager.ready().ok).toBe(true);
    stop.abort();
    await run;
    expect(manager.ready().ok).toBe(false);
    expect(t.clock.pendingTimers).toBe(0);
    expect(t.server.watchCount).toBe(0);
  });

  it('reconciles nothing before every cache is filled, also those that no controller follows', async () => {
    const t = setup();
    await t.client.create(configMaps, { metadata: { namespace: 'ns', name: 'a' } });
    const manager = t.manager();
    const others = manager.informers.get(leases);
    t.server.fault = ({ path }) => (path.endsWith('/leases') ? { status: 500 } : undefined);
    const seen: boolean[] = [];
    const reconcile = async () => void seen.push(others.hasSynced);
    manager.controller({ name: 'reader', reconcile }).for(configMaps);
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await t.clock.advance(10);
    expect(seen).toEqual([]);
    t.server.fault = () => undefined;
    await t.clock.advance(1_000);
    expect(seen).toEqual([true]);
    stop.abort();
    await run;
  });

  it('stops in order: reconciles settle, then the lease is released, then caches stop', async () => {
    const t = setup();
    await t.client.create(configMaps, { metadata: { namespace: 'ns', name: 'a' } });
    const manager = t.manager('a');
    let settle = () => {};
    manager
      .controller({
        name: 'slow',
        reconcile: () =>
          new Promise<void>((resolve) => {
            settle = resolve;
          }),
      })
      .for(configMaps);
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await t.clock.advance(10);
    const watches = t.server.watchCount;
    stop.abort();
    await t.clock.settle();
    const holder = async () => (await t.client.get(leases, lock)).spec?.holderIdentity;
    expect(await holder()).toBe('a');
    expect(t.server.watchCount).toBe(watches);
    settle();
    await run;
    expect(await holder()).toBeUndefined();
    expect(t.server.watchCount).toBe(0);
  });

  it('fails when reconciles do not settle, and keeps the lease from others until it expires', async () => {
    const t = setup();
    await t.client.create(configMaps, { metadata: { namespace: 'ns', name: 'a' } });
    const manager = t.manager('a');
    manager.controller({ name: 'stuck', reconcile: () => new Promise<void>(() => {}) }).for(configMaps);
    const stop = new AbortController();
    const outcome = manager.run(stop.signal).catch((error: unknown) => error);
    await t.clock.advance(10);
    stop.abort();
    await t.clock.advance(10_000);
    expect(String(await outcome)).toContain('did not stop within 10000 ms');
    expect((await t.client.get(leases, lock)).spec?.holderIdentity).toBe('a');
  });

  it('reports a reconcile that blocks its key as not live', async () => {
    const t = setup();
    await t.client.create(configMaps, { metadata: { namespace: 'ns', name: 'a' } });
    const manager = t.manager();
    let settle = () => {};
    const reconcile = () =>
      new Promise<void>((resolve) => {
        settle = resolve;
      });
    manager.controller({ name: 'stuck', timeoutMs: 1_000, reconcile }).for(configMaps);
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await t.clock.advance(30_000);
    expect(manager.live().ok).toBe(true);
    await t.clock.advance(2_000);
    expect(JSON.stringify(manager.live())).toContain('ns/a for 32 s');
    settle();
    stop.abort();
    await run;
  });

  it('fails as a whole when one part fails', async () => {
    const t = setup();
    const manager = t.manager('a');
    manager.addRunnable('server', async () => {
      await t.clock.sleep(1_000);
      throw new Error('port in use');
    });
    const outcome = manager.run(new AbortController().signal).catch((error: unknown) => error);
    await t.clock.advance(1_000);
    expect(await outcome).toMatchObject({ message: 'server failed' });
    expect(t.server.watchCount).toBe(0);
  });

  it('runs what is for leaders only while leader, and its client writes only then', async () => {
    const t = setup();
    const [a, b] = [t.manager('a'), t.manager('b')];
    const log: string[] = [];
    for (const [name, manager] of [['a', a] as const, ['b', b] as const]) {
      manager.addRunnable(
        'work',
        async (signal) => {
          log.push(`${name} starts`);
          await t.clock.sleep(1e9, signal).catch(() => {});
          log.push(`${name} ends`);
        },
        { leaderOnly: true },
      );
    }
    const stops = [new AbortController(), new AbortController()] as const;
    const runs = [a.run(stops[0].signal)];
    await t.clock.settle();
    runs.push(b.run(stops[1].signal));
    await t.clock.advance(5_000);
    expect(log).toEqual(['a starts']);
    const write = (manager: Manager, name: string) =>
      manager.client.create(configMaps, { metadata: { namespace: 'ns', name } });
    await write(a, 'x');
    await expect(write(b, 'y')).rejects.toBeInstanceOf(LeadershipLostError);
    stops[0].abort();
    await t.clock.advance(100);
    expect(log).toEqual(['a starts', 'a ends', 'b starts']);
    await write(b, 'y');
    stops[1].abort();
    await Promise.all(runs);
  });
});
