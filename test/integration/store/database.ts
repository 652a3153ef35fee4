// A database of its own for a test file, on the server that the integration tests share.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** A statement as the superuser. */
  admin(sql: string, values?: readonly unknown[]): Promise<pg.QueryResultRow[]>;
}

export interface AdministeredDatabase extends TestDatabase {
  /** The administrator's DSN: no superuser, and not the owner of the database. */
  readonly administratorUrl: string;
  /** A statement as whoever the DSN names. */
  as(url: string, sql: string, values?: readonly unknown[]): Promise<pg.QueryResultRow[]>;
}

/** Empty, with the administrator that docs/operations.md asks for. */
export async function administeredDatabase(): Promise<AdministeredDatabase> {
  const database = await testDatabase();
  const url = new URL(database.url);
  const role = `admin_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const password = randomUUID();
  const name = url.pathname.slice(1);
  await database.admin(`CREATE ROLE ${role} LOGIN CREATEROLE PASSWORD '${password}'`);
  await database.admin(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await database.admin(`GRANT CREATE, CONNECT ON DATABASE ${name} TO ${role} WITH GRANT OPTION`);
  url.username = role;
  url.password = password;
  return {
    ...database,
    administratorUrl: url.href,
    as: statement,
    [Symbol.asyncDispose]: async () => {
      // The roles that it made belong to the server, not to the database.
      const made = await database.admin(
        `SELECT rolname FROM pg_roles JOIN pg_auth_members ON roleid = pg_roles.oid
         WHERE member = $1::regrole AND admin_option`,
        [role],
      );
      await database[Symbol.asyncDispose]();
      const server = process.env.SKALD_TEST_DATABASE_URL ?? inject('databaseUrl');
      const roles = [...made.map((row) => String(row.rolname)), role].map((one) => `"${one}"`);
      await statement(server, `DROP ROLE ${roles.join(', ')}`);
    },
  };
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
