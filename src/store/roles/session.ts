// One connection of the administrator's, for statements that belong together.
import pg from 'pg';
import { storeError } from '../database.ts';
import { type DatabaseUrl, parseDatabaseUrl, urlNow } from '../dsn.ts';
import { StoreError } from '../store-error.ts';

export interface Session {
  query<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** Runs it between BEGIN and COMMIT; a failure undoes all of it. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** What the server warned of since the last time that this was asked. */
  warnings(): string[];
}

/** GRANT … WITH INHERIT, SET came with 16, and with it that CREATEROLE reaches only roles of one's own. */
const OLDEST = 160_000;

export interface SessionOptions {
  readonly url: DatabaseUrl;
  /** What pg_stat_activity shows. */
  readonly applicationName: string;
  /** One statement, milliseconds. @defaultValue 30000 */
  readonly statementTimeoutMs?: number;
}

/**
 * @param what completes "could not …"
 * @throws {StoreError} `PostgresTooOld` as its code when the server is older than 16
 */
export async function withSession<T>(
  what: string,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const url = urlNow(options.url);
  parseDatabaseUrl(url);
  const timeout = options.statementTimeoutMs ?? 30_000;
  const client = new pg.Client({
    connectionString: url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    statement_timeout: timeout,
    query_timeout: timeout + 2_000,
    // Whoever holds a table for longer holds up nobody else: the next check tries again.
    lock_timeout: 10_000,
    keepAlive: true,
  });
  client.on('error', () => {});
  const warned: string[] = [];
  client.on('notice', ({ severity, message }) => {
    if (severity === 'WARNING' && message !== undefined) warned.push(message);
  });
  const query = async <R extends object>(sql: string, values: readonly unknown[] = []): Promise<R[]> =>
    (await client.query<R>(sql, [...values])).rows;
  try {
    await client.connect();
    const [version] = await query<{ number: number; text: string }>(
      "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text",
    );
    if (version !== undefined && version.number < OLDEST) {
      throw new StoreError(`PostgreSQL 16 or newer is needed; this is ${version.text}.`, 'PostgresTooOld');
    }
    return await work({
      query,
      warnings: () => warned.splice(0),
      transaction: async (inner) => {
        await client.query('BEGIN');
        try {
          const result = await inner();
          await client.query('COMMIT');
          return result;
        } catch (error) {
          await client.query('ROLLBACK').catch(() => {});
          throw error;
        }
      },
    });
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw storeError(what, url, error);
  } finally {
    await client.end().catch(() => {});
  }
}
