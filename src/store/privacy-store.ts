// What a tenant's schema holds of one person, and the ends of it: opt-outs, what is shown, what is erased.
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import { number, optionalTime, text, time } from './row.ts';

/** What is stored of a person. */
export interface StoredOfPerson {
  readonly segments: number;
  readonly sessions: number;
  /** Undefined: nothing was said. */
  readonly firstAt: Date | undefined;
  readonly lastAt: Date | undefined;
  readonly feedback: number;
  /** Since when the person is not heard; undefined: the person is. */
  readonly optedOutAt: Date | undefined;
}

export interface OwnWords {
  readonly session: string;
  readonly at: Date;
  readonly text: string;
}

/** Most segments that are read for a person at once. */
export const MOST_WORDS = 50_000;

/**
 * One statement, so that all of it happens or nothing. A segment keeps its place, its times and whom it was for; who said
 * it and what was said is gone. In what others said in the same sessions, NPCs among them, the person's name is struck
 * out. Recaps were made of those words: they go, and are made anew by whoever wants one. So does the person's feedback.
 */
const ERASE = `
  WITH mine AS MATERIALIZED (
    SELECT id, session_uid, speaker_name FROM transcript_segments
    WHERE speaker_kind = 'player' AND speaker_id = $1
  ), names AS (
    SELECT session_uid, string_agg(DISTINCT regexp_replace(speaker_name, '([^[:alnum:][:space:]])', '\\\\\\1', 'g'), '|')
      AS pattern
    FROM mine WHERE speaker_name <> '' GROUP BY session_uid
  ), erased AS (
    UPDATE transcript_segments AS s SET text = '', speaker_id = '', speaker_name = '', erased_at = now()
    FROM mine WHERE s.id = mine.id
    RETURNING s.session_uid
  ), struck AS (
    UPDATE transcript_segments AS s
    SET text = regexp_replace(s.text, '(?<![[:alnum:]])(' || names.pattern || ')(?![[:alnum:]])', '…', 'gi')
    FROM names
    WHERE s.session_uid = names.session_uid AND s.id NOT IN (SELECT id FROM mine)
      AND s.text ~* ('(?<![[:alnum:]])(' || names.pattern || ')(?![[:alnum:]])')
  ), recapped AS (
    DELETE FROM recaps WHERE session_uid IN (SELECT session_uid FROM mine)
  ), rated AS (
    DELETE FROM feedback WHERE user_id = $1
  ), audited AS (
    INSERT INTO privacy_audit (action, salt, subject, segments) SELECT 'erase', $2, $3, count(*) FROM erased
  )
  SELECT count(*) AS segments, count(DISTINCT session_uid) AS sessions FROM erased`;

const OVERVIEW = `
  SELECT count(*) AS segments, count(DISTINCT session_uid) AS sessions, min(started_at) AS first_at,
    max(started_at) AS last_at,
    (SELECT count(*) FROM feedback WHERE user_id = $1) AS feedback,
    (SELECT opted_out_at FROM privacy_opt_outs WHERE user_id = $1) AS opted_out_at
  FROM transcript_segments WHERE speaker_kind = 'player' AND speaker_id = $1`;

type Action = 'optout' | 'optin' | 'show';

/** Every method throws StoreError. */
export class PrivacyStore {
  readonly #database: Pick<Database, 'query'>;

  constructor(database: Pick<Database, 'query'>) {
    this.#database = database;
  }

  /** User ids of all who are not to be heard. */
  async optOuts(): Promise<ReadonlySet<string>> {
    const rows = await this.#database.query(
      'read who does not want to be heard',
      'SELECT user_id FROM privacy_opt_outs',
    );
    return new Set(rows.map((row) => text(row, 'user_id')));
  }

  /** @returns false: it was so already */
  async optOut(userId: string): Promise<boolean> {
    return await this.#change(
      'optout',
      userId,
      'INSERT INTO privacy_opt_outs (user_id) VALUES ($1) ON CONFLICT DO NOTHING',
    );
  }

  /** @returns false: it was so already */
  async optIn(userId: string): Promise<boolean> {
    return await this.#change('optin', userId, 'DELETE FROM privacy_opt_outs WHERE user_id = $1');
  }

  async overview(userId: string): Promise<StoredOfPerson> {
    const [row] = await this.#database.query('read what is stored of a person', OVERVIEW, [userId]);
    if (row === undefined) throw new Error('a count has a row');
    return {
      segments: number(row, 'segments'),
      sessions: number(row, 'sessions'),
      firstAt: optionalTime(row, 'first_at'),
      lastAt: optionalTime(row, 'last_at'),
      feedback: number(row, 'feedback'),
      optedOutAt: optionalTime(row, 'opted_out_at'),
    };
  }

  /** What the person said, oldest first, at most {@link MOST_WORDS}. That it was shown is kept. */
  async words(userId: string): Promise<readonly OwnWords[]> {
    const rows = await this.#database.query(
      'read what a person said',
      `SELECT s.name AS session, t.started_at, t.text
       FROM transcript_segments AS t JOIN sessions AS s ON s.uid = t.session_uid
       WHERE t.speaker_kind = 'player' AND t.speaker_id = $1
       ORDER BY t.started_at, t.sequence LIMIT $2`,
      [userId, MOST_WORDS],
    );
    await this.#audit('show', userId, rows.length);
    return rows.map((row) => ({
      session: text(row, 'session'),
      at: time(row, 'started_at'),
      text: text(row, 'text'),
    }));
  }

  /** For good. Again is safe. */
  async erase(userId: string): Promise<{ readonly segments: number; readonly sessions: number }> {
    const { salt, subject } = pseudonym(userId);
    const [row] = await this.#database.query('erase what a person said', ERASE, [userId, salt, subject]);
    return row === undefined
      ? { segments: 0, sessions: 0 }
      : { segments: number(row, 'segments'), sessions: number(row, 'sessions') };
  }

  async #change(action: 'optout' | 'optin', userId: string, sql: string): Promise<boolean> {
    const { salt, subject } = pseudonym(userId);
    const rows = await this.#database.query(
      'keep whether a person is heard',
      `WITH changed AS (${sql} RETURNING user_id), audited AS (
         INSERT INTO privacy_audit (action, salt, subject) SELECT $2, $3, $4 FROM changed
       ) SELECT FROM changed`,
      [userId, action, salt, subject],
    );
    return rows.length > 0;
  }

  async #audit(action: Action, userId: string, segments: number): Promise<void> {
    const { salt, subject } = pseudonym(userId);
    await this.#database.query(
      'keep that something was shown',
      'INSERT INTO privacy_audit (action, salt, subject, segments) VALUES ($1, $2, $3, $4)',
      [action, salt, subject, segments],
    );
  }
}

/** Another one each time: two rows of one person look like those of two. */
function pseudonym(userId: string): { readonly salt: string; readonly subject: string } {
  const salt = randomBytes(16).toString('hex');
  return { salt, subject: createHash('sha256').update(`${salt}${userId}`).digest('hex') };
}
