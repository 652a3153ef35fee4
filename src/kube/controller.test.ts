import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { Controller, type ControllerOptions, type Reconcile } from './controller.ts';
import { ApiError, TerminalError, TransportError } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { Informers } from './informer.ts';
import { silentLogger } from './log.ts';
import { formatKey, type ObjectKey } from './object.ts';
import { controllerReference } from './owner.ts';
import { generationChanged } from './predicates.ts';
import { prometheusMetrics } from './prometheus.ts';
import { configMaps, secrets } from './resources.ts';

async function setup(reconcile: Reconcile, options: Partial<ControllerOptions> = {}) {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  const client = new Client({ transport: server, clock });
  const informers = new Informers({ client, clock });
  const registry = new Registry();
  const parts = {
    informers,
    reachability: client.reachability,
    clock,
    log: silentLogger,
    metrics: prometheusMetrics(registry),
  };
  const seen: string[] = [];
  const recorded = (key: ObjectKey, context: Parameters<Reconcile>[1]) => {
    seen.push(formatKey(key));
    return reconcile(key, context);
  };
  const controller = new Controller({ name: 'test', reconcile: recorded, ...options }, parts);
  const caches = new AbortController();
  const term = new AbortController();
  return {
    clock,
    server,
    client,
    controller,
    seen,
    registry,
    term,
    start: async () => {
      informers.start(caches.signal);
      const run = controller.run(term.signal);
      await clock.settle();
      return run;
    },
    run: () => controller.run(term.signal),
    startCaches: () => informers.start(caches.signal),
    stop: async () => {
      term.abort();
      caches.abort();
      await informers.stopped();
    },
  };
}

const at = (name: string) => ({ namespace: 'ns', name });

describe('Controller', () => {
  it('reconciles what is there, then what changes, but not what a predicate holds back', async () => {
    const t = await setup(async () => {});
    t.controller.for(configMaps, { predicates: [generationChanged] });
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.settle();
    await t.client.create(configMaps, { metadata: at('b') });
    await t.client.patch(configMaps, at('a'), { merge: { metadata: { labels: { x: 'y' } } } });
    await t.client.delete(configMaps, at('b'));
    await t.clock.advance(10);
    expect(t.seen).toEqual(['ns/a', 'ns/b', 'ns/b']);
    await t.stop();
    await run;
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('reconciles the controlling owner of a child that changes, and no other owner', async () => {
    const t = await setup(async () => {});
    t.controller.for(configMaps).owns(secrets);
    t.startCaches();
    const run = t.run();
    await t.clock.settle();
    const owner = await t.client.create(configMaps, { metadata: at('owner') });
    await t.clock.settle();
    t.seen.length = 0;
    const reference = controllerReference(configMaps, owner);
    const { controller: _, ...plain } = reference;
    await t.client.create(secrets, { metadata: { ...at('child'), ownerReferences: [reference] } });
    await t.client.create(secrets, { metadata: { ...at('other'), ownerReferences: [plain] } });
    const foreign = { ...reference, apiVersion: 'example.com/v1' };
    await t.client.create(secrets, { metadata: { ...at('foreign'), ownerReferences: [foreign] } });
    await t.clock.settle();
    await t.client.delete(secrets, at('child'));
    await t.clock.settle();
    expect(t.seen).toEqual(['ns/owner', 'ns/owner']);
    await t.stop();
    await run;
  });

  it('reconciles old and new target when an object that is mapped changes', async () => {
    const t = await setup(async () => {});
    t.controller.watches(secrets, ({ metadata }) => [{ name: metadata.labels?.target ?? 'none' }]);
    t.startCaches();
    const run = t.run();
    await t.clock.settle();
    await t.client.create(secrets, { metadata: { ...at('s'), labels: { target: 'one' } } });
    await t.clock.settle();
    await t.client.patch(secrets, at('s'), { merge: { metadata: { labels: { target: 'two' } } } });
    await t.clock.settle();
    expect(t.seen).toEqual(['one', 'one', 'two']);
    await t.stop();
    await run;
  });

  it('never reconciles a key twice at once, and reconciles again what changed meanwhile', async () => {
    let running = 0;
    let most = 0;
    const clocks: FakeClock[] = [];
    const t = await setup(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await clocks[0]?.sleep(100);
        running -= 1;
      },
      { workers: 4 },
    );
    clocks.push(t.clock);
    t.controller.for(configMaps);
    t.startCaches();
    const run = t.run();
    await t.clock.settle();
    await t.client.create(configMaps, { metadata: at('a') });
    await t.clock.advance(50);
    await t.client.patch(configMaps, at('a'), { merge: { data: { x: '1' } } });
    await t.clock.advance(300);
    expect(t.seen).toEqual(['ns/a', 'ns/a']);
    expect(most).toBe(1);
    await t.stop();
    await run;
  });

  it('repeats a failure with back-off until it succeeds, then starts afresh', async () => {
    let failures = 3;
    const t = await setup(async () => {
      if (failures-- > 0) throw new Error('not yet');
    });
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.settle();
    expect(t.seen).toHaveLength(1);
    await t.clock.advance(5);
    expect(t.seen).toHaveLength(2);
    await t.clock.advance(9);
    expect(t.seen).toHaveLength(2);
    await t.clock.advance(1_000);
    expect(t.seen).toHaveLength(4);
    const text = await t.registry.metrics();
    expect(text).toContain('controller_runtime_reconcile_total{controller="test",result="error"} 3');
    expect(text).toContain('controller_runtime_reconcile_total{controller="test",result="success"} 1');
    expect(text).toContain('controller_runtime_reconcile_errors_total{controller="test"} 3');
    expect(text).toContain('controller_runtime_active_workers{controller="test"} 0');
    expect(text).toContain('controller_runtime_max_concurrent_reconciles{controller="test"} 1');
    await t.stop();
    await run;
  });

  it('does not repeat a terminal error until the object changes', async () => {
    const t = await setup(async () => {
      throw new TerminalError('the specification can never work');
    });
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.advance(3_600_000);
    expect(t.seen).toHaveLength(1);
    await t.client.patch(configMaps, at('a'), { merge: { data: { x: '1' } } });
    await t.clock.settle();
    expect(t.seen).toHaveLength(2);
    expect(await t.registry.metrics()).toContain(
      'controller_runtime_terminal_reconcile_errors_total{controller="test"} 2',
    );
    await t.stop();
    await run;
  });

  it('comes back after requeueAfterMs', async () => {
    const t = await setup(async () => ({ requeueAfterMs: 30_000 }));
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.advance(29_999);
    expect(t.seen).toHaveLength(1);
    await t.clock.advance(1);
    expect(t.seen).toHaveLength(2);
    await t.stop();
    await run;
  });

  it('retries unreachable-server failures within 5 s, and at once when the server answers again', async () => {
    const t = await setup(async () => {
      throw new TransportError({ method: 'GET', path: '/', message: 'refused' });
    });
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.advance(120_000);
    const before = t.seen.length;
    await t.clock.advance(15_000);
    expect(t.seen.length - before).toBe(3);
    const now = t.seen.length;
    t.client.reachability.failed();
    t.client.reachability.answered();
    await t.clock.settle();
    expect(t.seen.length).toBe(now + 1);
    await t.stop();
    await run;
  });

  it('waits at least as long as the server asked', async () => {
    const t = await setup(async () => {
      const fields = { status: 429, reason: 'TooManyRequests', detail: '', method: 'GET', path: '/' };
      throw new ApiError({ ...fields, retryAfterMs: 60_000 });
    });
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.advance(59_000);
    expect(t.seen).toHaveLength(1);
    await t.clock.advance(2_000);
    expect(t.seen).toHaveLength(2);
    await t.stop();
    await run;
  });

  it('aborts the signal at the time limit, and reports a reconcile that ignores it', async () => {
    let aborted: unknown;
    let release = () => {};
    const t = await setup(
      (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
        });
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      },
      { timeoutMs: 1_000 },
    );
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    const run = t.run();
    await t.clock.advance(1_000);
    expect(String(aborted)).toContain('limit of 1000 ms');
    expect(t.controller.overdue()).toEqual([]);
    await t.clock.advance(31_000);
    expect(t.controller.overdue()).toEqual([{ key: 'ns/a', seconds: 32 }]);
    release();
    await t.stop();
    await run;
    expect(t.controller.overdue()).toEqual([]);
  });

  it('ends a term only after reconciles under way have settled, and can run another term', async () => {
    const releases: (() => void)[] = [];
    const t = await setup(() => new Promise<void>((resolve) => releases.push(resolve)));
    t.controller.for(configMaps);
    await t.client.create(configMaps, { metadata: at('a') });
    t.startCaches();
    let ended = false;
    const run = t.run().then(() => {
      ended = true;
    });
    await t.clock.settle();
    t.term.abort();
    await t.clock.settle();
    expect(ended).toBe(false);
    releases.shift()?.();
    await run;
    const second = new AbortController();
    const again = t.controller.run(second.signal);
    await t.clock.settle();
    expect(t.seen).toEqual(['ns/a', 'ns/a']);
    second.abort();
    releases.shift()?.();
    await again;
    await t.stop();
  });

  it('works on changes before it works through what was there', async () => {
    const gate: (() => void)[] = [];
    const t = await setup(() => new Promise<void>((resolve) => gate.push(resolve)));
    t.controller.for(configMaps);
    for (const name of ['a', 'b', 'c']) await t.client.create(configMaps, { metadata: at(name) });
    t.startCaches();
    const run = t.run();
    await t.clock.settle();
    await t.client.create(configMaps, { metadata: at('new') });
    await t.client.patch(configMaps, at('c'), { merge: { data: { x: '1' } } });
    for (let i = 0; i < 4; i += 1) {
      await t.clock.settle();
      gate.shift()?.();
    }
    await t.clock.settle();
    // `c` was waiting at low priority already; its change raised it and it keeps its earlier place.
    expect(t.seen).toEqual(['ns/a', 'ns/c', 'ns/new', 'ns/b']);
    await t.stop();
    for (const open of gate) open();
    await run;
  });
});
