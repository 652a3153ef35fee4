// Recaps that were written, in a tenant's schema.
import type { Database, Row } from './database.ts';
import { number, text, time } from './row.ts';

/** What a recap was made from, and by whom: another of any of these is another recap. */
export interface RecapKey {
  readonly sessionUid: string;
  /** Of the transcript (TranscriptReader.revision). */
  readonly revision: string;
  /** BCP 47 */
  readonly language: string;
  readonly model: string;
}

export interface Recap extends RecapKey {
  readonly text: string;
  /** How many segments it summarises. */
  readonly segments: number;
}

export interface StoredRecap extends Recap {
  readonly createdAt: Date;
}

export class RecapStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find({ sessionUid, revision, language, model }: RecapKey): Promise<StoredRecap | undefined> {
    const [row] = await this.#database.query(
      `look for a recap of ${sessionUid}`,
      'SELECT * FROM recaps WHERE session_uid = $1 AND revision = $2 AND language = $3 AND model = $4',
      [sessionUid, revision, language, model],
    );
    return row === undefined ? undefined : recapOf(row);
  }

  /** The last one in this language that was written, whatever was said since. */
  async latest(sessionUid: string, language: string): Promise<StoredRecap | undefined> {
    const [row] = await this.#database.query(
      `look for a recap of ${sessionUid}`,
      'SELECT * FROM recaps WHERE session_uid = $1 AND language = $2 ORDER BY created_at DESC LIMIT 1',
      [sessionUid, language],
    );
    return row === undefined ? undefined : recapOf(row);
  }

  /** The first one under a key stays. */
  async save({ sessionUid, revision, language, model, text: words, segments }: Recap): Promise<void> {
    await this.#database.query(
      `write the recap of ${sessionUid}`,
      `INSERT INTO recaps (session_uid, revision, language, model, text, segments)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [sessionUid, revision, language, model, words, segments],
    );
  }
}

function recapOf(row: Row): StoredRecap {
  return {
    sessionUid: text(row, 'session_uid'),
    revision: text(row, 'revision'),
    language: text(row, 'language'),
    model: text(row, 'model'),
    text: text(row, 'text'),
    segments: number(row, 'segments'),
    createdAt: time(row, 'created_at'),
  };
}
