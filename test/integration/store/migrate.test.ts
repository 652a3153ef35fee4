import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../../src/store/migrate.ts';
import { migrateMain } from '../../../src/store/migrate-main.ts';
import { type TestDatabase, testDatabase } from './database.ts';

const tenantNames = ['0001_sessions', '0002_usage'];
const migrations = fileURLToPath(new URL('../../../src/store/migrations', import.meta.url));
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const tables = async (schema: string) =>
  (
    await database.admin(
      'SELECT table_name FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1',
      [schema],
    )
  ).map((row) => row.table_name);

test('a dry run names what would run and makes nothing, not even the schema', async () => {
  const names = await migrate({ url: database.url, schema: 'tenant_dry', set: 'tenant', dryRun: true });
  expect(names).toEqual(tenantNames);
  expect(await database.admin("SELECT 1 FROM pg_namespace WHERE nspname = 'tenant_dry'")).toEqual([]);
});

test('five that start at once: each migration runs once', async () => {
  const all = await Promise.all(
    Array.from({ length: 5 }, () => migrate({ url: database.url, schema: 'tenant_five', set: 'tenant' })),
  );
  expect(all.flat().sort()).toEqual(tenantNames);
  expect(await tables('tenant_five')).toEqual([
    'migrations',
    'session_counters',
    'sessions',
    'transcript_segments',
    'usage_records',
  ]);
});

test('a second run does nothing, and a dry run then names nothing', async () => {
  const options = { url: database.url, schema: 'tenant_twice', set: 'tenant' } as const;
  expect(await migrate(options)).toEqual(tenantNames);
  expect(await migrate(options)).toEqual([]);
  expect(await migrate({ ...options, dryRun: true })).toEqual([]);
});

test('every migration can be undone, the last one first, and done again', async () => {
  for (const [set, count] of [
    ['tenant', 2],
    ['shared', 1],
  ] as const) {
    const options = { url: database.url, schema: `down_${set}`, set };
    const up = await migrate(options);
    expect(up).toHaveLength(count);
    for (const name of up.toReversed()) {
      expect(await migrate({ ...options, direction: 'down' })).toEqual([name]);
    }
    expect(await tables(`down_${set}`)).toEqual(['migrations']);
    expect(await migrate(options)).toEqual(up);
  }
});

test('a migration that fails leaves nothing of the run behind and says what the database said', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  try {
    await cp(migrations, folder, { recursive: true });
    await writeFile(
      join(folder, 'tenant/0003_broken.sql'),
      '-- Up Migration\nCREATE TABLE sessions (x int);\n',
    );
    const attempt = migrate({ url: database.url, schema: 'tenant_broken', set: 'tenant', folder });
    await expect(attempt).rejects.toThrow(
      /Could not migrate the schema tenant_broken.*"sessions" already exists/,
    );
    expect(await tables('tenant_broken')).toEqual(['migrations']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('skald migrate brings the shared schema, existing tenants and named ones up to date', async () => {
  await database.admin('CREATE SCHEMA tenant_existing');
  const lines: string[] = [];
  const run = (dryRun: boolean) =>
    migrateMain({
      tenants: ['new-one'],
      dryRun,
      signal: AbortSignal.timeout(30_000),
      env: { SKALD_DATABASE_URL: database.url },
      print: (line) => lines.push(line),
    });
  expect(await run(true)).toBe(0);
  expect(lines).toContain('tenant_new_one: would apply 0001_sessions, 0002_usage');
  expect(await tables('skald')).toEqual([]);
  expect(await run(false)).toBe(0);
  for (const schema of ['tenant_existing', 'tenant_new_one']) {
    expect(lines).toContain(`${schema}: applied 0002_usage`);
  }
  expect(await tables('skald')).toEqual(['gateway_sessions', 'migrations']);
  expect(lines.join('\n')).not.toContain(new URL(database.url).password);
});
