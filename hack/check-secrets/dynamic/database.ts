/** Everything in the database: all rows of all schemas, what is being asked, and the server's own log. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import type { Document } from './search.ts';

/** @param url of a superuser */
export async function database(url: string): Promise<Document[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ schema: string; name: string }>(
      `SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname <> 'information_schema'`,
    );
    const documents: Document[] = [];
    for (const { schema, name } of tables.rows) {
      const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
      if (rows.length === 0) continue;
      const text = rows.map(({ row }) => row).join('\n');
      documents.push({ place: 'database', name: `${schema}.${name}`, text });
    }
    const activity = await client.query<{ row: string }>('SELECT a::text AS row FROM pg_stat_activity a');
    const text = activity.rows.map(({ row }) => row).join('\n');
    documents.push({ place: 'database', name: 'pg_stat_activity', text });
    const directory = await client.query<{ data_directory: string }>('SHOW data_directory');
    const log = join(dirname(directory.rows[0]?.data_directory ?? ''), 'postgres.log');
    const lines = await readFile(log, 'utf8').catch(() => undefined);
    if (lines !== undefined) documents.push({ place: "PostgreSQL's log", name: log, text: lines });
    return documents;
  } finally {
    await client.end();
  }
}
