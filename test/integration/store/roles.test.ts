// What roles may do, on a real server: made by an administrator that is no superuser and does not own the database.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database, GatewaySessionStore, RecapStore, SessionStore } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type AdministeredDatabase, administeredDatabase } from './database.ts';

import { segment, session } from './session-rows.ts';

let database: AdministeredDatabase;
let administration: DatabaseAdministration;
beforeAll(async () => {
  database = await administeredDatabase();
  administration = new DatabaseAdministration({ url: database.administratorUrl });
});
afterAll(() => database[Symbol.asyncDispose]());

/** A tenant with a working DSN of its workers. */
async function tenant(name: string) {
  const { schema, worker } = await administration.ensureTenant(name, undefined);
  return { schema, stem: worker.stem, url: await administration.issue(worker.stem, 'a') };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Error && 'code' in error ? String(error.code) : `not refused: ${String(error)}`;
}

test('a worker does everything that a session needs', async () => {
  const { url } = await tenant('everything');
  const store = new SessionStore({ url, applicationName: 'test' });
  try {
    const uid = randomUUID();
    await store.upsertSession(session(uid));
    await store.upsertSession({ ...session(uid), voiceChannelId: '200000000000000001' });
    expect(await store.appendSegment(segment(uid))).toBe(true);
    const usage = { id: randomUUID(), sessionUid: uid, replies: 2 };
    await store.addCounters(usage);
    await store.addCounters(usage);
    expect((await store.readCounters(uid)).replies).toBe(2);
    expect(await store.readTranscript(uid)).toHaveLength(1);
    const own = new Database({ url, applicationName: 'test' });
    const recap = {
      sessionUid: uid,
      revision: '1.1.16',
      language: 'en',
      model: 'm',
      text: 'It was fine.',
      segments: 1,
    };
    await new RecapStore(own).save(recap);
    expect(await new RecapStore(own).find(recap)).toMatchObject({ text: 'It was fine.' });
    await own.close();
    const { namespace, campaign, guildId } = session(uid);
    const asked = { namespace, campaign, guildId, sessionUid: uid, language: 'en', optedOut: [] };
    const { exchanges, recaps } = await store.recollect({ ...asked, npc: 'Greta', words: ['fine'] });
    expect([exchanges.length, recaps]).toEqual([1, ['It was fine.']]);
    await store.endSession(uid, new Date('2026-01-01T21:00:00Z'), 'Idle');
  } finally {
    await store.close();
  }
});

test('a worker reads, writes and lists nothing of another tenant, of the installation or of the server', async () => {
  const own = await tenant('nosy');
  const other = await tenant('private');
  const as = (sql: string) => database.as(own.url, sql);
  const tables = [
    'sessions',
    'transcript_segments',
    'usage_records',
    'session_counters',
    'recaps',
    'migrations',
  ];
  const forbidden = [
    ...tables.flatMap((table) => [
      `SELECT FROM ${other.schema}.${table}`,
      `INSERT INTO ${other.schema}.${table} DEFAULT VALUES`,
      `DELETE FROM ${other.schema}.${table}`,
      `SELECT pg_relation_size('${other.schema}.${table}')`,
      `COPY ${other.schema}.${table} TO STDOUT`,
      `BEGIN; LOCK TABLE ${other.schema}.${table}`,
    ]),
    ...['tenants', 'credentials', 'gateway_sessions', 'gateway_roles', 'installation', 'migrations'].map(
      (table) => `SELECT FROM skald.${table}`,
    ),
    `UPDATE ${other.schema}.sessions SET campaign = 'x'`,
    `CREATE TABLE ${other.schema}.mine (x int)`,
    `CREATE VIEW ${own.schema}.window AS SELECT * FROM ${other.schema}.sessions`,
    `SELECT nextval('${other.schema}.transcript_segments_sequence_seq')`,
    `CREATE SCHEMA mine`,
    'CREATE TABLE public.mine (x int)',
    'CREATE TEMP TABLE mine (x int)',
    // Of its own: what no statement of a worker does.
    `SELECT FROM ${own.schema}.interactions`,
    `INSERT INTO ${own.schema}.interactions DEFAULT VALUES`,
    ...tables.map((table) => `DELETE FROM ${own.schema}.${table}`),
    ...tables.map((table) => `TRUNCATE ${own.schema}.${table} CASCADE`),
    `UPDATE ${own.schema}.sessions SET campaign = 'x'`,
    `UPDATE ${own.schema}.transcript_segments SET text = 'x'`,
    `UPDATE ${own.schema}.usage_records SET spend_usd = 0`,
    `UPDATE ${own.schema}.recaps SET text = 'x'`,
    `SELECT FROM ${own.schema}.migrations`,
    `ALTER TABLE ${own.schema}.sessions ADD x int`,
    `CREATE TABLE ${own.schema}.mine (x int)`,
    `DROP SCHEMA ${own.schema} CASCADE`,
    // Becoming somebody else.
    `SET ROLE ${own.stem}`,
    `SET ROLE ${other.stem}`,
    `SET SESSION AUTHORIZATION ${other.stem}_a`,
    `GRANT ${other.stem} TO ${own.stem}_a`,
    `ALTER ROLE ${other.stem}_a PASSWORD 'x'`,
    `ALTER ROLE ${own.stem}_a CONNECTION LIMIT 100`,
    `ALTER ROLE ${own.stem}_b PASSWORD 'x'`,
    'CREATE ROLE mine',
    // The server.
    'SELECT FROM pg_authid',
    'SELECT FROM pg_largeobject',
    "SELECT pg_read_file('postgresql.conf')",
    "COPY (SELECT 1) TO PROGRAM 'id'",
  ];
  for (const sql of forbidden) expect(`${sql}: ${await refusal(as(sql))}`).toBe(`${sql}: 42501`);
});

test('a tenant’s commands read its schema, write nothing that is the workers’, and see nothing else', async () => {
  const { schema, command, worker } = await administration.ensureTenant('commands', undefined);
  const other = await administration.ensureTenant('commands-other', undefined);
  const url = await administration.issue(command.stem, 'a');
  const written = ['sessions', 'transcript_segments', 'usage_records', 'session_counters'];
  for (const table of written) expect(await database.as(url, `SELECT * FROM ${table}`)).toEqual([]);
  const forbidden = [
    ...written.flatMap((table) => [
      `INSERT INTO ${table} DEFAULT VALUES`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table} CASCADE`,
      `BEGIN; LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`,
      `SELECT FROM ${other.schema}.${table}`,
    ]),
    "UPDATE sessions SET end_reason = 'x'",
    "UPDATE transcript_segments SET language = 'x'",
    'DELETE FROM transcript_segments',
    'UPDATE session_counters SET spend_usd = 0',
    "UPDATE interactions SET user_id = 'x'",
    'TRUNCATE interactions',
    `SELECT FROM ${other.schema}.interactions`,
    'SELECT FROM migrations',
    `CREATE TABLE ${schema}.mine (x int)`,
    'CREATE TEMP TABLE mine (x int)',
    ...['tenants', 'credentials', 'gateway_sessions', 'gateway_roles', 'installation'].map(
      (table) => `SELECT FROM skald.${table}`,
    ),
    `SET ROLE ${worker.stem}`,
    `SET ROLE ${command.stem}`,
    `GRANT ${worker.stem} TO ${command.stem}_a`,
    `ALTER ROLE ${command.stem}_b PASSWORD 'x'`,
    'SELECT FROM pg_authid',
    "COPY (SELECT 1) TO PROGRAM 'id'",
  ];
  for (const sql of forbidden)
    expect(`${sql}: ${await refusal(database.as(url, sql))}`).toBe(`${sql}: 42501`);
  await administration.removeTenant('commands', { dropSchema: true, application: '300000000000000010' });
  expect(await database.admin('SELECT FROM pg_roles WHERE rolname LIKE $1', [`${worker.stem}%`])).toEqual([]);
});

test('what lists objects shows a worker its own tables; what the catalogue shows of others tells nothing', async () => {
  const own = await tenant('lister');
  const other = await tenant('the-silver-stag');
  const values = async (sql: string) => JSON.stringify(await database.as(own.url, sql));
  for (const view of [
    'schemata',
    'tables',
    'columns',
    'table_privileges',
    'table_constraints',
    'role_table_grants',
  ]) {
    expect(await values(`SELECT * FROM information_schema.${view}`)).not.toContain(other.schema);
  }
  expect(await values('SELECT * FROM pg_stats')).not.toContain(other.schema);
  // PostgreSQL shows these to every role; the names in them are random.
  const visible = [
    'SELECT nspname, nspacl FROM pg_namespace',
    'SELECT rolname, rolconfig FROM pg_roles',
    'SELECT relnamespace::regnamespace, relname, reltuples FROM pg_class',
    'SELECT * FROM pg_stat_user_tables',
    'SELECT * FROM pg_policies',
    'SELECT * FROM pg_shdescription',
    'SELECT * FROM pg_description',
    'SELECT datname, usename, application_name, query FROM pg_stat_activity',
  ];
  let shown = '';
  for (const sql of visible) shown += await values(sql);
  expect(shown).toContain(other.schema);
  expect(shown).not.toMatch(/silver|stag|nosy|private/);
});

test('two bots and two gateways: a gateway of one tenant sees the rows of its own bot, the slots see all', async () => {
  const slots = await administration.ensureSlots();
  const one = await administration.ensureTenant('gw-one', '300000000000000001');
  const two = await administration.ensureTenant('gw-two', '300000000000000002');
  const storeOf = async (stem: string | undefined) =>
    new GatewaySessionStore({ url: await administration.issue(stem ?? '', 'a'), applicationName: 'test' });
  const stores = await Promise.all([slots.stem, one.gateway?.stem, two.gateway?.stem].map(storeOf));
  const [all, first, second] = stores;
  if (all === undefined || first === undefined || second === undefined) throw new Error('three stores');
  const row = { shardId: 0, shardCount: 1, sessionId: 's', resumeURL: 'wss://example', sequence: 1 };
  try {
    await first.write('300000000000000001', row);
    await second.write('300000000000000002', row);
    expect(await first.read('300000000000000001', 0)).toEqual(row);
    expect(await first.read('300000000000000002', 0)).toBeUndefined();
    expect(await refusal(first.write('300000000000000002', row))).toBe('42501');
    await first.forget('300000000000000002', 0);
    expect(await second.read('300000000000000002', 0)).toEqual(row);
    expect(await all.read('300000000000000001', 0)).toEqual(row);
    await all.write('300000000000000003', row);
    await all.forget('300000000000000003', 0);
    const url = await administration.issue(one.gateway?.stem ?? '', 'b');
    expect(await database.as(url, 'SELECT application_id FROM skald.gateway_roles')).toEqual([
      { application_id: '300000000000000001' },
    ]);
    for (const sql of [
      'SELECT FROM skald.tenants',
      'SELECT FROM skald.credentials',
      "INSERT INTO skald.gateway_roles VALUES ('x', NULL)",
      'UPDATE skald.gateway_roles SET application_id = NULL',
      `SELECT FROM ${one.schema}.sessions`,
      'CREATE TABLE skald.mine (x int)',
      'ALTER TABLE skald.gateway_sessions DISABLE ROW LEVEL SECURITY',
      'DROP POLICY own_rows ON skald.gateway_sessions',
      'TRUNCATE skald.gateway_sessions',
    ]) {
      expect(`${sql}: ${await refusal(database.as(url, sql))}`).toBe(`${sql}: 42501`);
    }
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
});

test('nothing is written when nothing is wrong', async () => {
  await administration.ensureTenant('still', '300000000000000009');
  const versions = () =>
    database.admin(`SELECT xmin::text, oid FROM pg_authid UNION ALL SELECT xmin::text, oid FROM pg_namespace
      UNION ALL SELECT xmin::text, oid FROM pg_class UNION ALL SELECT xmin::text, oid FROM pg_auth_members ORDER BY 2, 1`);
  const before = await versions();
  const again = await administration.ensureTenant('still', '300000000000000009');
  expect(again).toMatchObject({ made: false, worker: { findings: [] }, gateway: { findings: [] } });
  expect(await versions()).toEqual(before);
});
