import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { FakeApiServer } from './fake-api-server.ts';
import type { Live, ManagedFieldsEntry } from './object.ts';
import { type ConfigMap, configMaps } from './resources.ts';
import { keepManagedFieldsOf } from './transform.ts';

const entry = (manager: string, operation: string, subresource?: string): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: 'v1',
  time: '2025-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { 'f:one': {} } },
  ...(subresource ? { subresource } : {}),
});

const object = (uid: string, managedFields?: ManagedFieldsEntry[]): Live<ConfigMap> => ({
  metadata: { name: 'a', uid, resourceVersion: '1', ...(managedFields ? { managedFields } : {}) },
});

describe('keepManagedFieldsOf', () => {
  it('keeps what the manager applied and that it updated, nothing of others, and not when', () => {
    const all = [
      entry('me', 'Apply'),
      entry('me', 'Apply', 'status'),
      entry('me', 'Update'),
      entry('you', 'Apply'),
    ];
    const { managedFields } = keepManagedFieldsOf('me')(object('1', all)).metadata;
    const fieldsV1 = { 'f:data': { 'f:one': {} } };
    expect(managedFields).toEqual([
      { manager: 'me', operation: 'Apply', fieldsV1 },
      { manager: 'me', operation: 'Apply', subresource: 'status', fieldsV1 },
      { manager: 'me', operation: 'Update' },
    ]);
  });

  it('says that nothing is owned where that is so, which is not the same as not knowing', () => {
    expect(keepManagedFieldsOf('me')(object('1')).metadata.managedFields).toEqual([]);
  });

  it('objects of one shape share one list', () => {
    const transform = keepManagedFieldsOf('me');
    const [one, other] = ['1', '2'].map((uid) => transform(object(uid, [entry('me', 'Apply')])));
    expect(one?.metadata.managedFields).toBe(other?.metadata.managedFields);
  });

  it('an object that is written back does not take the fields of others from them', async () => {
    const server = new FakeApiServer();
    const client = new Client({ transport: server });
    const at = { namespace: 'ns', name: 'a' };
    const applied = await client.apply(
      configMaps,
      { metadata: at, data: { one: '1' } },
      { fieldManager: 'me' },
    );
    await client.update(configMaps, keepManagedFieldsOf('you')(applied));
    expect(server.writes.at(-1)?.body).not.toHaveProperty('metadata.managedFields');
  });
});
