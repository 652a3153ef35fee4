/** The tenant's database, when the session's Secret names one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSecretFile } from '../../src/settings/secret-file.ts';
import type { SessionStore } from '../../src/store/index.ts';

/** Undefined: the session runs without a transcript database. */
export function openSessionStore(sessionDirectory: string): (() => Promise<SessionStore>) | undefined {
  const path = join(sessionDirectory, 'database-url');
  if (!existsSync(path)) return undefined;
  return async () => {
    const url = await readSecretFile(path, 'the transcript database URL');
    const { SessionStore } = await import('../../src/store/session-store.ts');
    return new SessionStore({ url, applicationName: 'skald-worker' });
  };
}
