// The order in which a Tenant ends: its sessions, its roles, by deletionPolicy its data, its Secrets, its namespace.
import { expect, test } from 'vitest';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { namespaces, secrets } from '../../../src/kube/index.ts';
import { SessionStore } from '../../../src/store/index.ts';
import {
  condition,
  database,
  door,
  dsn,
  entry,
  eventually,
  rolesLike,
  setTheScene,
  tenant,
  world,
} from './database-scene.ts';
import { unique } from './world.ts';

setTheScene();

async function deleteTenant(name: string): Promise<void> {
  await world.admin.delete(tenants, { name });
}

test('a Tenant that is deleted with Delete leaves neither roles nor data; others keep theirs', async () => {
  const { name, namespace } = await tenant({ deletionPolicy: 'Delete' });
  const other = await tenant();
  const { schema, stem } = (await entry(name)) ?? { schema: '', stem: '' };
  // Somebody who is connected does not keep it from ending.
  const pg = (await import('pg')).default;
  const client = new pg.Client({ connectionString: await dsn(namespace) });
  const cut = new Promise<void>((resolve) => client.once('end', () => resolve()));
  client.on('error', () => {});
  await client.connect();
  await client.query('BEGIN; LOCK TABLE sessions IN ROW EXCLUSIVE MODE');
  await deleteTenant(name);
  await cut;
  await eventually('the namespace is being deleted', async () => {
    return (
      (await world.admin.find(namespaces, { name: namespace }))?.metadata.deletionTimestamp !== undefined
    );
  });
  expect(await rolesLike(stem)).toEqual([]);
  expect(await database.admin('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).toEqual([]);
  expect(await entry(name)).toBeUndefined();
  for (const secret of ['skald-database', 'skald-command-database']) {
    expect(await world.admin.find(secrets, { namespace, name: secret })).toBeUndefined();
  }
  expect(await world.database?.tryLogin(await dsn(other.namespace))).toBe('works');
});

test('with Retain the data stays for a Tenant of the same name; a namespace that was adopted keeps its own', async () => {
  const name = unique('kept');
  const namespace = `skald-${name}`;
  await world.admin.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'skald.dev/adopt': 'true' } },
  });
  const foreign = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'theirs', namespace } };
  await world.admin.create(secrets, foreign);
  await world.tenant(name, { deletionPolicy: 'Retain' });
  await world.ready(tenants, { name });
  const { schema, stem } = (await entry(name)) ?? { schema: '', stem: '' };
  const uid = crypto.randomUUID();
  const store = new SessionStore({ url: await dsn(namespace), applicationName: 'test' });
  await store.upsertSession({
    uid,
    namespace,
    name: 'x',
    campaign: 'x',
    guildId: '1',
    startedAt: new Date(),
  });
  await store.close();
  await deleteTenant(name);
  await world.until(tenants, { name }, (one) => one === undefined);
  expect(await rolesLike(stem)).toEqual([]);
  expect(await database.admin(`SELECT uid FROM ${schema}.sessions`)).toEqual([{ uid }]);
  expect(await world.admin.find(secrets, { namespace, name: 'skald-database' })).toBeUndefined();
  await world.admin.get(secrets, { namespace, name: 'theirs' });
  expect((await world.admin.get(namespaces, { name: namespace })).metadata.deletionTimestamp).toBeUndefined();
  // In another namespace: nothing collects garbage here, so the first one is still full of what was the first one's.
  await world.tenant(name, { namespace: `${namespace}-again` });
  await world.ready(tenants, { name });
  expect(await entry(name)).toEqual({ schema, stem });
  const again = new SessionStore({ url: await dsn(`${namespace}-again`), applicationName: 'test' });
  expect((await again.readCounters(uid)).replies).toBe(0);
  await again.close();
});

test('sessions end before roles do, and a database that is away is waited for', async () => {
  const { name, namespace } = await tenant({ deletionPolicy: 'Delete' });
  const { stem } = (await entry(name)) ?? { stem: '' };
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  const { pod } = await world.active(namespace, 'evening');
  await deleteTenant(name);
  await world.phase(namespace, 'evening', 'Draining');
  expect(await rolesLike(stem)).toHaveLength(6);
  expect(await world.database?.tryLogin(await dsn(namespace))).toBe('works');
  door.shut();
  await world.exited(pod, 0);
  try {
    await eventually('the condition', async () => (await condition(name)).reason === 'DatabaseUnreachable');
    // Nothing that comes after has been begun.
    expect(await rolesLike(stem)).toHaveLength(6);
    await world.admin.get(secrets, { namespace, name: 'skald-database' });
    expect(
      (await world.admin.get(namespaces, { name: namespace })).metadata.deletionTimestamp,
    ).toBeUndefined();
    // The next operator knows nothing of it but what is there.
    await world.restart();
  } finally {
    door.open();
  }
  await eventually('the roles are gone', async () => (await rolesLike(stem)).length === 0);
  await eventually('the namespace is being deleted', async () => {
    return (
      (await world.admin.find(namespaces, { name: namespace }))?.metadata.deletionTimestamp !== undefined
    );
  });
});
