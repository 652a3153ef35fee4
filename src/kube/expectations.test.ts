import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { Overlay } from './expectations.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { Informers } from './informer.ts';
import { byLabel } from './owner.ts';
import { configMaps } from './resources.ts';

async function setup() {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  const client = new Client({ transport: server, clock });
  const informers = new Informers({ client, clock });
  const informer = informers.get(configMaps);
  const overlay = new Overlay(informer);
  overlay.addIndex('color', byLabel('color'));
  const stop = new AbortController();
  informers.start(stop.signal);
  await informer.whenSynced();
  await clock.settle();
  const hold = () => server.holdWatches();
  const stopAll = async () => {
    stop.abort();
    await informers.stopped();
  };
  return { clock, server, client, informer, overlay, hold, stopAll };
}

const object = (name: string, color = 'red') => ({ metadata: { namespace: 'ns', name, labels: { color } } });
const at = (name: string) => ({ namespace: 'ns', name });

describe('Overlay', () => {
  it('shows a created object at once, by key, list and index, until the cache shows it', async () => {
    const t = await setup();
    const release = t.hold();
    const { created } = await t.overlay.create(t.client, object('a'));
    await t.clock.settle();
    expect(created).toBe(true);
    expect(t.informer.get(at('a'))).toBeUndefined();
    expect(t.overlay.get(at('a'))?.metadata.name).toBe('a');
    expect(t.overlay.list('ns')).toHaveLength(1);
    expect(t.overlay.list('other')).toHaveLength(0);
    expect(t.overlay.byIndex('color', 'red')).toHaveLength(1);
    release();
    await t.clock.settle();
    expect(t.overlay.outstanding).toBe(0);
    expect(t.overlay.byIndex('color', 'red')).toHaveLength(1);
    await t.stopAll();
  });

  it('remembers what was sent with the metadata that the server gave it, until the cache shows the rest', async () => {
    const t = await setup();
    const release = t.hold();
    const { object: made } = await t.overlay.create(t.client, { ...object('a'), data: { key: 'value' } });
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { key: 'value' } });
    expect(made.metadata.uid).toMatch(/./);
    expect(made.metadata.resourceVersion).toMatch(/^[0-9]+$/);
    expect(t.overlay.get(at('a'))).toBe(made);
    release();
    await t.clock.settle();
    expect(t.overlay.get(at('a'))).toEqual(t.informer.get(at('a')));
    await t.stopAll();
  });

  it('shows the newer of what was written and what is cached, also in an index', async () => {
    const t = await setup();
    await t.client.create(configMaps, object('a'));
    await t.clock.settle();
    const release = t.hold();
    const merge = { metadata: { labels: { color: 'blue' } } };
    t.overlay.record(await t.client.patch(configMaps, at('a'), { merge }));
    expect(t.overlay.get(at('a'))?.metadata.labels).toEqual({ color: 'blue' });
    expect(t.overlay.byIndex('color', 'red')).toEqual([]);
    expect(t.overlay.byIndex('color', 'blue')).toHaveLength(1);
    await t.client.patch(configMaps, at('a'), { merge: { metadata: { labels: { color: 'green' } } } });
    release();
    await t.clock.settle();
    expect(t.overlay.get(at('a'))?.metadata.labels).toEqual({ color: 'green' });
    await t.stopAll();
  });

  it('does not bring back what was created and is gone again by the time the cache catches up', async () => {
    const t = await setup();
    const release = t.hold();
    await t.overlay.create(t.client, object('a'));
    await t.client.delete(configMaps, at('a'));
    release();
    await t.clock.settle();
    expect(t.overlay.get(at('a'))).toBeUndefined();
    expect(t.overlay.outstanding).toBe(0);
    await t.stopAll();
  });

  it('ignores what the cache has already passed', async () => {
    const t = await setup();
    const created = await t.client.create(configMaps, object('a'));
    await t.client.delete(configMaps, at('a'));
    await t.clock.settle();
    t.overlay.record(created);
    expect(t.overlay.get(at('a'))).toBeUndefined();
    await t.stopAll();
  });

  it('gives the object that has the name when it is taken', async () => {
    const t = await setup();
    const release = t.hold();
    const theirs = await t.client.create(configMaps, object('a', 'blue'));
    const { object: found, created } = await t.overlay.create(t.client, object('a'));
    expect([created, found.metadata.uid]).toEqual([false, theirs.metadata.uid]);
    expect(t.overlay.get(at('a'))?.metadata.labels).toEqual({ color: 'blue' });
    release();
    await t.stopAll();
  });
});
