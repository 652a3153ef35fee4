import { createServer, type Server as HttpServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import {
  Client,
  isAlreadyExists,
  isConflict,
  jobs,
  metadataOf,
  parseConfig,
  secrets,
} from '../../../src/kube/index.ts';
import { sessionOf, sessions } from '../sessions.ts';
import { StubApi } from './api.ts';

const namespace = 'bench';

async function clientOfStub(): Promise<Client> {
  const server: HttpServer = createServer(new StubApi(0).handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const config = await parseConfig(`
apiVersion: v1
kind: Config
clusters: [{ name: stub, cluster: { server: 'http://127.0.0.1:${address.port}' } }]
contexts: [{ name: stub, context: { cluster: stub, user: '' } }]
current-context: stub
`);
  const client = new Client({ config });
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

test('a list comes in pages, and a watch from its version tells what came after', async () => {
  const client = await clientOfStub();
  for (const number of [1, 2, 3]) await client.create(sessions, sessionOf(namespace, `s-${number}`, number));
  const first = await client.list(sessions, { namespace, limit: 2 });
  expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['s-1', 's-2']);
  expect(await client.listAll(sessions, { namespace, limit: 2 })).toHaveLength(3);

  const stop = new AbortController();
  const watch = client.watch(sessions, {
    namespace,
    resourceVersion: first.resourceVersion,
    signal: stop.signal,
  });
  const next = watch.next();
  await client.patch(sessions, { namespace, name: 's-1' }, { merge: { spec: { revision: 2 } } });
  expect(await next).toMatchObject({
    value: { type: 'MODIFIED', object: { metadata: { name: 's-1', generation: 2 }, spec: { revision: 2 } } },
  });
  stop.abort();
  await watch.return();
});

test('a name is taken once, and an update needs the version that is there', async () => {
  const client = await clientOfStub();
  const created = await client.create(sessions, sessionOf(namespace, 's', 1));
  await expect(client.create(sessions, sessionOf(namespace, 's', 1))).rejects.toSatisfy(isAlreadyExists);
  const status = { phase: 'Active', observedRevision: 1, jobName: 's-worker' };
  const updated = await client.updateStatus(sessions, { ...created, status });
  expect(updated).toMatchObject({ status, spec: created.spec, metadata: { generation: 1 } });
  await expect(client.updateStatus(sessions, { ...created, status })).rejects.toSatisfy(isConflict);
});

test('children are selected by label, and their metadata can be had alone', async () => {
  const client = await clientOfStub();
  const metadata = { name: 'a', namespace, labels: { part: 'one' } };
  await client.create(secrets, { metadata, data: { key: 'dmFsdWU=' } });
  await client.create(secrets, { metadata: { ...metadata, name: 'b', labels: { part: 'two' } } });
  const selected = await client.listAll(metadataOf(secrets), { namespace, labelSelector: 'part=one' });
  expect(selected).toEqual([
    { apiVersion: 'v1', kind: 'Secret', metadata: expect.objectContaining({ name: 'a' }) },
  ]);
});

test('it counts what it is asked for', async () => {
  const client = await clientOfStub();
  await client.create(jobs, { metadata: { name: 'j', namespace } });
  await client.listAll(jobs, { namespace });
  expect(await client.raw({ method: 'GET', path: '/stub/requests', repeatable: true })).toEqual({
    'jobs POST': 1,
    'jobs LIST': 1,
  });
});
