import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { isNotFound } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { addFinalizer, finalize, removeFinalizer } from './finalizers.ts';
import { configMaps } from './resources.ts';

const at = { namespace: 'ns', name: 'a' };
const ours = 'example.com/ours';

async function setup(finalizers: string[] = []) {
  const server = new FakeApiServer();
  const client = new Client({ transport: server });
  const object = await client.create(configMaps, {
    metadata: { ...at, ...(finalizers.length ? { finalizers } : {}) },
  });
  return { server, client, object };
}

describe('finalizers', () => {
  it('adds one next to those of others, once', async () => {
    const { server, client, object } = await setup();
    const first = await addFinalizer(client, configMaps, object, 'example.com/theirs');
    const both = await addFinalizer(client, configMaps, first, ours);
    expect(both.metadata.finalizers).toEqual(['example.com/theirs', ours]);
    const writes = server.writes.length;
    expect(await addFinalizer(client, configMaps, both, ours)).toBe(both);
    expect(server.writes).toHaveLength(writes);
  });

  it('adds and removes on the newest version when its own is old, without undoing others', async () => {
    const { client, object } = await setup();
    await addFinalizer(client, configMaps, object, 'example.com/theirs');
    const added = await addFinalizer(client, configMaps, object, ours);
    expect(added.metadata.finalizers).toEqual(['example.com/theirs', ours]);
    await removeFinalizer(client, configMaps, added, 'example.com/theirs');
    await removeFinalizer(client, configMaps, added, ours);
    expect((await client.get(configMaps, at)).metadata.finalizers ?? []).toEqual([]);
  });

  it('never touches the next object of the same name', async () => {
    const { client, object } = await setup();
    await client.delete(configMaps, at);
    const next = await client.create(configMaps, { metadata: { ...at, finalizers: [ours] } });
    await removeFinalizer(
      client,
      configMaps,
      { ...object, metadata: { ...object.metadata, finalizers: [ours] } },
      ours,
    );
    expect((await client.get(configMaps, at)).metadata.finalizers).toEqual([ours]);
    const outcome = await addFinalizer(client, configMaps, object, 'example.com/x').catch(
      (error: unknown) => error,
    );
    expect(isNotFound(outcome)).toBe(true);
    expect((await client.get(configMaps, at)).metadata.uid).toBe(next.metadata.uid);
  });

  it('finalize takes the finalizer off only after cleanup succeeded', async () => {
    const { client, object } = await setup([ours]);
    await client.delete(configMaps, at);
    const step = (cleanup: () => Promise<boolean>) =>
      finalize({ client, resource: configMaps, object, finalizer: ours, cleanup });
    await expect(
      step(async () => {
        throw new Error('cleanup failed');
      }),
    ).rejects.toThrow('cleanup failed');
    expect(await step(async () => false)).toBe(false);
    expect(await client.find(configMaps, at)).toBeDefined();
    expect(await step(async () => true)).toBe(true);
    expect(await client.find(configMaps, at)).toBeUndefined();
  });
});
