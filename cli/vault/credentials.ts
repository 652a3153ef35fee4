import { join } from 'node:path';
import { UsageError } from './options.ts';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * The administrator's token: from the file that is named, else VAULT_TOKEN, else ~/.vault-token, which "vault login"
 * writes. Never from an argument, which every user of the machine can read.
 * @throws UsageError
 */
export async function adminToken(tokenFile: string | undefined, around: Surroundings): Promise<string> {
  if (tokenFile === undefined) {
    const fromEnvironment = around.env.VAULT_TOKEN?.trim();
    if (fromEnvironment) return fromEnvironment;
  }
  const path = tokenFile ?? join(around.home, '.vault-token');
  const text = await around.readFile(path).catch((error: unknown) => {
    if (tokenFile === undefined) {
      throw new UsageError(
        `No token: set VAULT_TOKEN, run "vault login" (${path} is not there), or give --token-file`,
      );
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`--token-file: ${path} cannot be read (${code})`);
  });
  if (text.trim() === '') throw new UsageError(`${path} is empty, but must hold a token`);
  return text.trim();
}
