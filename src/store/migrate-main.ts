// `skald migrate`: run to completion before an upgrade, or by hand.
import { z } from 'zod';
import { exitCodes } from '../api/exit-codes.ts';
import { ConfigurationError, loadSettings, readSecretFile } from '../settings/index.ts';
import { describeDatabase, SHARED_SCHEMA } from './dsn.ts';
import { type MigrationSet, migrate } from './migrate.ts';
import { findTenant, hasRegistry, listFormer, listTenants, registerTenant } from './roles/registry.ts';
import { withSession } from './roles/session.ts';
import { StoreError } from './store-error.ts';

export interface MigrateCommand {
  /** Tenants whose schema is migrated too, and made when it is not there. */
  readonly tenants: readonly string[];
  readonly dryRun: boolean;
  /** One JSON object in the end instead of sentences. @defaultValue false */
  readonly json?: boolean;
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

/** What became of one schema. */
export interface MigratedSchema {
  readonly schema: string;
  /** Undefined: the shared schema, or one that no Tenant is known for. */
  readonly tenant?: string;
  /** Names of the migrations that were run; with `--dry-run`: that would be. */
  readonly migrations: readonly string[];
}

/** Migrates the shared schema, every tenant's schema that exists, and the named tenants'. Returns the exit code. */
export async function migrateMain(command: MigrateCommand): Promise<number> {
  const { dryRun, json = false } = command;
  const print = command.print ?? ((line: string) => void process.stdout.write(`${line}\n`));
  const say = json ? () => {} : print;
  try {
    const url = await databaseUrl(command.env ?? process.env, command.tenants);
    say(`Migrating ${describeDatabase(url)}${dryRun ? ' (dry run: nothing is changed)' : ''}`);
    const schemas: MigratedSchema[] = [];
    const one = async (schema: string, set: MigrationSet, tenant?: string): Promise<void> => {
      command.signal.throwIfAborted();
      const names = await migrate({ url, schema, set, dryRun, log: say });
      if (dryRun) say(`${schema}: ${names.length === 0 ? 'current' : `would apply ${names.join(', ')}`}`);
      schemas.push({ schema, ...(tenant === undefined ? {} : { tenant }), migrations: names });
    };
    // It says which the others are.
    await one(SHARED_SCHEMA, 'shared');
    for (const { schema, tenant } of await tenantSchemas(url, command)) await one(schema, 'tenant', tenant);
    if (json) print(JSON.stringify({ dryRun, schemas }));
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

interface TenantSchema {
  readonly schema: string;
  readonly tenant?: string;
}

/** A dry run on a database without a registry, or for a tenant that is in none, names what it cannot know yet. */
function tenantSchemas(url: string, { tenants, dryRun }: MigrateCommand): Promise<readonly TenantSchema[]> {
  return withSession('list the schemas', { url, applicationName: 'skald-migrate' }, async (session) => {
    const registered = await hasRegistry(session);
    const unknown: TenantSchema[] = [];
    for (const tenant of new Set(tenants)) {
      if (!dryRun) await registerTenant(session, tenant);
      else if (!registered || (await findTenant(session, tenant)) === undefined) {
        unknown.push({ tenant, schema: 't_new' });
      }
    }
    const known = registered ? await listTenants(session) : [];
    const former = await listFormer(session);
    const names = new Set(known.map(({ schema }) => schema));
    return [
      ...known.map(({ name, schema }) => ({ tenant: name, schema })),
      // Of before there was a registry: the operator enters it when it meets the Tenant.
      ...former.filter((schema) => !names.has(schema)).map((schema) => ({ schema })),
      ...unknown,
    ];
  });
}
