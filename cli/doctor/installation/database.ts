// PostgreSQL: asked itself where the caller has its DSN, else by what the Tenants say.
import { describeDatabase, SHARED_SCHEMA } from '../../../src/store/dsn.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { hasRegistry, listTenants } from '../../../src/store/roles/registry.ts';
import { withSession } from '../../../src/store/roles/session.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { errorText } from '../../../src/telemetry/redact.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import type { Installation } from './context.ts';
import { fromTenants } from './tenants.ts';

const ID = 'database';

/** @param url secret; undefined: the caller has none */
export async function databaseChecks(
  url: string | undefined,
  { tenants }: Pick<Installation, 'tenants'>,
): Promise<Check[]> {
  const seen = fromTenants(ID, 'DatabaseReady', tenants);
  if (url === undefined) {
    const how =
      'Set SKALD_DATABASE_URL_FILE to a file with the operator’s DSN, where the database can be reached.';
    return [...seen, skipped(ID, 'Not asked itself: it was not said where the database is.', how)];
  }
  return [await askDatabase(url), ...seen];
}

async function askDatabase(url: string): Promise<Check> {
  try {
    const where = describeDatabase(url);
    const found = await withSession(
      'look at the database',
      { url, applicationName: 'skald-doctor' },
      async (session) => {
        const [row] = await session.query<{ version: string }>(
          "SELECT current_setting('server_version') AS version",
        );
        const known = (await hasRegistry(session)) ? await listTenants(session) : [];
        return { version: row?.version ?? '', known };
      },
    );
    const schemas = [
      { schema: SHARED_SCHEMA, set: 'shared' as const },
      ...found.known.map(({ schema }) => ({ schema, set: 'tenant' as const })),
    ];
    const behind: string[] = [];
    for (const { schema, set } of schemas) {
      const todo = await migrate({ url, schema, set, dryRun: true });
      if (todo.length > 0) behind.push(`${schema} (${todo.length})`);
    }
    const what = `PostgreSQL ${found.version} at ${where}`;
    return behind.length === 0
      ? ok(ID, `${what} answers; ${schemas.length} schemas are current.`)
      : warn(
          ID,
          `${what} answers; migrations are missing in ${behind.join(', ')}.`,
          'The operator runs them when it starts; see them with: skald migrate --dry-run',
        );
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail(ID, errorText(error), 'See whether the DSN is right and the database reachable from here.');
  }
}
