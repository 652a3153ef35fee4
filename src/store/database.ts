// One connection pool, with errors that say enough and not too much.
import pg from 'pg';
import { type DatabaseUrl, describeDatabase, parseDatabaseUrl, urlNow, withoutPassword } from './dsn.ts';
import { StoreError } from './store-error.ts';

export interface DatabaseOptions {
  readonly url: DatabaseUrl;
  /** What `pg_stat_activity` shows, for example `skald-worker`. */
  readonly applicationName: string;
  /** @defaultValue 2 */
  readonly maxConnections?: number;
  /** How long a connection that nobody uses stays open, seconds. @defaultValue 10 */
  readonly idleSeconds?: number;
  /** How long to wait for a connection, milliseconds. @defaultValue 5000 */
  readonly connectTimeoutMs?: number;
  /** How long one statement may take, milliseconds. @defaultValue 10000 */
  readonly statementTimeoutMs?: number;
  /** After how long a connection makes way for a new one, seconds: by then it is the current role's. @defaultValue 1800 */
  readonly connectionLifeSeconds?: number;
}

export type Value = string | number | boolean | Date | null | readonly string[];

/** Column values as the driver gives them: bigint is text. */
export type Row = Readonly<Record<string, unknown>>;

/** A pool on one database. The opener closes it. Connections are made when they are first needed. */
export class Database {
  readonly #url: DatabaseUrl;
  readonly #pool: pg.Pool;

  /** @throws {StoreError} when the URL cannot be read. */
  constructor(options: DatabaseOptions) {
    const { url } = options;
    parseDatabaseUrl(urlNow(url));
    this.#url = url;
    this.#pool = new pg.Pool({
      // Each connection begins with the DSN of its own time.
      Client: class extends pg.Client {
        constructor(config?: string | pg.ClientConfig) {
          super({ ...(typeof config === 'string' ? {} : config), connectionString: urlNow(url) });
        }
      },
      application_name: options.applicationName,
      max: options.maxConnections ?? 2,
      idleTimeoutMillis: 1000 * (options.idleSeconds ?? 10),
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      query_timeout: (options.statementTimeoutMs ?? 10_000) + 2_000,
      maxLifetimeSeconds: options.connectionLifeSeconds ?? 1_800,
      keepAlive: true,
    });
    // An idle connection that breaks leaves the pool; the next statement opens another or reports why it cannot.
    this.#pool.on('error', () => {});
  }

  /** @param what completes "could not …" in the error's message. */
  async query(what: string, sql: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    try {
      const result = await this.#pool.query<Row>(sql, [...values]);
      return result.rows;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw storeError(what, urlNow(this.#url), error);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** The driver's error as a StoreError. */
export function storeError(what: string, url: string, error: unknown): StoreError {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const said = `${reasonOf(error)}${HINTS[code ?? ''] ?? ''}`;
  return new StoreError(withoutPassword(`Could not ${what} in ${describeDatabase(url)}: ${said}`, url), code);
}

/** What the server says to whom it refuses, put so that somebody can act on it. */
const HINTS: Readonly<Record<string, string>> = {
  '53300':
    ' (the chart’s database.workerConnections and .gatewayConnections limit roles; max_connections the server)',
};

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
