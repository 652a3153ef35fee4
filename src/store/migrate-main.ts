// `skald migrate`: run to completion before an upgrade, or by hand.
import { z } from 'zod';
import { exitCodes } from '../api/exit-codes.ts';
import { tenantSchema } from '../api/names.ts';
import { ConfigurationError, loadSettings, readSecretFile } from '../settings/index.ts';
import { Database } from './database.ts';
import { describeDatabase, SHARED_SCHEMA } from './dsn.ts';
import { type MigrationSet, migrate } from './migrate.ts';
import { text } from './row.ts';
import { StoreError } from './store-error.ts';

export interface MigrateCommand {
  /** Tenants whose schema is migrated too, and made when it is not there. */
  readonly tenants: readonly string[];
  readonly dryRun: boolean;
  /** Looked at between two schemas; one that has begun is finished. */
  readonly signal: AbortSignal;
  /** @defaultValue process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @defaultValue a line on the standard output */
  readonly print?: (line: string) => void;
}

/** One of the two is needed; both name the database as a role that may create schemas. */
export const migrateSettings = z.object({
  /** Path of a file that holds the DSN. */
  databaseUrlFile: z.string().optional(),
  databaseUrl: z.string().optional(),
});

const TENANT = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** Migrates the shared schema, every tenant's schema that exists, and the named tenants'. Returns the exit code. */
export async function migrateMain(command: MigrateCommand): Promise<number> {
  const print = command.print ?? ((line: string) => void process.stdout.write(`${line}\n`));
  try {
    const url = await databaseUrl(command.env ?? process.env, command.tenants);
    print(`Migrating ${describeDatabase(url)}${command.dryRun ? ' (dry run: nothing is changed)' : ''}`);
    for (const [schema, set] of await schemas(url, command.tenants)) {
      command.signal.throwIfAborted();
      const { dryRun } = command;
      const names = await migrate({ url, schema, set, dryRun, log: print });
      if (dryRun) print(`${schema}: ${names.length === 0 ? 'current' : `would apply ${names.join(', ')}`}`);
    }
    return 0;
  } catch (error) {
    if (command.signal.aborted) return exitCodes.Terminated;
    process.stderr.write(`skald migrate: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof ConfigurationError) return exitCodes.ConfigurationError;
    return error instanceof StoreError && error.temporary ? exitCodes.Temporary : 1;
  }
}

async function databaseUrl(
  env: Readonly<Record<string, string | undefined>>,
  tenants: readonly string[],
): Promise<string> {
  const wrong = tenants.filter((tenant) => !TENANT.test(tenant));
  if (wrong.length > 0) {
    throw new ConfigurationError(
      wrong.map((name) => `--tenant ${JSON.stringify(name)}: not a Tenant's name`),
    );
  }
  const { SKALD_DATABASE_URL, SKALD_DATABASE_URL_FILE } = env;
  const settings = await loadSettings(migrateSettings, {
    env: { SKALD_DATABASE_URL, SKALD_DATABASE_URL_FILE },
  });
  if (settings.databaseUrlFile !== undefined) {
    return readSecretFile(settings.databaseUrlFile, 'the database URL');
  }
  if (settings.databaseUrl !== undefined) return settings.databaseUrl;
  throw new ConfigurationError(['SKALD_DATABASE_URL_FILE or SKALD_DATABASE_URL must name the database']);
}

async function schemas(
  url: string,
  tenants: readonly string[],
): Promise<readonly (readonly [schema: string, set: MigrationSet])[]> {
  const database = new Database({ url, applicationName: 'skald-migrate' });
  try {
    const rows = await database.query(
      'list the schemas',
      "SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'tenant\\_%' ORDER BY nspname",
    );
    const names = new Set([...rows.map((row) => text(row, 'name')), ...tenants.map(tenantSchema)]);
    return [[SHARED_SCHEMA, 'shared'], ...[...names].sort().map((name) => [name, 'tenant'] as const)];
  } finally {
    await database.close();
  }
}
