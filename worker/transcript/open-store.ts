/** The tenant's database, when the pod has its DSN. */
import type { Database, SessionStore } from '../../src/store/index.ts';
import { urlFromFile } from '../../src/store/url-file.ts';

/** @param path undefined: the session runs without a transcript database */
export function openSessionStore(path: string | undefined): (() => Promise<SessionStore>) | undefined {
  if (path === undefined) return undefined;
  return async () => {
    const { SessionStore } = await import('../../src/store/session-store.ts');
    // Each connection begins with what the file holds then: passwords change while a session runs.
    // A table is silent for longer than a pool waits, and who is asked then is to remember at once.
    return new SessionStore({ url: urlFromFile(path), applicationName: 'skald-worker', idleSeconds: 60 });
  };
}

/** For what a worker only reads, and for what it writes of it. @param path undefined: there is none */
export async function openDatabase(path: string | undefined): Promise<Database | undefined> {
  if (path === undefined) return undefined;
  const { Database } = await import('../../src/store/database.ts');
  return new Database({ url: urlFromFile(path), applicationName: 'skald-worker' });
}
