import { describe, expect, it } from 'vitest';
import { Applier } from './apply.ts';
import { covers, ownsBeyond } from './apply-diff.ts';
import { Client } from './client.ts';
import { isConflict } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import type { Live } from './object.ts';
import { type ConfigMap, configMaps } from './resources.ts';
import { dropManagedFields, keepManagedFieldsOf } from './transform.ts';

const live: Live<ConfigMap> = {
  metadata: {
    namespace: 'ns',
    name: 'a',
    uid: 'uid-1',
    resourceVersion: '5',
    labels: { app: 'x', other: 'y' },
  },
  data: { one: '1', two: '2' },
};

const named = { namespace: 'ns', name: 'a' };

describe('covers', () => {
  it('is true when every wanted field has its value, whatever else the object has', () => {
    expect(covers({ metadata: { ...named, labels: { app: 'x' } } }, live)).toBe(true);
    const wanted: ConfigMap = { metadata: named, data: { one: '1' } };
    expect(covers(wanted, live)).toBe(true);
    for (const data of [{ one: '2' }, { three: '3' }]) {
      const other: ConfigMap = { metadata: named, data };
      expect(covers(other, live)).toBe(false);
    }
    expect(covers({ metadata: { ...named, labels: { app: 'z' } } }, live)).toBe(false);
    expect(covers({ metadata: { ...named, annotations: { a: 'b' } } }, live)).toBe(false);
  });

  it('compares lists by position unless their keys are given', () => {
    const status = (...types: string[]) => ({
      metadata: named,
      status: { conditions: types.map((type) => ({ type, status: 'True' })) },
    });
    expect(covers(status('A', 'B'), status('A', 'B'))).toBe(true);
    expect(covers(status('B', 'A'), status('A', 'B'))).toBe(false);
    expect(covers(status('A'), status('A', 'B'))).toBe(false);
    const keys = { 'status.conditions': ['type'] };
    expect(covers(status('B', 'A'), status('A', 'B', 'C'), keys)).toBe(true);
    expect(covers(status('D'), status('A', 'B'), keys)).toBe(false);
  });

  it('treats owner references and finalizers as what they are in every object', () => {
    const owner = (uid: string) => ({ apiVersion: 'v1', kind: 'K', name: uid, uid });
    const object = { metadata: { finalizers: ['a', 'b'], ownerReferences: [owner('1'), owner('2')] } };
    expect(covers({ metadata: { finalizers: ['b'], ownerReferences: [owner('2')] } }, object)).toBe(true);
    expect(covers({ metadata: { finalizers: ['c'] } }, object)).toBe(false);
  });
});

describe('ownsBeyond', () => {
  it('finds a field, a list item and a set value that are owned and no longer wanted', () => {
    const fields = {
      'f:metadata': { 'f:labels': { 'f:app': {} }, 'f:finalizers': { 'v:"x/y"': {} } },
      'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {} } } },
    };
    const wanted = {
      metadata: { labels: { app: 'x' }, finalizers: ['x/y'] },
      spec: { containers: [{ name: 'main', image: 'i' }] },
    };
    expect(ownsBeyond(fields, wanted)).toBe(false);
    expect(ownsBeyond(fields, { ...wanted, metadata: { labels: {}, finalizers: ['x/y'] } })).toBe(true);
    expect(ownsBeyond(fields, { ...wanted, metadata: { labels: { app: 'x' }, finalizers: [] } })).toBe(true);
    expect(ownsBeyond(fields, { ...wanted, spec: { containers: [{ name: 'main' }] } })).toBe(true);
    expect(ownsBeyond(fields, { ...wanted, spec: { containers: [{ name: 'other', image: 'i' }] } })).toBe(
      true,
    );
  });
});

describe('Applier', () => {
  function setup() {
    const server = new FakeApiServer();
    const client = new Client({ transport: server });
    return { server, client, applier: new Applier({ client, fieldManager: 'test' }) };
  }
  const wanted: ConfigMap = { metadata: named, data: { one: '1' } };

  it('sends once, then nothing while the object is as wanted, also after changes to other fields', async () => {
    const { server, client, applier } = setup();
    const first = await applier.apply(configMaps, wanted);
    expect(first.written).toBe(true);
    expect(await applier.apply(configMaps, wanted, { live: first.object })).toEqual({
      object: first.object,
      written: false,
    });
    const edited = await client.patch(configMaps, named, { merge: { data: { two: '2' } } });
    expect((await applier.apply(configMaps, wanted, { live: edited })).written).toBe(false);
    const drifted = await client.patch(configMaps, named, { merge: { data: { one: 'changed' } } });
    expect((await applier.apply(configMaps, wanted, { live: drifted })).written).toBe(true);
    // Two of them made the object, two were by hand.
    expect(server.writes).toHaveLength(5);
  });

  it('sends when a field is no longer wanted, though the object has all that is', async () => {
    const { applier } = setup();
    const more: ConfigMap = { metadata: named, data: { one: '1', two: '2' } };
    const { object } = await applier.apply(configMaps, more);
    expect((await applier.apply(configMaps, wanted, { live: object })).written).toBe(true);
  });

  it('after a restart sends once for an object without managed fields, and nothing when they tell enough', async () => {
    const { client, applier } = setup();
    const { object } = await applier.apply(configMaps, wanted);
    const restarted = new Applier({ client, fieldManager: 'test' });
    const managed = (fieldsV1: object): Live<ConfigMap> => ({
      ...object,
      metadata: { ...object.metadata, managedFields: [{ manager: 'test', operation: 'Apply', fieldsV1 }] },
    });
    const own = { 'f:data': { 'f:one': {} } };
    expect((await restarted.apply(configMaps, wanted, { live: managed(own) })).written).toBe(false);
    const more = { 'f:data': { 'f:one': {}, 'f:two': {} } };
    expect((await restarted.apply(configMaps, wanted, { live: managed(more) })).written).toBe(true);
    const again = new Applier({ client, fieldManager: 'test' });
    const bare = dropManagedFields(structuredClone(object));
    expect((await again.apply(configMaps, wanted, { live: bare })).written).toBe(true);
    expect((await again.apply(configMaps, wanted, { live: bare })).written).toBe(false);
  });

  it('does not resend what the server writes in another way than it was sent', async () => {
    const { server, applier } = setup();
    const odd: ConfigMap = { metadata: named, data: { cpu: '1000m' } };
    const { object } = await applier.apply(configMaps, odd);
    const normalised = { ...object, data: { cpu: '1' } };
    const before = server.writes.length;
    expect((await applier.apply(configMaps, odd, { live: normalised })).written).toBe(false);
    expect(server.writes).toHaveLength(before);
  });

  it('never writes to, or makes, another object than the one it was shown', async () => {
    const { client, applier } = setup();
    const { object } = await applier.apply(configMaps, wanted);
    await client.delete(configMaps, named);
    const change: ConfigMap = { metadata: named, data: { one: '9' } };
    await expect(applier.apply(configMaps, change, { live: object })).rejects.toMatchObject({ status: 409 });
    expect(await client.find(configMaps, named)).toBeUndefined();
  });

  it('makes what it was shown no object of, but overwrites nothing that is there after all', async () => {
    const { server, client, applier } = setup();
    const first = await applier.apply(configMaps, wanted);
    expect(server.writes.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    // Another leader made it meanwhile; this process learns of that only from the refusal.
    const stale = new Applier({ client, fieldManager: 'test' });
    const late = stale.apply(configMaps, { metadata: named, data: { one: 'late' } });
    const theirs = await client.patch(configMaps, named, { merge: { data: { two: '2' } } });
    expect(theirs.metadata.uid).toBe(first.object.metadata.uid);
    expect((await late).object.data).toEqual({ one: 'late', two: '2' });
    expect(server.writes.at(-1)?.body).toMatchObject({
      metadata: { uid: theirs.metadata.uid, resourceVersion: theirs.metadata.resourceVersion },
    });
  });

  it('takes away later what it once made, also when it ended between the two requests', async () => {
    const { client } = setup();
    const more: ConfigMap = { metadata: named, data: { one: '1', two: '2' } };
    const made = await client.create(configMaps, more, { fieldManager: 'test' });
    const live = keepManagedFieldsOf('test')(structuredClone(made));
    const { object, written } = await new Applier({ client, fieldManager: 'test' }).apply(
      configMaps,
      wanted,
      { live },
    );
    expect(written).toBe(true);
    const own = object.metadata.managedFields?.map(({ operation, fieldsV1 }) => [operation, fieldsV1]);
    expect(own).toEqual([['Apply', { 'f:data': { 'f:one': {} } }]]);
  });

  it('a write that was decided on an older version does nothing, whatever changed since', async () => {
    const { client, applier } = setup();
    const { object } = await applier.apply(configMaps, wanted);
    const newer = await client.patch(configMaps, named, { merge: { data: { two: '2' } } });
    const late: ConfigMap = { metadata: named, data: { one: 'late' } };
    await expect(applier.apply(configMaps, late, { live: object })).rejects.toSatisfy(isConflict);
    await expect(applier.applyStatus(configMaps, late, { live: object })).rejects.toSatisfy(isConflict);
    expect(await client.get(configMaps, named)).toEqual(newer);
  });

  it('keeps object and status apart', async () => {
    const { server, applier } = setup();
    const { object } = await applier.apply(configMaps, wanted);
    const status: ConfigMap = { metadata: named, data: { two: '2' } };
    const { object: reported } = await applier.applyStatus(configMaps, status, { live: object });
    // The status owns `two`: for the object itself nothing is owned that is not wanted.
    expect((await applier.apply(configMaps, wanted, { live: reported })).written).toBe(false);
    expect(server.writes.map(({ path }) => path.split('/').at(-1))).toEqual(['configmaps', 'a', 'status']);
  });
});
