// What was said, for those who only read it: which sessions there were, and their segments page by page.
import type { Database, Row } from './database.ts';
import { number, optionalText, optionalTime, text, time } from './row.ts';
import { segmentOf, type TranscriptSegment } from './session-store.ts';

/** An evening at the table, as the database has it: it outlives the VoiceSession. */
export interface SessionSummary {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly campaign: string;
  readonly guildId: string;
  readonly startedAt: Date;
  /** Undefined: it runs, or its worker was lost. */
  readonly endedAt?: Date | undefined;
  readonly endReason?: string | undefined;
}

export interface SessionFilter {
  readonly namespace?: string | undefined;
  readonly guildId?: string | undefined;
  readonly campaign?: string | undefined;
}

/** Which words a transcript has: it changes when a segment is added, removed or erased. */
export interface TranscriptRevision {
  readonly revision: string;
  readonly segments: number;
}

/** Segments that are read at a time. */
const PAGE = 500;

export interface ReadingOptions {
  /** @defaultValue 500 */
  readonly pageSize?: number;
  /** Reads one page; may read it again when that failed. @defaultValue once */
  readonly attempt?: <T>(read: () => Promise<T>) => Promise<T>;
}

/** The segment after which the next page begins. The time as the database writes it, with its microseconds. */
interface Cursor {
  readonly at: string;
  readonly sequence: number;
}

const FILTER = `
  ($1::text IS NULL OR namespace = $1) AND ($2::text IS NULL OR guild_id = $2) AND ($3::text IS NULL OR campaign = $3)
  AND mode = 'Live'`;

/** Over the schema that the database's search_path names. Every method throws StoreError. */
export class TranscriptReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Sessions of which something was transcribed, the latest first. */
  async sessions(filter: SessionFilter, limit: number): Promise<readonly SessionSummary[]> {
    const rows = await this.#database.query(
      'list the sessions',
      `SELECT * FROM sessions WHERE ${FILTER}
         AND EXISTS (SELECT FROM transcript_segments WHERE session_uid = uid)
       ORDER BY started_at DESC LIMIT $4`,
      [...values(filter), limit],
    );
    return rows.map(summaryOf);
  }

  /** The session of this name; the latest one, where there were several. */
  async session(name: string, filter: SessionFilter): Promise<SessionSummary | undefined> {
    const [row] = await this.#database.query(
      `look for the session ${name}`,
      `SELECT * FROM sessions WHERE ${FILTER} AND name = $4 ORDER BY started_at DESC LIMIT 1`,
      [...values(filter), name],
    );
    return row === undefined ? undefined : summaryOf(row);
  }

  /** Everybody who is named in the transcript, characters first. */
  async speakers(
    sessionUid: string,
  ): Promise<readonly { readonly kind: 'player' | 'npc'; readonly name: string }[]> {
    const rows = await this.#database.query(
      `look who speaks in ${sessionUid}`,
      `SELECT DISTINCT speaker_kind, speaker_name FROM transcript_segments
       WHERE session_uid = $1 AND speaker_name <> '' AND text <> '' ORDER BY speaker_kind, speaker_name`,
      [sessionUid],
    );
    return rows.map((row) => ({
      kind: text(row, 'speaker_kind') === 'npc' ? 'npc' : 'player',
      name: text(row, 'speaker_name'),
    }));
  }

  async revision(sessionUid: string): Promise<TranscriptRevision> {
    const [row] = await this.#database.query(
      `look at the transcript of ${sessionUid}`,
      `SELECT count(*) AS segments, coalesce(max(sequence), 0) AS latest, coalesce(sum(length(text)), 0) AS characters
       FROM transcript_segments WHERE session_uid = $1`,
      [sessionUid],
    );
    if (row === undefined) return { revision: '0.0.0', segments: 0 };
    const [segments, latest, characters] = ['segments', 'latest', 'characters'].map((name) =>
      number(row, name),
    );
    return { revision: `${segments}.${latest}.${characters}`, segments: segments ?? 0 };
  }

  /**
   * In the order in which it was said, a page in memory at a time. What is added meanwhile comes in the end, unless it
   * was said earlier than what was read last.
   */
  async *segments(
    sessionUid: string,
    { pageSize = PAGE, attempt = (read) => read() }: ReadingOptions = {},
  ): AsyncGenerator<TranscriptSegment, void, undefined> {
    let after: Cursor | undefined;
    for (;;) {
      const rows = await attempt(() => this.#page(sessionUid, after, pageSize));
      for (const row of rows) yield segmentOf(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < pageSize) return;
      after = { at: text(last, 'cursor'), sequence: number(last, 'sequence') };
    }
  }

  #page(sessionUid: string, after: Cursor | undefined, size: number): Promise<readonly Row[]> {
    return this.#database.query(
      `read the transcript of ${sessionUid}`,
      `SELECT *, started_at::text AS cursor FROM transcript_segments
       WHERE session_uid = $1 AND ($2::timestamptz IS NULL OR (started_at, sequence) > ($2::timestamptz, $3::bigint))
       ORDER BY started_at, sequence LIMIT $4`,
      [sessionUid, after?.at ?? null, after?.sequence ?? null, size],
    );
  }
}

function values({ namespace, guildId, campaign }: SessionFilter): (string | null)[] {
  return [namespace ?? null, guildId ?? null, campaign ?? null];
}

function summaryOf(row: Row): SessionSummary {
  return {
    uid: text(row, 'uid'),
    namespace: text(row, 'namespace'),
    name: text(row, 'name'),
    campaign: text(row, 'campaign'),
    guildId: text(row, 'guild_id'),
    startedAt: time(row, 'started_at'),
    endedAt: optionalTime(row, 'ended_at'),
    endReason: optionalText(row, 'end_reason'),
  };
}
