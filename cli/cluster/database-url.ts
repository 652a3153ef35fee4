import { readSecretFile } from '../../src/settings/index.ts';
import type { Terminal } from '../terminal.ts';

/** The DSN that the environment names, as for `skald migrate`; undefined when it names none. Secret. */
export async function databaseUrl({
  SKALD_DATABASE_URL: url,
  SKALD_DATABASE_URL_FILE: file,
}: Terminal['env']): Promise<string | undefined> {
  if (file) return await readSecretFile(file, 'the database URL');
  return url || undefined;
}
