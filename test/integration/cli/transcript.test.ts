// `skald transcript`, as an operator with the installation's DSN, and as somebody with a kubeconfig who may read the Secret
// of the tenant's namespace: a real API server, a real PostgreSQL.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { listMain, transcriptMain } from '../../../cli/transcript/main.ts';
import { WORKER_DATABASE_SECRET } from '../../../src/api/index.ts';
import { Client, loadConfig, namespaces, secrets } from '../../../src/kube/index.ts';
import { SessionStore, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { segment, session } from '../store/session-rows.ts';

let database: AdministeredDatabase;
let folder: string;
let admin: Client;
let workerUrl: string;
const namespace = `skald-cli-${randomUUID().slice(0, 8)}`;
const uid = randomUUID();

beforeAll(async () => {
  database = await administeredDatabase();
  folder = await mkdtemp(join(tmpdir(), 'skald-transcript-'));
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const { schema, worker } = await administration.ensureTenant('acme', undefined);
  workerUrl = await administration.issue(worker.stem, 'a');
  const store = new SessionStore({
    url: tenantDatabaseUrl(database.administratorUrl, schema),
    applicationName: 'test',
  });
  await store.upsertSession({ ...session(uid), namespace });
  await store.appendSegment({
    ...segment(uid),
    speakerKind: 'player',
    speakerId: '7',
    speakerName: 'Alice',
    text: 'How is the ale?',
  });
  await store.appendSegment({ ...segment(uid), startedAt: new Date('2026-01-01T20:00:02Z') });
  await store.upsertSession({ ...session(randomUUID()), namespace, name: 'friday-recap', mode: 'Recap' });
  await store.close();
  admin = new Client({ config: await loadConfig({ kubeconfig: inject('kubeconfig') }) });
  await admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await admin.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: WORKER_DATABASE_SECRET, namespace },
    data: { url: Buffer.from(workerUrl).toString('base64') },
  });
});
afterAll(async () => {
  admin?.close();
  await rm(folder, { recursive: true });
  await database[Symbol.asyncDispose]();
});

const signal = new AbortController().signal;

function terminal(env: Record<string, string> = {}) {
  const said = { out: '', err: '' };
  return {
    said,
    terminal: {
      stdout: (text: string) => {
        said.out += text;
      },
      stderr: (text: string) => {
        said.err += text;
      },
      colour: false,
      screen: false,
      env,
      now: () => new Date(),
    },
  };
}

const flags = { systemNamespace: 'skald-system', format: 'markdown' } as const;

async function written(name: string | undefined, change: object, env: Record<string, string> = {}) {
  const { said, terminal: own } = terminal(env);
  const code = await transcriptMain(name, { ...flags, ...change }, signal, own);
  for (const url of [workerUrl, database.administratorUrl]) {
    expect(`${said.out}${said.err}`).not.toContain(new URL(url).password);
  }
  return { code, ...said };
}

describe('a transcript', () => {
  test('is written with the installation’s DSN, by the Tenant’s name, without a cluster', async () => {
    const env = { SKALD_DATABASE_URL: database.administratorUrl };
    const { code, out } = await written('friday', { tenant: 'acme' }, env);
    expect(code).toBe(0);
    expect(out).toContain('**Alice**: How is the ale?\n\n**Greta**: The ale is fine.\n');
    expect(await written('friday', { tenant: 'nobody' }, env)).toMatchObject({
      code: 1,
      err: 'skald: The database has no schema for a Tenant nobody.\n',
    });
  });

  test('is written with a tenant’s own DSN, which sees no list of tenants', async () => {
    const { code, out } = await written('friday', { format: 'text' }, { SKALD_DATABASE_URL: workerUrl });
    expect([code, out.split('\n')[0]]).toEqual([0, '2026-01-01 20:00:01  Alice: How is the ale?']);
  });

  test('is written with a kubeconfig that may read the Secret, into a file that is whole or not there', async () => {
    const output = join(folder, 'friday.json');
    const change = { kubeconfig: inject('kubeconfig'), namespace, format: 'json', output };
    expect(await written('friday', change)).toMatchObject({ code: 0, out: '' });
    expect(JSON.parse(await readFile(output, 'utf8'))).toMatchObject({
      session: { uid, name: 'friday' },
      segments: [{ speaker: { kind: 'player', name: 'Alice' } }, { speaker: { kind: 'npc', name: 'Greta' } }],
    });
    const nowhere = await written('friday', { ...change, output: join(folder, 'none', 'friday.json') });
    expect(nowhere.code).toBe(1);
    expect(await readdir(folder)).toEqual(['friday.json']);
  });

  test('that is not there is told, with names that are near; so is wrong usage, and a database that is away', async () => {
    const env = { SKALD_DATABASE_URL: workerUrl };
    expect(await written('fridai', {}, env)).toMatchObject({
      code: 1,
      err: 'skald: There is no transcript of a session fridai. Did you mean friday?\n',
    });
    // A recap has none of its own.
    expect((await written('friday-recap', {}, env)).code).toBe(1);
    expect((await written(undefined, {}, env)).code).toBe(2);
    expect((await written('friday', { databaseAddress: 'localhost' }, env)).code).toBe(2);
    const away = await written('friday', { databaseAddress: '127.0.0.1:1' }, env);
    expect(away.code).toBe(1);
    expect(away.err).toContain('--database-address');
    const foreign = { kubeconfig: inject('kubeconfig'), namespace: 'default' };
    expect((await written('friday', foreign)).err).toContain('There is no Secret default/skald-database');
  });
});

test('transcripts are listed, for people and for programs', async () => {
  const list = async (json: boolean) => {
    const { said, terminal: own } = terminal({ SKALD_DATABASE_URL: workerUrl });
    expect(await listMain({ ...flags, limit: '5', json }, signal, own)).toBe(0);
    return said.out;
  };
  const [header = '', row = '', ...rest] = (await list(false)).trimEnd().split('\n');
  expect(header).toMatch(/^NAME {4}CAMPAIGN {2}STARTED \(UTC\) {5}LASTED {2}SEGMENTS {2}ENDED$/);
  expect(row).toMatch(/^friday {2}village {3}2026-01-01 20:00 {2}- {7}2 {9}-$/);
  expect(rest).toEqual([]);
  expect(JSON.parse(await list(true))).toMatchObject({ sessions: [{ uid, name: 'friday', segments: 2 }] });
});
