// One PostgreSQL for a test file: SKALD_TEST_DATABASE_URL, or one that is started and stopped here.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Postgres, startPostgres } from '../../../hack/postgres/index.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** A statement as the superuser. */
  admin(sql: string, values?: readonly unknown[]): Promise<pg.QueryResultRow[]>;
}

/** An empty database of its own on the server. */
export async function testDatabase(): Promise<TestDatabase> {
  const given = process.env.SKALD_TEST_DATABASE_URL;
  const server: Postgres | undefined = given === undefined ? await startPostgres() : undefined;
  const serverUrl = given ?? server?.url ?? '';
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await statement(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    admin: (sql, values) => statement(url.href, sql, values),
    [Symbol.asyncDispose]: async () => {
      await statement(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await server?.stop();
    },
  };
}

async function statement(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<pg.QueryResultRow>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
