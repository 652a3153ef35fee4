// What a gateway keeps to RESUME a bot's Discord connection in another pod. Schema skald.
import { Database, type DatabaseOptions } from './database.ts';
import { SHARED_SCHEMA } from './dsn.ts';
import { number, optionalText, text } from './row.ts';

/** @discordjs/ws' SessionInfo, and what belongs to it. */
export interface GatewaySession {
  readonly shardId: number;
  readonly shardCount: number;
  readonly sessionId: string;
  readonly resumeURL: string;
  readonly sequence: number;
  /** What was known of the shard's guilds at `sequence`. */
  readonly snapshot?: string | undefined;
}

const TABLE = `${SHARED_SCHEMA}.gateway_sessions`;

/** What of the table this role may see: all of it, one application's rows, or nothing (migrations/shared/0002). */
export class GatewaySessionStore {
  readonly #database: Database;

  constructor(options: DatabaseOptions) {
    this.#database = new Database(options);
  }

  async read(applicationId: string, shardId: number): Promise<GatewaySession | undefined> {
    const [row] = await this.#database.query(
      `read the Discord session of ${applicationId}`,
      `SELECT * FROM ${TABLE} WHERE application_id = $1 AND shard_id = $2`,
      [applicationId, shardId],
    );
    if (row === undefined) return undefined;
    return {
      shardId: number(row, 'shard_id'),
      shardCount: number(row, 'shard_count'),
      sessionId: text(row, 'session_id'),
      resumeURL: text(row, 'resume_url'),
      sequence: number(row, 'sequence'),
      snapshot: optionalText(row, 'snapshot'),
    };
  }

  /** Without a snapshot, the one that is there already goes on counting: nothing of it has changed. */
  async write(applicationId: string, session: GatewaySession): Promise<void> {
    await this.#database.query(
      `keep the Discord session of ${applicationId}`,
      `INSERT INTO ${TABLE} AS kept
         (application_id, shard_id, shard_count, session_id, resume_url, sequence, snapshot)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (application_id, shard_id) DO UPDATE SET
         shard_count = excluded.shard_count, session_id = excluded.session_id,
         resume_url = excluded.resume_url, sequence = excluded.sequence,
         snapshot = coalesce(excluded.snapshot, kept.snapshot), updated_at = now()`,
      [
        applicationId,
        session.shardId,
        session.shardCount,
        session.sessionId,
        session.resumeURL,
        session.sequence,
        session.snapshot ?? null,
      ],
    );
  }

  /** After Discord said that the session is over. */
  async forget(applicationId: string, shardId: number): Promise<void> {
    await this.#database.query(
      `forget the Discord session of ${applicationId}`,
      `DELETE FROM ${TABLE} WHERE application_id = $1 AND shard_id = $2`,
      [applicationId, shardId],
    );
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
