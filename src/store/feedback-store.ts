// What people think of a session, in the tenant's schema.
import type { Database } from './database.ts';
import { flag, text, time } from './row.ts';

/** Each from 1, bad, to 5, very good. */
export interface Ratings {
  /** How the voices sound. */
  readonly voice: number;
  /** Whether the NPCs understood what was said. */
  readonly understanding: number;
  /** Whether they stayed who they are. */
  readonly character: number;
  /** How soon they answered. */
  readonly speed: number;
}

export interface Feedback {
  readonly sessionUid: string;
  /** Discord user id. */
  readonly userId: string;
  readonly ratings: Ratings;
  readonly comment?: string | undefined;
  /** Of the command that gave it. */
  readonly correlationId?: string | undefined;
}

// Without the session's row there is nothing that it could belong to: no row is written, and none returned.
const SAVE = `
  INSERT INTO feedback AS f (session_uid, user_id, voice_rating, understanding_rating, character_rating,
    speed_rating, comment, correlation_id)
  SELECT uid, $2::text, $3::smallint, $4::smallint, $5::smallint, $6::smallint, $7::text, $8::text
  FROM sessions WHERE uid = $1
  ON CONFLICT (session_uid, user_id) DO UPDATE SET
    voice_rating = excluded.voice_rating,
    understanding_rating = excluded.understanding_rating,
    character_rating = excluded.character_rating,
    speed_rating = excluded.speed_rating,
    comment = excluded.comment,
    correlation_id = excluded.correlation_id,
    given_at = excluded.given_at
  RETURNING f.xmax = 0 AS added`;

/** A session as the database knows it. */
export interface KnownSession {
  readonly uid: string;
  readonly campaign: string;
  readonly startedAt: Date;
}

export class FeedbackStore {
  readonly #database: Pick<Database, 'query'>;

  constructor(database: Pick<Database, 'query'>) {
    this.#database = database;
  }

  /** The session that began last on a Discord server. @throws {StoreError} */
  async lastSession(guildId: string): Promise<KnownSession | undefined> {
    const [row] = await this.#database.query(
      `find the last session on server ${guildId}`,
      `SELECT uid, campaign, started_at FROM sessions
       WHERE guild_id = $1 AND voice_channel_id <> '' ORDER BY started_at DESC LIMIT 1`,
      [guildId],
    );
    if (row === undefined) return undefined;
    return { uid: text(row, 'uid'), campaign: text(row, 'campaign'), startedAt: time(row, 'started_at') };
  }

  /**
   * One of each person and session: another one takes its place.
   * @returns `unknown`: the database has no such session. @throws {StoreError}
   */
  async save(feedback: Feedback): Promise<'added' | 'replaced' | 'unknown'> {
    const { sessionUid, userId, ratings, comment, correlationId } = feedback;
    const [row] = await this.#database.query(`keep feedback on the session ${sessionUid}`, SAVE, [
      sessionUid,
      userId,
      ratings.voice,
      ratings.understanding,
      ratings.character,
      ratings.speed,
      comment ?? null,
      correlationId ?? null,
    ]);
    if (row === undefined) return 'unknown';
    return flag(row, 'added') ? 'added' : 'replaced';
  }
}
