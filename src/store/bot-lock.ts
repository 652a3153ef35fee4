// Two pods must never identify to Discord with one bot token: before a gateway does, it takes this lock.
// It is PostgreSQL's session-level advisory lock, so it ends with the connection that holds it; the connection
// is therefore its own and never goes through a pooler in transaction mode.
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import pg from 'pg';
import { storeError } from './database.ts';
import { type DatabaseUrl, parseDatabaseUrl, urlNow } from './dsn.ts';
import { StoreError } from './store-error.ts';

export interface BotLockOptions {
  readonly url: DatabaseUrl;
  readonly applicationId: string;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
  /**
   * Names whoever takes the lock, 16 characters at most, never the same in two processes. What is left at the server
   * of an earlier connection of this holder (its end may not have been noticed there) is ended instead of waited for.
   * Unset: nothing is ended.
   */
  readonly holder?: string;
  /** Called once when another pod holds the lock and this one begins to wait. */
  readonly onWaiting?: () => void;
  /** How often the held connection is probed, milliseconds. Also how long an answer may take. @defaultValue 5000 */
  readonly heartbeatMs?: number;
}

export interface BotLock {
  /** Aborts, with a StoreError as its reason, when the lock may be another's: nobody may identify now. */
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

/** A role may end its own connections. */
const END_LEFTOVERS = `
  SELECT pg_terminate_backend(pid, $2) FROM pg_stat_activity
  WHERE application_name = $1 AND usename = current_user AND datname = current_database()
    AND pid <> pg_backend_pid()`;

const KEY = "hashtextextended('skald/bot/' || $1, 0)";

/** How long an attempt that does not wait for another holder may take, milliseconds. */
const ATTEMPT_MS = 15_000;
/** How long the server may take to end a connection, milliseconds; afterwards this side cuts it off. */
const GOODBYE_MS = 2_000;

/** Waits until it holds the lock. Throws the signal's reason when aborted, StoreError when the database fails. */
export async function acquireBotLock(options: BotLockOptions): Promise<BotLock> {
  const connection = await open(options, options.signal, async (client) => {
    if (await tryLock(client, options)) return;
    options.onWaiting?.();
    await client.query(`SELECT pg_advisory_lock(${KEY})`, [options.applicationId]);
  });
  return hold(connection, options);
}

/** As {@link acquireBotLock}, but undefined at once when another pod holds the lock. */
export async function tryBotLock(options: BotLockOptions): Promise<BotLock | undefined> {
  // Nothing here waits for anybody: a server that has gone silent must not keep the next attempt from being made.
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ATTEMPT_MS)]);
  let held = false;
  const connection = await open(options, signal, async (client) => {
    held = await tryLock(client, options);
  });
  if (held) return hold(connection, options);
  await connection.end();
  return undefined;
}

interface LockConnection {
  readonly client: pg.Client;
  /** The DSN that it was made with. */
  readonly url: string;
  /** Never rejects, and does not wait long for a server that does not answer. */
  end(): Promise<void>;
}

/** A connection of the lock's own, on which `lock` has run. */
async function open(
  options: BotLockOptions,
  signal: AbortSignal,
  lock: (client: pg.Client) => Promise<void>,
): Promise<LockConnection> {
  const { applicationId } = options;
  signal.throwIfAborted();
  const url = urlNow(options.url);
  parseDatabaseUrl(url);
  // Of our own, to be destroyed: pg's connect() never settles when its end() is called meanwhile, and end() waits for
  // the server.
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName(options),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    stream: () => socket,
  });
  // Also after release: a broken connection must not become an unhandled 'error' event.
  client.on('error', () => {});
  const giveUp = () => void socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    await client.query(SERVER_SETTINGS);
    await lock(client);
    signal.throwIfAborted();
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw storeError(`lock the bot ${applicationId}`, url, error);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return {
    client,
    url,
    end: async () => {
      const timer = setTimeout(giveUp, GOODBYE_MS);
      await client.end().catch(() => {});
      clearTimeout(timer);
    },
  };
}

async function tryLock(client: pg.Client, options: BotLockOptions): Promise<boolean> {
  const attempt = async (): Promise<boolean> => {
    const { rows } = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${KEY}) AS held`, [
      options.applicationId,
    ]);
    return rows[0]?.held === true;
  };
  if (await attempt()) return true;
  if (options.holder === undefined) return false;
  const ended = await client.query(END_LEFTOVERS, [applicationName(options), GOODBYE_MS]);
  return ended.rows.length > 0 && (await attempt());
}

/** Every role sees it: it tells nothing of whose bot it is. PostgreSQL keeps 63 bytes. */
function applicationName({ applicationId, holder = '' }: BotLockOptions): string {
  const whose = createHash('sha256').update(`${applicationId} ${holder}`).digest('hex');
  return `skald-bot-lock ${whose.slice(0, 32)}`;
}

function hold(connection: LockConnection, options: BotLockOptions): BotLock {
  const { client } = connection;
  const { applicationId, heartbeatMs = 5_000 } = options;
  const { url } = connection;
  const lost = new AbortController();
  let released = false;
  let probing = false;
  const lose = (error: unknown): void => {
    clearInterval(heartbeat);
    if (released || lost.signal.aborted) return;
    lost.abort(storeError(`keep the lock of the bot ${applicationId}`, url, error));
    // The server must not go on holding it for a connection that nobody believes in.
    void connection.end();
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
      await connection.end();
    },
  };
}
