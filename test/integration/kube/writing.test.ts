import { describe, expect, it } from 'vitest';
import {
  Applier,
  addFinalizer,
  type ConfigMap,
  configMaps,
  type Deployment,
  deployments,
  EventRecorder,
  events,
  finalize,
  isConflict,
  type Live,
} from '../../../src/kube/index.ts';
import { follow, type Harness, harness, until } from './harness.ts';

const writes = ({ proxy }: Harness) => proxy.requests.filter(({ method }) => method !== 'GET').length;

function deployment(namespace: string, image: string): Deployment {
  return {
    metadata: { namespace, name: 'web', labels: { app: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image, ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}

describe('writing to a real API server', () => {
  it('applies what differs and sends nothing when nothing does, whatever the server adds', async () => {
    const h = await harness();
    const { informer } = await follow(h, deployments);
    const at = { namespace: h.namespace, name: 'web' };
    const listKeys = {
      'spec.template.spec.containers': ['name'],
      'spec.template.spec.containers.ports': ['containerPort'],
    };
    const applier = new Applier({ client: h.client, fieldManager: 'test' });
    const reconcile = async (image: string) => {
      h.proxy.clear();
      const live = informer.get(at);
      const applied = await applier.apply(deployments, deployment(h.namespace, image), { live, listKeys });
      await informer.whenAt(applied.object.metadata.resourceVersion, AbortSignal.timeout(5_000));
      return { ...applied, requests: writes(h) };
    };
    // Made, then owned as if it had been applied.
    expect(await reconcile('one')).toMatchObject({ written: true, requests: 2 });
    expect(await reconcile('one')).toMatchObject({ written: false, requests: 0 });
    // Another manager writes other fields: still as wanted.
    await h.direct.patch(deployments, at, { merge: { metadata: { annotations: { note: 'by hand' } } } });
    await until(() => informer.get(at)?.metadata.annotations?.note === 'by hand');
    expect(await reconcile('one')).toMatchObject({ written: false, requests: 0 });
    // Drift is mended.
    await h.direct.patch(deployments, at, { merge: { spec: { replicas: 5 } } });
    await until(() => informer.get(at)?.spec?.replicas === 5);
    expect(await reconcile('one')).toMatchObject({ written: true, requests: 1 });
    expect(informer.get(at)?.spec?.replicas).toBe(1);
    expect(await reconcile('two')).toMatchObject({ written: true, requests: 1 });
    // A new process asks once, and the server finds nothing to write.
    const before = informer.get(at)?.metadata.resourceVersion;
    const restarted = new Applier({ client: h.client, fieldManager: 'test' });
    const wanted = deployment(h.namespace, 'two');
    const first = await restarted.apply(deployments, wanted, { live: informer.get(at), listKeys });
    expect([first.written, first.object.metadata.resourceVersion]).toEqual([true, before]);
    expect((await restarted.apply(deployments, wanted, { live: informer.get(at), listKeys })).written).toBe(
      false,
    );
    // With managed fields at hand not even that.
    const live = await h.direct.get(deployments, at);
    const third = new Applier({ client: h.client, fieldManager: 'test' });
    expect((await third.apply(deployments, wanted, { live, listKeys })).written).toBe(false);
  });

  it('removes a field that it wanted before, also after a restart, and leaves those of others', async () => {
    const h = await harness();
    const at = { namespace: h.namespace, name: 'a' };
    const wanted = (data: Record<string, string>): ConfigMap => ({ metadata: at, data });
    await new Applier({ client: h.client, fieldManager: 'test' }).apply(
      configMaps,
      wanted({ one: '1', two: '2' }),
    );
    await h.direct.patch(configMaps, at, { merge: { data: { theirs: 'x' } } }, { fieldManager: 'other' });
    const restarted = new Applier({ client: h.client, fieldManager: 'test' });
    const live = await h.direct.get(configMaps, at);
    const { object, written } = await restarted.apply(configMaps, wanted({ one: '1' }), { live });
    expect(written).toBe(true);
    expect(object.data).toEqual({ one: '1', theirs: 'x' });
  });

  it('refuses to apply to another incarnation than the one it was shown', async () => {
    const h = await harness();
    const at = { namespace: h.namespace, name: 'a' };
    const applier = new Applier({ client: h.client, fieldManager: 'test' });
    const { object } = await applier.apply(configMaps, { metadata: at });
    await h.direct.delete(configMaps, at);
    const change: ConfigMap = { metadata: at, data: { x: '1' } };
    const gone = await applier.apply(configMaps, change, { live: object }).catch((error: unknown) => error);
    expect(isConflict(gone)).toBe(true);
    await h.direct.create(configMaps, { metadata: at });
    const other = await applier.apply(configMaps, change, { live: object }).catch((error: unknown) => error);
    expect(isConflict(other)).toBe(true);
    expect((await h.direct.get(configMaps, at)).data).toBeUndefined();
  });

  it('takes a finalizer off only after the cleanup succeeded, though answers get lost', async () => {
    const h = await harness();
    const at = { namespace: h.namespace, name: 'a' };
    const finalizer = 'example.com/test';
    const created = await h.client.create(configMaps, {
      metadata: { ...at, finalizers: ['example.com/other'] },
    });
    // The server carries out the first patch, but nobody hears of it.
    let lost = 0;
    h.proxy.decide = ({ method }) => (method === 'PATCH' && lost++ === 0 ? [{ do: 'lose-answer' }] : []);
    const object = await addFinalizer(h.client, configMaps, created, finalizer);
    expect(object.metadata.finalizers).toEqual(['example.com/other', finalizer]);
    await h.direct.delete(configMaps, at);
    const step = (cleanup: () => Promise<boolean>) =>
      finalize({ client: h.client, resource: configMaps, object, finalizer, cleanup });
    const fail = async (): Promise<boolean> => {
      throw new Error('cleanup failed');
    };
    await expect(step(fail)).rejects.toThrow('cleanup failed');
    expect(await step(async () => false)).toBe(false);
    expect((await h.direct.get(configMaps, at)).metadata.finalizers).toContain(finalizer);
    lost = 0;
    expect(await step(async () => true)).toBe(true);
    expect((await h.direct.get(configMaps, at)).metadata.finalizers).toEqual(['example.com/other']);
  });

  it('Events appear, and what is said again is counted in a series', async () => {
    const h = await harness();
    const object: Live<ConfigMap> = await h.direct.create(configMaps, {
      metadata: { namespace: h.namespace, name: 'a' },
    });
    const recorder = new EventRecorder({
      client: h.client,
      reportingController: 'example.com/test',
      reportingInstance: 'test-1',
      seriesIntervalMs: 300,
    });
    const stop = new AbortController();
    const run = recorder.run(stop.signal);
    const regarding = { resource: configMaps, object };
    const said = {
      type: 'Warning',
      reason: 'GuildBusy',
      action: 'Admit',
      note: 'the guild is busy',
    } as const;
    recorder.event(regarding, said);
    const list = () => h.direct.listAll(events, { namespace: h.namespace });
    await until(async () => (await list()).length === 1);
    for (let index = 0; index < 9; index += 1) recorder.event(regarding, said);
    recorder.event(regarding, { ...said, type: 'Normal', reason: 'Admitted', note: 'now' });
    await until(async () => (await list()).some(({ series }) => series?.count === 10));
    const [busy, admitted] = (await list()).sort((a, b) => (a.reason < b.reason ? 1 : -1));
    expect(busy).toMatchObject({
      type: 'Warning',
      reason: 'GuildBusy',
      note: 'the guild is busy',
      reportingController: 'example.com/test',
      regarding: { kind: 'ConfigMap', name: 'a', uid: object.metadata.uid },
      series: { count: 10 },
    });
    expect(admitted).toMatchObject({ reason: 'Admitted', type: 'Normal' });
    expect(await list()).toHaveLength(2);
    // What is said last is still written on the way out.
    recorder.event(regarding, { ...said, reason: 'Bye' });
    stop.abort();
    await run;
    expect(await list()).toHaveLength(3);
  });
});
