// What the database knows of sessions, for people who look back: read only.
import { Database, type DatabaseOptions, type Row } from './database.ts';
import { number, optionalText, text, time } from './row.ts';

/** A row of `sessions`, with what was written for it. */
export interface SessionRecord {
  readonly uid: string;
  readonly campaign: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly endReason?: string;
  /** Rows of the transcript of players, and of NPCs. */
  readonly utterances: number;
  readonly answers: number;
  /** When the last of them was written. */
  readonly lastSaidAt?: Date;
}

const SESSIONS = `
  SELECT s.uid::text AS uid, s.campaign, s.started_at, s.ended_at, s.end_reason,
         count(t.id) FILTER (WHERE t.speaker_kind = 'player') AS utterances,
         count(t.id) FILTER (WHERE t.speaker_kind = 'npc') AS answers,
         max(t.ended_at) AS last_said_at
  FROM sessions s LEFT JOIN transcript_segments t ON t.session_uid = s.uid
  WHERE s.namespace = $1 AND s.name = $2
  GROUP BY s.uid ORDER BY s.started_at DESC LIMIT 5`;

/** Rows of the schema that the URL's search_path names. Every method throws StoreError. */
export class SessionHistoryStore {
  readonly #database: Database;

  constructor(options: DatabaseOptions) {
    this.#database = new Database(options);
  }

  /** Newest first, at most five: a name can be used again. */
  async named(namespace: string, name: string): Promise<readonly SessionRecord[]> {
    const rows = await this.#database.query(`read the sessions ${namespace}/${name}`, SESSIONS, [
      namespace,
      name,
    ]);
    return rows.map(recordOf);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

function recordOf(row: Row): SessionRecord {
  const endReason = optionalText(row, 'end_reason');
  return {
    uid: text(row, 'uid'),
    campaign: text(row, 'campaign'),
    startedAt: time(row, 'started_at'),
    ...(row.ended_at === null ? {} : { endedAt: time(row, 'ended_at') }),
    ...(endReason === undefined ? {} : { endReason }),
    utterances: number(row, 'utterances'),
    answers: number(row, 'answers'),
    ...(row.last_said_at === null ? {} : { lastSaidAt: time(row, 'last_said_at') }),
  };
}
