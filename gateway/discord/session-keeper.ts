/**
 * Keeps a bot's session with Discord in PostgreSQL, so that another process can resume it: after a change, and once more
 * when the bot is closed. What is lost when a process is killed in between, Discord tells again.
 */
import { createHash } from 'node:crypto';
import type { SessionInfo } from '@discordjs/ws';
import type { GatewaySession } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';

/** GatewaySessionStore. */
export interface SessionStore {
  read(applicationId: string, shardId: number): Promise<GatewaySession | undefined>;
  write(applicationId: string, session: GatewaySession): Promise<void>;
  forget(applicationId: string, shardId: number): Promise<void>;
}

export interface SessionKeeperOptions {
  readonly applicationId: string;
  readonly store: SessionStore;
  readonly clock: { setTimeout(callback: () => void, delayMs: number): { cancel(): void } };
  readonly log: Logger;
  /** Whether this process is the one that may: another one may have taken the bot over. */
  readonly mayWrite: () => boolean;
  /** Of the shards that have one, with the number of the last dispatch that the cache has seen. */
  readonly sessions: () => readonly SessionInfo[];
  /** What the cache knows of a shard's guilds now. */
  readonly snapshot: (shardId: number) => string;
}

/** How long after a change it is written, milliseconds. */
export const KEEP_AFTER_MS = 2_000;

export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  /** By shard: what the stored snapshot is of. */
  readonly #kept = new Map<number, string>();
  #timer: { cancel(): void } | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failing = false;
  #closed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  /** Something was dispatched. */
  changed(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, KEEP_AFTER_MS);
  }

  /** @param last what becomes of the session: `keep`, another process resumes it; `forget`, Discord is told good-bye */
  async close(last: 'keep' | 'forget'): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    if (last === 'keep') this.#write();
    else this.#forget();
    await this.#writing;
  }

  #write(): void {
    const { applicationId, store, sessions, snapshot } = this.#options;
    // Taken together and now: a dispatch may change both while the database answers.
    const taken = sessions().map((session) => ({ session, snapshot: snapshot(session.shardId) }));
    this.#queue(async () => {
      for (const { session, snapshot } of taken) {
        const hash = createHash('sha256').update(`${session.sessionId} ${snapshot}`).digest('base64');
        const same = this.#kept.get(session.shardId) === hash;
        await store.write(applicationId, { ...session, snapshot: same ? undefined : snapshot });
        this.#kept.set(session.shardId, hash);
      }
    });
  }

  #forget(): void {
    const { applicationId, store } = this.#options;
    const shards = new Set([0, ...this.#kept.keys()]);
    this.#queue(async () => {
      for (const shardId of shards) await store.forget(applicationId, shardId);
    });
  }

  /** One after the other; a failure costs a RESUME at the worst. */
  #queue(work: () => Promise<void>): void {
    const { log, mayWrite } = this.#options;
    this.#writing = this.#writing
      .then(async () => {
        if (!mayWrite()) return;
        await work();
        this.#failing = false;
      })
      .catch((error: unknown) => {
        if (!this.#failing) log.warn({ err: error }, 'The session with Discord is not kept for a restart');
        this.#failing = true;
        this.#kept.clear();
      });
  }
}

/** What an earlier process kept, of all shards or, when one is missing, of none. */
export async function keptSessions(
  store: SessionStore,
  applicationId: string,
): Promise<readonly GatewaySession[]> {
  const first = await store.read(applicationId, 0);
  if (first === undefined) return [];
  const sessions = [first];
  for (let shardId = 1; shardId < first.shardCount; shardId += 1) {
    const next = await store.read(applicationId, shardId);
    if (next === undefined || next.shardCount !== first.shardCount) return [];
    sessions.push(next);
  }
  return sessions;
}
