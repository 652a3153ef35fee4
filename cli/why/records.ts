// What the database knows, when the caller has its DSN. Nothing of it is printed.
import { tenantDatabaseUrl } from '../../src/store/dsn.ts';
import { findTenant } from '../../src/store/roles/registry.ts';
import { withSession } from '../../src/store/roles/session.ts';
import { SessionHistoryStore, type SessionRecord } from '../../src/store/session-history-store.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import type { Reading } from '../cluster/reading.ts';
import type { Seen, TenantFact } from './observation.ts';

/** The DSN of a role that may read the tenants' schemas. Secret. */
export interface DatabaseSource {
  readonly url: string;
}

/** Newest first; none without a DSN. What goes wrong is noted. */
export async function recordsOf(
  database: DatabaseSource | undefined,
  tenant: Seen<TenantFact>,
  session: { readonly namespace: string; readonly name: string; readonly gone: boolean },
  reading: Reading,
): Promise<readonly SessionRecord[]> {
  const what = 'the rows of the database';
  if (database === undefined) {
    // They add little to what the object says of itself.
    if (!session.gone) return [];
    const why = 'It was not said where the database is.';
    const how = 'Set SKALD_DATABASE_URL_FILE to a file with the DSN, where the database can be reached.';
    reading.note({ what, why, how });
    return [];
  }
  if (tenant.state !== 'there') return [];
  try {
    const entry = await withSession(
      'find the schema',
      { url: database.url, applicationName: 'skald-cli', statementTimeoutMs: 10_000 },
      (connection) => findTenant(connection, tenant.object.name),
    );
    if (entry === undefined) return [];
    const url = tenantDatabaseUrl(database.url, entry.schema);
    const store = new SessionHistoryStore({ url, applicationName: 'skald-cli', maxConnections: 1 });
    try {
      return await store.named(session.namespace, session.name);
    } finally {
      await store.close();
    }
  } catch (error) {
    reading.note({
      what,
      why: errorText(error),
      how: 'See whether the DSN is right and the database reachable from here.',
    });
    return [];
  }
}
