import { beforeEach, describe, expect, test } from 'vitest';
import { FakeApiServer } from '../../src/kube/fake-api-server.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { Client, type ConfigMap, configMaps, type Live } from '../../src/kube/index.ts';
import { belongsTo, type ChildCall, ChildKeeper } from './keeper.ts';

const OWNER = 'uid-owner';
const LABEL = 'skald.dev/tenant';
const key = { namespace: 'ns', name: 'child' };
const owner = { apiVersion: 'v1', kind: 'Owner', name: 'acme', uid: OWNER, controller: true };
const wanted: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...key, labels: { [LABEL]: 'acme' }, ownerReferences: [owner] },
  data: { a: '1' },
};

let clock: FakeClock;
let server: FakeApiServer;
let client: Client;
let keeper: ChildKeeper;
beforeEach(() => {
  clock = new FakeClock();
  server = new FakeApiServer();
  client = new Client({ transport: server, clock });
  keeper = new ChildKeeper({ client, now: () => clock.now() });
});

const keep = (cached?: Live<ConfigMap>, more: Partial<ChildCall<ConfigMap>> = {}) =>
  keeper.keep(configMaps, wanted, {
    cached,
    record: () => {},
    isOurs: (object) => belongsTo(object, OWNER, LABEL, 'acme'),
    signal: new AbortController().signal,
    ...more,
  });
const stored = () => client.get(configMaps, key);
const edit = async (merge: object) => {
  await client.patch(configMaps, key, { merge });
  return stored();
};
const writes = () => server.requests.filter(({ method }) => method !== 'GET').length;

test('what is missing is made', async () => {
  expect(await keep()).toEqual({ state: 'made' });
  expect(await stored()).toMatchObject({ data: { a: '1' }, metadata: { ownerReferences: [owner] } });
});

test('what is as it should be costs no request', async () => {
  await keep();
  const cached = await stored();
  const before = server.requests.length;
  expect(await keep(cached)).toEqual({ state: 'kept' });
  expect(server.requests.length).toBe(before);
});

test('what was changed is mended, and what others added stays', async () => {
  await keep();
  expect(await keep(await edit({ data: { a: '2', b: '3' } }))).toEqual({ state: 'mended' });
  expect((await stored()).data).toEqual({ a: '1', b: '3' });
});

test('nothing may be added to what is exact', async () => {
  await keep();
  expect(await keep(await edit({ data: { b: '3' } }), { exact: ['data'] })).toEqual({ state: 'mended' });
  expect((await stored()).data).toEqual({ a: '1' });
});

describe('an object of that name', () => {
  test('that has lost its labels, and with them its place in the cache, is taken back by its owner', async () => {
    await keep();
    await edit({ metadata: { labels: null } });
    expect(await keep(undefined)).toEqual({ state: 'mended' });
    expect((await stored()).metadata.labels).toEqual({ [LABEL]: 'acme' });
  });

  test('that has lost its owner is taken back by its label', async () => {
    await keep();
    expect(await keep(await edit({ metadata: { ownerReferences: null } }))).toEqual({ state: 'mended' });
    expect((await stored()).metadata.ownerReferences).toEqual([owner]);
  });

  test('that has neither is left alone', async () => {
    await client.create(configMaps, { metadata: key, data: { a: 'theirs' } });
    const before = writes();
    expect(await keep()).toEqual({ state: 'taken' });
    expect((await stored()).data).toEqual({ a: 'theirs' });
    expect(writes()).toBe(before + 1);
  });

  test('that something else controls is left alone, whatever its labels say', async () => {
    const other = { ...owner, uid: 'uid-other' };
    await client.create(configMaps, {
      ...wanted,
      metadata: { ...wanted.metadata, ownerReferences: [other] },
    });
    expect(await keep()).toEqual({ state: 'taken' });
  });
});

test('who keeps undoing it is answered ever more slowly', async () => {
  await keep();
  const states = [];
  for (let round = 0; round < 11; round++) states.push(await keep(await edit({ data: { a: 'no' } })));
  expect(states.slice(0, 9)).toEqual(Array(9).fill({ state: 'mended' }));
  expect(states.slice(9)).toEqual(Array(2).fill({ state: 'waiting', retryMs: 1000 }));
  await clock.advance(1000);
  expect(await keep(await stored())).toEqual({ state: 'mended' });
});

describe('what cannot be mended in place', () => {
  const invalid = (refuse: (seen: { method: string; dryRun: boolean }) => boolean) => {
    server.fault = ({ method, query }) =>
      refuse({ method, dryRun: query.has('dryRun') }) ? { status: 422 } : undefined;
  };

  test('is made anew', async () => {
    await keep();
    const before = await edit({ data: { a: '2' } });
    invalid(({ method }) => method === 'PATCH');
    expect(await keep(before)).toEqual({ state: 'mended' });
    expect((await stored()).metadata.uid).not.toBe(before.metadata.uid);
  });

  test('stays when what is wanted is no valid object', async () => {
    await keep();
    const before = await edit({ data: { a: '2' } });
    invalid(({ method }) => method === 'PATCH' || method === 'POST');
    await expect(keep(before)).rejects.toMatchObject({ status: 422 });
    expect((await stored()).metadata.uid).toBe(before.metadata.uid);
  });
});
