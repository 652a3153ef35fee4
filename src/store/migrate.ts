// Brings one schema up to date. Imported by `skald migrate`, the operator and tests only: node-pg-migrate costs
// more to load than a worker may spend.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { storeError } from './database.ts';
import { type DatabaseUrl, parseDatabaseUrl, urlNow } from './dsn.ts';
import { StoreError } from './store-error.ts';

/** `tenant`: one schema for each Tenant. `shared`: the schema `skald`. */
export type MigrationSet = 'tenant' | 'shared';

export interface MigrateOptions {
  /** DSN of a role that may create the schema. Its own search_path does not matter. */
  readonly url: DatabaseUrl;
  readonly schema: string;
  readonly set: MigrationSet;
  /** Progress, a sentence at a time. */
  readonly log?: (message: string) => void;
  /** Changes nothing; says what would be run. @defaultValue false */
  readonly dryRun?: boolean;
  /** `down` undoes the last migration. @defaultValue up */
  readonly direction?: 'up' | 'down';
  /** @defaultValue the folder `migrations` next to this file */
  readonly folder?: string;
}

const TABLE = 'migrations';
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Runs what has not run yet, all in one transaction, and returns the names. Safe to call again and from many
 * programs at once: an advisory lock for the schema makes them wait for each other.
 * @throws {StoreError} with what the database said; nothing of a failed run remains. `SchemaNewer` as its code when
 * the schema has what this program does not know: nothing is run then.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { schema } = options;
  const url = urlNow(options.url);
  parseDatabaseUrl(url);
  if (!SCHEMA.test(schema)) throw new StoreError(`Not the name of a schema: ${JSON.stringify(schema)}.`);
  const folder = `${options.folder ?? fileURLToPath(new URL('./migrations', import.meta.url))}/${options.set}`;
  const client = new pg.Client({
    connectionString: url,
    application_name: 'skald-migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const todo = await pending(client, schema, folder);
    if (options.dryRun === true) return todo;
    // Whoever runs them meanwhile is waited for there.
    if (todo.length === 0 && options.direction !== 'down') {
      options.log?.(`${schema}: current`);
      return [];
    }
    return await run(client, folder, options);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw storeError(`migrate the schema ${schema}`, url, error);
  } finally {
    await client.end().catch(() => {});
  }
}

async function run(client: pg.Client, folder: string, options: MigrateOptions): Promise<readonly string[]> {
  const { schema, log, direction = 'up' } = options;
  const ran = await runner({
    dbClient: client,
    dir: folder,
    schema,
    createSchema: true,
    migrationsTable: TABLE,
    direction,
    ...(direction === 'down' ? { count: 1 } : {}),
    singleTransaction: true,
    checkOrder: true,
    advisoryLockMode: 'wait',
    lockValue: lockOf(schema),
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  const names = ran.map((migration) => migration.name);
  for (const name of names) log?.(`${schema}: ${direction === 'up' ? 'applied' : 'undid'} ${name}`);
  if (names.length === 0) log?.(`${schema}: current`);
  return names;
}

/** node-pg-migrate's own dry run creates the schema and its table; this only reads. */
async function pending(client: pg.Client, schema: string, folder: string): Promise<readonly string[]> {
  const known = await client.query('SELECT to_regclass($1) AS found', [`"${schema}"."${TABLE}"`]);
  const found = known.rows[0]?.found !== null;
  const rows = found ? (await client.query(`SELECT name FROM "${schema}"."${TABLE}" ORDER BY id`)).rows : [];
  const done = rows.map((row) => String(row.name));
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const names = files.map((file) => file.slice(0, -'.sql'.length));
  const unknown = done.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new StoreError(
      `The schema ${schema} is of a newer version than this program: it has ${unknown.join(', ')}. ` +
        'Run the newer version again, or restore the database from before it.',
      'SchemaNewer',
    );
  }
  return names.filter((name) => !done.includes(name));
}

/** Two schemas can be migrated at the same time; one cannot twice. 48 bits: a JavaScript number holds them. */
function lockOf(schema: string): number {
  return createHash('sha256').update(`skald/migrate/${schema}`).digest().readUIntBE(0, 6);
}
