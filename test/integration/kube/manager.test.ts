import { describe, expect, it } from 'vitest';
import {
  type Client,
  configMaps,
  controllerReference,
  isControlledBy,
  LeadershipLostError,
  leases,
  Manager,
  Overlay,
  secrets,
} from '../../../src/kube/index.ts';
import { another, type Harness, harness, until } from './harness.ts';

/** Shorter than in production (15 s, 10 s, 2 s), in the same proportions. */
const timing = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };

/** An operator's process: says which keys it reconciled, and writes its name into each object. */
function operator({ namespace }: Harness, client: Client, identity: string) {
  const manager = new Manager({ client, leaderElection: { namespace, name: 'lock', identity, ...timing } });
  const reconciled: string[] = [];
  const configs = manager.informers.get(configMaps, { namespace, labelSelector: 'test=yes' });
  manager
    .controller({
      name: identity,
      reconcile: async (key, { signal }) => {
        const object = configs.get(key);
        if (!object) return;
        reconciled.push(`${key.name} ${object.data?.round ?? ''}`);
        if (object.data?.by === identity) return;
        const { resourceVersion } = object.metadata;
        const merge = { metadata: { resourceVersion }, data: { by: identity } };
        await manager.client.patch(configMaps, key, { merge }, { signal });
      },
    })
    .for(configMaps, { namespace, labelSelector: 'test=yes' });
  const stop = new AbortController();
  const run = manager.run(stop.signal);
  return {
    manager,
    reconciled,
    stop: () => {
      stop.abort();
      return run;
    },
  };
}

const labelled = (namespace: string, name: string) => ({
  metadata: { namespace, name, labels: { test: 'yes' } },
});

describe('managers and a real API server', () => {
  it('only the leader works; a standby with warm caches takes over in under 2 s when it stops', async () => {
    const h = await harness();
    await h.direct.create(configMaps, labelled(h.namespace, 'a'));
    const a = operator(h, h.client, 'operator-a');
    await until(() => a.reconciled.length > 0);
    const b = operator(h, (await another(h)).client, 'operator-b');
    await until(() => b.manager.ready().ok);
    expect([a.manager.isLeader(), b.manager.isLeader()]).toEqual([true, false]);
    expect(b.reconciled).toEqual([]);
    const stopped = a.stop();
    const tookMs = await until(() => b.reconciled.length > 0, { withinMs: 5_000 });
    console.log(`takeover after a release: ${Math.round(tookMs)} ms until the first reconcile`);
    expect(tookMs).toBeLessThan(2_000);
    await stopped;
    const lease = await h.direct.get(leases, { namespace: h.namespace, name: 'lock' });
    expect(lease.spec).toMatchObject({ holderIdentity: 'operator-b', leaseTransitions: 1 });
    await b.stop();
  });

  it('takes over when the lease of a leader that vanished expires; the old one can write no more', async () => {
    const h = await harness();
    await h.direct.create(configMaps, labelled(h.namespace, 'a'));
    const a = operator(h, h.client, 'operator-a');
    await until(() => a.reconciled.length > 0);
    const b = operator(h, (await another(h)).client, 'operator-b');
    await until(() => b.manager.ready().ok);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    h.proxy.refuse();
    let lostAt = Number.NaN;
    const startedAt = performance.now();
    const tookMs = await until(
      () => {
        if (!a.manager.isLeader() && Number.isNaN(lostAt)) lostAt = performance.now() - startedAt;
        expect(a.manager.isLeader() && b.manager.isLeader()).toBe(false);
        return b.manager.isLeader();
      },
      { withinMs: 30_000 },
    );
    console.log(
      `lease of 3 s: lost after ${Math.round(lostAt)} ms, taken over after ${Math.round(tookMs)} ms`,
    );
    expect(lostAt).toBeLessThan(tookMs);
    expect(tookMs).toBeLessThan(timing.leaseDurationMs + 500);
    h.proxy.accept();
    const write = a.manager.client.create(configMaps, labelled(h.namespace, 'late'));
    await expect(write).rejects.toBeInstanceOf(LeadershipLostError);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('reconciles every object at its last version after an outage', async () => {
    const h = await harness();
    const { namespace } = h;
    const a = operator(h, h.client, 'operator-a');
    await until(() => a.manager.ready().ok);
    const names = Array.from({ length: 20 }, (_, index) => `object-${index}`);
    let round = 0;
    const writeAll = async () => {
      round += 1;
      for (const name of names) {
        const object = { ...labelled(namespace, name), data: { round: `${round}` } };
        await h.direct.apply(configMaps, object, { fieldManager: 'user' });
      }
    };
    await writeAll();
    h.proxy.refuse();
    await writeAll();
    h.proxy.accept();
    await writeAll();
    h.proxy.decide = () => (Math.random() < 0.3 ? [{ do: 'cut', at: 'before-headers' }] : []);
    await writeAll();
    h.proxy.decide = () => [];
    const done = () => names.every((name) => a.reconciled.includes(`${name} ${round}`));
    await until(done, { seen: () => a.reconciled.slice(-30) });
    const objects = await h.direct.listAll(configMaps, { namespace, labelSelector: 'test=yes' });
    await until(() => a.manager.informers.unsynced.length === 0);
    expect(objects.every(({ data }) => data?.by === 'operator-a' && data.round === `${round}`)).toBe(true);
    await a.stop();
  });

  it('makes one child only, though its cache is stale and answers get lost', async () => {
    const h = await harness();
    const { namespace } = h;
    const owner = await h.direct.create(configMaps, labelled(namespace, 'owner'));
    const manager = new Manager({ client: h.client });
    const children = manager.informers.get(secrets, { namespace });
    const overlay = new Overlay(children);
    overlay.addIndex('controller', ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid));
    let reconciles = 0;
    const controller = manager
      .controller({
        name: 'parents',
        reconcile: async (_, { signal }) => {
          reconciles += 1;
          if (overlay.byIndex('controller', owner.metadata.uid).length > 0) return;
          const metadata = {
            namespace,
            name: `child-${reconciles}`,
            ownerReferences: [controllerReference(configMaps, owner)],
          };
          const { object } = await overlay.create(manager.client, { metadata }, { signal });
          if (!isControlledBy(object, owner)) throw new Error('the name is taken');
        },
      })
      .for(configMaps, { namespace, labelSelector: 'test=yes' });
    const stop = new AbortController();
    // The caches hear nothing after their first list.
    h.proxy.decide = ({ watch }) => (watch ? [{ do: 'hang' }] : []);
    const run = manager.run(stop.signal);
    await until(() => reconciles === 1);
    for (let again = 2; again < 6; again += 1) {
      controller.enqueue({ namespace, name: 'owner' });
      await until(() => reconciles === again);
    }
    expect(children.size).toBe(0);
    expect(overlay.outstanding).toBe(1);
    expect(await h.direct.listAll(secrets, { namespace })).toHaveLength(1);
    stop.abort();
    await run;
  });

  it('keeps its connections: a hundred requests need one, a hundred at once at most the bound', async () => {
    const h = await harness();
    const key = { namespace: h.namespace, name: 'none' };
    h.proxy.clear();
    for (let index = 0; index < 100; index += 1) await h.client.find(configMaps, key);
    expect(h.proxy.connections).toBe(1);
    await Promise.all(Array.from({ length: 100 }, () => h.client.find(configMaps, key)));
    expect(h.proxy.connections).toBeLessThanOrEqual(32);
    expect(h.proxy.connections).toBeGreaterThan(1);
  });
});
