// Two pods must never identify to Discord with one bot token: before a gateway does, it takes this lock.
// It is PostgreSQL's session-level advisory lock, so it ends with the connection that holds it; the connection
// is therefore its own and never goes through a pooler in transaction mode.
import pg from 'pg';
import { storeError } from './database.ts';
import { parseDatabaseUrl } from './dsn.ts';
import { StoreError } from './store-error.ts';

export interface BotLockOptions {
  readonly url: string;
  readonly applicationId: string;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
  /** Called once when another pod holds the lock and this one begins to wait. */
  readonly onWaiting?: () => void;
  /** How often the held connection is probed, milliseconds. Also how long an answer may take. @defaultValue 5000 */
  readonly heartbeatMs?: number;
}

export interface BotLock {
  /** Aborts, with a StoreError as its reason, when the lock may be another's: disconnect the bot at once. */
  readonly lost: AbortSignal;
  /** May be called twice; does not abort `lost`. */
  release(): Promise<void>;
}

/**
 * How soon the server lets go of a lock whose holder vanished without a word: about 20 s. A waiter that went away
 * is noticed within 5 s, so it never takes the lock after its end.
 */
const SERVER_SETTINGS = `
  SET tcp_keepalives_idle = 5;
  SET tcp_keepalives_interval = 5;
  SET tcp_keepalives_count = 3;
  SET client_connection_check_interval = '5s';
  SET statement_timeout = 0;
  SET idle_session_timeout = 0`;

const KEY = "hashtextextended('skald/bot/' || $1, 0)";

/** Waits until it holds the lock. Throws the signal's reason when aborted, StoreError when the database fails. */
export async function acquireBotLock(options: BotLockOptions): Promise<BotLock> {
  const { url, applicationId, signal } = options;
  signal.throwIfAborted();
  parseDatabaseUrl(url);
  const what = `lock the bot ${applicationId}`;
  const client = new pg.Client({
    connectionString: url.trim(),
    application_name: `skald-bot-lock ${applicationId}`,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // Also after release: a broken connection must not become an unhandled 'error' event.
  client.on('error', () => {});
  const giveUp = () => void client.end().catch(() => {});
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    await client.query(SERVER_SETTINGS);
    const tried = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${KEY}) AS held`, [
      applicationId,
    ]);
    if (tried.rows[0]?.held !== true) {
      options.onWaiting?.();
      await client.query(`SELECT pg_advisory_lock(${KEY})`, [applicationId]);
    }
    signal.throwIfAborted();
  } catch (error) {
    await client.end().catch(() => {});
    signal.throwIfAborted();
    throw storeError(what, url, error);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return hold(client, url, applicationId, options.heartbeatMs ?? 5_000);
}

function hold(client: pg.Client, url: string, applicationId: string, heartbeatMs: number): BotLock {
  const lost = new AbortController();
  let released = false;
  let probing = false;
  const lose = (error: unknown): void => {
    clearInterval(heartbeat);
    if (released || lost.signal.aborted) return;
    lost.abort(storeError(`keep the lock of the bot ${applicationId}`, url, error));
    // The server must not go on holding it for a connection that nobody believes in.
    void client.end().catch(() => {});
  };
  const heartbeat = setInterval(() => {
    // An answer that is overdue by one beat means a half-open connection.
    if (probing) return lose(new StoreError(`no answer within ${heartbeatMs} ms`, 'ETIMEDOUT'));
    probing = true;
    client.query('SELECT 1').then(() => {
      probing = false;
    }, lose);
  }, heartbeatMs);
  heartbeat.unref();
  client.on('error', lose);
  client.on('end', () => lose(new StoreError('the connection ended', 'ECONNRESET')));
  return {
    lost: lost.signal,
    release: async () => {
      released = true;
      clearInterval(heartbeat);
      await client.end().catch(() => {});
    },
  };
}
