import { describe, expect, it } from 'vitest';
import { Applier } from './apply.ts';
import { Client } from './client.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { Manager } from './manager.ts';
import { type ConfigMap, configMaps } from './resources.ts';

const objects = 10_000;
const fieldManager = 'test';

/** An operator that labels every ConfigMap; resolves when all were reconciled. */
async function labelAll(server: FakeApiServer) {
  const client = new Client({ transport: server });
  const manager = new Manager({ client, fieldManager });
  const applier = new Applier({ client: manager.client, fieldManager });
  const cache = manager.informers.get(configMaps);
  const seen = new Set<string>();
  const stop = new AbortController();
  let written = 0;
  manager
    .controller({
      name: 'label',
      workers: 8,
      reconcile: async (key, { signal }) => {
        const live = cache.get(key);
        const wanted: ConfigMap = { metadata: { namespace: 'ns', name: key.name, labels: { seen: 'yes' } } };
        const applied = await applier.apply(configMaps, wanted, { live, signal });
        if (applied.written) written += 1;
        seen.add(key.name);
        if (seen.size === objects) stop.abort();
      },
    })
    .for(configMaps, { predicates: [{ update: () => false }] });
  await manager.run(stop.signal);
  return written;
}

describe('when nothing changes', () => {
  it('a process that starts anew reconciles 10,000 objects and writes none', async () => {
    const server = new FakeApiServer();
    const client = new Client({ transport: server });
    for (let index = 0; index < objects; index += 1) {
      await client.create(configMaps, { metadata: { namespace: 'ns', name: `object-${index}` } });
    }
    expect(await labelAll(server)).toBe(objects);
    const before = server.writes.length;
    expect(await labelAll(server)).toBe(0);
    expect(server.writes.length - before).toBe(0);
  });
});
