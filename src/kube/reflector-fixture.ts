/** An informer on an API server in memory, with the story that it tells. For tests. */
import { Client } from './client.ts';
import { FakeApiServer, type SeenRequest } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { Informers } from './informer.ts';
import type { Live } from './object.ts';
import { configMaps } from './resources.ts';

export type Said = {
  type: 'add' | 'update' | 'delete';
  name: string;
  uid: string;
  old?: string;
  version: string;
};

export function setup() {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  const client = new Client({ transport: server, clock });
  const informers = new Informers({ client, clock });
  const informer = informers.get(configMaps);
  const said: Said[] = [];
  const entry = (type: Said['type'], object: Live): Said => ({
    type,
    name: object.metadata.name,
    uid: object.metadata.uid,
    version: object.metadata.resourceVersion,
  });
  informer.addHandler({
    add: (object) => said.push(entry('add', object)),
    update: (old, object) => said.push({ ...entry('update', object), old: old.metadata.resourceVersion }),
    delete: (object) => said.push(entry('delete', object)),
  });
  const stop = new AbortController();
  const at = (name: string) => ({ namespace: 'ns', name });
  return {
    clock,
    server,
    client,
    informers,
    informer,
    said,
    start: () => informers.start(stop.signal),
    stop: async () => {
      stop.abort();
      await informers.stopped();
    },
    create: (name: string) => client.create(configMaps, { metadata: at(name) }),
    change: (name: string, value: string) =>
      client.patch(configMaps, at(name), { merge: { data: { value } } }),
    remove: (name: string) => client.delete(configMaps, at(name)),
    words: () => said.map(({ type, name }) => `${type} ${name}`),
    watches: () => server.requests.filter(isWatch).length,
    lists: () => server.requests.filter(isList).length,
  };
}

export function isWatch({ method, query }: SeenRequest): boolean {
  return method === 'GET' && query.get('watch') === 'true';
}

export function isList({ method, path, query }: SeenRequest): boolean {
  return method === 'GET' && path.endsWith('/configmaps') && query.get('watch') === null;
}
