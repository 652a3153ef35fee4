// Whether a DSN lets its role in: the only way to compare a password for who is no superuser.
import pg from 'pg';
import { storeError } from '../database.ts';

/** `unknown`: the server refused for another reason than the password, such as pg_hba.conf. */
export type LoginAttempt = 'works' | 'refused' | 'unknown';

/** @throws {StoreError} when the server is not reached */
export async function tryLogin(url: string): Promise<LoginAttempt> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'skald-controller',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return 'works';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === '28P01') return 'refused';
    // The password is looked at before the number of connections.
    if (code === '53300') return 'works';
    if (code.startsWith('28') || code === '42501') return 'unknown';
    throw storeError('try the password of a role', url, error);
  } finally {
    await client.end().catch(() => {});
  }
}
