import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from '../../../hack/postgres/index.ts';
import { identify } from '../../../hack/process/identity.ts';

async function query(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query(text)).rows[0];
  } finally {
    await client.end();
  }
}

test('PostgreSQL takes its own password and no other, and leaves nothing when it stops', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'skald-postgres-test-'));
  await chmod(dir, 0o755); // As root the server is another user.
  const postgres = await startPostgres({ dir });
  try {
    expect(await query(postgres.url, 'SELECT current_database() AS name')).toEqual({ name: 'skald' });
    const wrong = new URL(postgres.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  } finally {
    await postgres.stop();
  }
  expect(identify(postgres.pid)).toBeUndefined();
  expect(await readdir(dir)).toEqual([]);
  await rm(dir, { recursive: true });
});
