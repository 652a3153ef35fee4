import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../../src/store/migrate.ts';
import { type MigratedSchema, migrateMain } from '../../../src/store/migrate-main.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { administeredDatabase, type TestDatabase, testDatabase } from './database.ts';

const migrations = fileURLToPath(new URL('../../../src/store/migrations', import.meta.url));
const namesOf = async (set: 'tenant' | 'shared') =>
  (await readdir(join(migrations, set))).map((file) => file.replace(/\.sql$/, '')).sort();
const tenantNames = await namesOf('tenant');
const lastName = tenantNames.at(-1) ?? '';
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

test('eight that start at once: each migration runs once', async () => {
  const all = await Promise.all(
    Array.from({ length: 8 }, () => migrate({ url: database.url, schema: 'tenant_eight', set: 'tenant' })),
  );
  expect(all.flat().sort()).toEqual(tenantNames);
  expect(await tables('tenant_eight')).toEqual(
    expect.arrayContaining([
      'migrations',
      'session_counters',
      'sessions',
      'transcript_segments',
      'usage_records',
    ]),
  );
});

test('a second run does nothing, and a dry run then names nothing', async () => {
  const options = { url: database.url, schema: 'tenant_twice', set: 'tenant' } as const;
  expect(await migrate(options)).toEqual(tenantNames);
  expect(await migrate(options)).toEqual([]);
  expect(await migrate({ ...options, dryRun: true })).toEqual([]);
});

test('every migration can be undone, the last one first, and done again', async () => {
  for (const set of ['tenant', 'shared'] as const) {
    const options = { url: database.url, schema: `down_${set}`, set };
    const up = await migrate(options);
    expect(up).toEqual(await namesOf(set));
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
      join(folder, 'tenant/9999_broken.sql'),
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

test('a schema of a newer version is left alone, with a word on what to do', async () => {
  const options = { url: database.url, schema: 'tenant_newer', set: 'tenant' } as const;
  await migrate(options);
  await database.admin("INSERT INTO tenant_newer.migrations (name, run_on) VALUES ('9999_later', now())");
  for (const dryRun of [true, false]) {
    await expect(migrate({ ...options, dryRun })).rejects.toMatchObject({
      code: 'SchemaNewer',
      message: expect.stringMatching(/tenant_newer is of a newer version.*9999_later.*Run the newer version/),
    });
  }
});

test('skald migrate brings the shared schema, every tenant’s and named ones up to date', async () => {
  await using own = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: own.administratorUrl });
  // Of before there was a registry; and one that another program made.
  await migrate({ url: own.administratorUrl, schema: 'tenant_former', set: 'tenant' });
  await migrate({ url: own.administratorUrl, schema: 'tenant_former', set: 'tenant', direction: 'down' });
  await own.admin('CREATE SCHEMA tenant_foreign');
  const { schema } = await administration.ensureTenant('known', undefined);
  await migrate({ url: own.administratorUrl, schema, set: 'tenant', direction: 'down' });
  const run = async (options: { dryRun?: boolean; json?: boolean }) => {
    const lines: string[] = [];
    const code = await migrateMain({
      tenants: ['new-one'],
      dryRun: options.dryRun ?? false,
      json: options.json ?? false,
      signal: AbortSignal.timeout(30_000),
      env: { SKALD_DATABASE_URL: own.administratorUrl },
      print: (line) => lines.push(line),
    });
    expect(lines.join('\n')).not.toContain(new URL(own.administratorUrl).password);
    return { code, lines };
  };
  const before = await own.admin('SELECT nspname FROM pg_namespace ORDER BY 1');
  const dry = await run({ dryRun: true });
  expect(dry.code).toBe(0);
  expect(dry.lines).toEqual([
    expect.stringContaining('dry run: nothing is changed'),
    'skald: current',
    `${schema}: would apply ${lastName}`,
    `tenant_former: would apply ${lastName}`,
    `t_new: would apply ${tenantNames.join(', ')}`,
  ]);
  expect(await own.admin('SELECT nspname FROM pg_namespace ORDER BY 1')).toEqual(before);
  const real = await run({ json: true });
  expect(real.code).toBe(0);
  const { schemas } = JSON.parse(real.lines.join('')) as { schemas: MigratedSchema[] };
  expect(schemas).toContainEqual({ schema, tenant: 'known', migrations: [lastName] });
  expect(schemas).toContainEqual({ schema: 'tenant_former', migrations: [lastName] });
  expect(schemas).toContainEqual(expect.objectContaining({ tenant: 'new-one', migrations: tenantNames }));
  expect(schemas).toHaveLength(4);
  expect((await run({})).lines.slice(1).every((line) => line.endsWith(': current'))).toBe(true);
  // A schema of before keeps its name when its Tenant is met.
  expect((await administration.ensureTenant('former', undefined)).schema).toBe('tenant_former');
});

test('eight processes of skald migrate at once', async () => {
  await using own = await administeredDatabase();
  const env = { ...process.env, SKALD_DATABASE_URL: own.administratorUrl };
  const program = fileURLToPath(new URL('../../../cli/skald.ts', import.meta.url));
  const ran = await Promise.all(
    Array.from({ length: 8 }, () =>
      promisify(execFile)(process.execPath, [program, 'migrate', '--tenant', 'one', '--json'], { env }),
    ),
  );
  const applied = ran.flatMap(({ stdout }) =>
    (JSON.parse(stdout) as { schemas: MigratedSchema[] }).schemas.flatMap(({ migrations }) => migrations),
  );
  expect(applied.toSorted()).toEqual([...(await namesOf('shared')), ...tenantNames].sort());
});
