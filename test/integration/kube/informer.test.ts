import { describe, expect, it, onTestFinished } from 'vitest';
import { startControlPlane } from '../../../hack/cluster/control-plane.ts';
import { configMaps, type Live, metadataOf, secrets } from '../../../src/kube/index.ts';
import type { Fault } from '../../conformance/proxy/faults.ts';
import { follow, type Harness, harness, until } from './harness.ts';

const create = ({ direct, namespace }: Harness, name: string) =>
  direct.create(configMaps, { metadata: { namespace, name } });

async function sameAsServer({ direct, namespace }: Harness, cached: () => readonly Live[]): Promise<void> {
  const items = await direct.listAll(configMaps, { namespace });
  const state = (objects: readonly Live[]) =>
    objects
      .map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`)
      .sort()
      .join('\n');
  await until(() => state(cached()) === state(items), { seen: () => [state(cached()), state(items)] });
}

describe('informers and a real API server', () => {
  it('lists, then follows adds, updates and deletes', async () => {
    const h = await harness();
    const a = await create(h, 'a');
    const { informer, story } = await follow(h, configMaps);
    const b = await create(h, 'b');
    const at = { namespace: h.namespace, name: 'a' };
    await h.direct.patch(configMaps, at, { merge: { data: { x: '1' } } });
    await h.direct.delete(configMaps, b.metadata);
    await until(() => story.length === 4, { seen: () => story });
    const uid = { a: a.metadata.uid, b: b.metadata.uid };
    expect(story).toEqual([`add a ${uid.a}`, `add b ${uid.b}`, `update a ${uid.a}`, `delete b ${uid.b}`]);
    expect(informer.get(at)?.data).toEqual({ x: '1' });
    expect(informer.get(at)?.metadata.managedFields).toBeUndefined();
    expect(informer.get(at)?.kind).toBe('ConfigMap');
  });

  it('reads long lists in pages', async () => {
    const h = await harness();
    await Promise.all(Array.from({ length: 620 }, (_, index) => create(h, `object-${index}`)));
    h.proxy.clear();
    const { informer } = await follow(h, configMaps);
    expect(informer.size).toBe(620);
    expect(h.proxy.requests.filter(({ watch }) => !watch)).toHaveLength(2);
  });

  it('loses nothing when its watch is dropped again and again', async () => {
    const h = await harness();
    const { informer, story } = await follow(h, configMaps);
    for (let round = 0; round < 40; round += 1) {
      const name = `object-${round % 5}`;
      if (round % 8 === 0) h.proxy.dropConnections();
      await create(h, name);
      await h.direct.patch(
        configMaps,
        { namespace: h.namespace, name },
        { merge: { data: { round: `${round}` } } },
      );
      if (round % 5 === 2) h.proxy.dropConnections();
      if (round < 35) await h.direct.delete(configMaps, { namespace: h.namespace, name });
    }
    await sameAsServer(h, () => informer.list());
    const words = (word: string) => story.filter((line) => line.startsWith(word)).length;
    expect([words('add'), words('update'), words('delete')]).toEqual([40, 40, 35]);
    expect(h.proxy.requests.filter(({ path, watch }) => !watch && path.includes('configmaps'))).toHaveLength(
      1,
    );
  });

  it('tells a delete and an add of what was deleted and made again in a gap that ended with 410', async () => {
    const h = await harness();
    const before = await create(h, 'a');
    const kept = await create(h, 'kept');
    const { informer, story } = await follow(h, configMaps);
    h.proxy.refuse();
    await h.direct.delete(configMaps, before.metadata);
    const after = await create(h, 'a');
    let expired = 0;
    h.proxy.decide = ({ watch }) =>
      watch && expired++ === 0 ? [{ do: 'answer', status: 410, reason: 'Expired' }] : [];
    h.proxy.accept();
    await sameAsServer(h, () => informer.list());
    expect(expired).toBeGreaterThan(0);
    expect(story).toEqual([
      `add a ${before.metadata.uid}`,
      `add kept ${kept.metadata.uid}`,
      `delete a ${before.metadata.uid}`,
      `add a ${after.metadata.uid}`,
    ]);
  });

  it('lists again when the real server no longer knows the history', async () => {
    const plane = await startControlPlane();
    onTestFinished(() => plane.stop());
    const h = await harness(plane.kubeconfig);
    const gone = await create(h, 'gone');
    const { informer, story } = await follow(h, configMaps);
    h.proxy.refuse();
    await h.direct.delete(configMaps, gone.metadata);
    // A new API server process knows no change from before its start.
    await plane.restartApiServer();
    const made = await create(h, 'made');
    h.proxy.clear();
    h.proxy.accept();
    await sameAsServer(h, () => informer.list());
    expect(story).toEqual([
      `add gone ${gone.metadata.uid}`,
      `delete gone ${gone.metadata.uid}`,
      `add made ${made.metadata.uid}`,
    ]);
    expect(h.proxy.requests.filter(({ watch }) => !watch)).toHaveLength(1);
  });

  it('notices a watch whose other end is gone', async () => {
    const h = await harness();
    const { informer } = await follow(h, configMaps, { idleLimitMs: 1_500 });
    await until(() => h.proxy.openWatches === 1);
    h.proxy.silenceWatches();
    await create(h, 'a');
    const waitedMs = await until(() => informer.size === 1, { withinMs: 5_000 });
    expect(waitedMs).toBeLessThan(4_000);
  });

  it('comes back after the server was away and answered with 500 and 429', async () => {
    const h = await harness();
    const { informer } = await follow(h, configMaps);
    h.proxy.refuse();
    await create(h, 'a');
    const faults: Fault[] = [
      { do: 'answer', status: 500 },
      { do: 'answer', status: 429, retryAfterSeconds: 1 },
      { do: 'answer', status: 503 },
    ];
    h.proxy.decide = () => faults.splice(0, 1);
    h.proxy.accept();
    await sameAsServer(h, () => informer.list());
    expect(faults).toEqual([]);
  });

  it('reads only metadata when that is what was asked for', async () => {
    const h = await harness();
    const { namespace } = h;
    const metadata = { namespace, name: 'a', labels: { app: 'x' } };
    await h.direct.create(secrets, { metadata, stringData: { password: 'secret' } });
    const { informer } = await follow(h, metadataOf(secrets));
    await h.direct.create(secrets, {
      metadata: { namespace, name: 'b' },
      stringData: { password: 'secret' },
    });
    await until(() => informer.size === 2);
    for (const object of informer.list()) {
      expect(Object.keys(object).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(object.kind).toBe('Secret');
    }
    expect(informer.get(metadata)?.metadata.labels).toEqual({ app: 'x' });
  });
});
