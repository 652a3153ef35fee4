// A database of its own for a test file, on the server that the integration tests share.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** A statement as the superuser. */
  admin(sql: string, values?: readonly unknown[]): Promise<pg.QueryResultRow[]>;
}

/** Empty. */
export async function testDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env.SKALD_TEST_DATABASE_URL ?? inject('databaseUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await statement(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    admin: (sql, values) => statement(url.href, sql, values),
    [Symbol.asyncDispose]: async () => {
      await statement(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
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
