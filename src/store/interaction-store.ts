// What people asked on Discord, in a tenant's schema: each once, and its answer for as long as it can be told.
import type { Database, Row } from './database.ts';
import { flag, optionalText, text, time } from './row.ts';

export interface InteractionClaim {
  readonly id: string;
  readonly guildId: string;
  readonly userId: string;
  /** `session start`; of a button or a form `session:stop`. */
  readonly command: string;
  readonly correlationId: string;
  /** The process that answers it. */
  readonly holder: string;
}

/** running: not answered yet; answered: a text was shown; lost: Discord did not take it. */
export type InteractionState = 'running' | 'answered' | 'lost';

export interface InteractionOutcome {
  readonly state: InteractionState;
  /** The command itself failed. */
  readonly failed: boolean;
  /** The text that was shown, or was to be. */
  readonly result: string | undefined;
}

/** An interaction of the same person whose answer never arrived. */
export interface LostInteraction {
  readonly id: string;
  readonly command: string;
  readonly correlationId: string;
  /** Undefined: whoever answered it ended before it had one. */
  readonly result: string | undefined;
  readonly createdAt: Date;
}

export interface Claimed {
  /** false: it was claimed before. */
  readonly first: boolean;
  /** The latest that is not older than {@link TELL_MINUTES}. */
  readonly lost: LostInteraction | undefined;
}

/** How long a result can be told to whoever asked. */
export const TELL_MINUTES = 15;
/** How long a row is kept: longer than Discord, or anybody with a recorded request, can bring it again. */
export const KEEP_MINUTES = 60;

const CLAIM = `
  WITH mine AS (
    INSERT INTO interactions (id, guild_id, user_id, command, correlation_id, holder)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
  )
  SELECT EXISTS (SELECT FROM mine) AS first, lost.*
  FROM (SELECT) AS one LEFT JOIN LATERAL (
    SELECT id, command, correlation_id, result, created_at
    FROM interactions
    WHERE user_id = $3 AND guild_id = $2 AND id <> $1
      AND created_at > now() - make_interval(mins => ${TELL_MINUTES})
      AND (state = 'lost' OR (state = 'running' AND holder <> $6))
    ORDER BY created_at DESC LIMIT 1
  ) AS lost ON true`;

/** Every method throws StoreError. All writes can be repeated after an answer that never came. */
export class InteractionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of any number at once, in whichever processes, one is the first. */
  async claim(claim: InteractionClaim): Promise<Claimed> {
    const [row] = await this.#database.query(`claim the interaction ${claim.id}`, CLAIM, [
      claim.id,
      claim.guildId,
      claim.userId,
      claim.command,
      claim.correlationId,
      claim.holder,
    ]);
    return row === undefined
      ? { first: false, lost: undefined }
      : { first: flag(row, 'first'), lost: lostOf(row) };
  }

  /** What became of one that this holder has claimed. */
  async record(id: string, holder: string, outcome: InteractionOutcome): Promise<void> {
    await this.#database.query(
      `write what became of the interaction ${id}`,
      `UPDATE interactions SET state = $3, failed = $4, result = $5
       WHERE id = $1 AND holder = $2 AND state <> 'told'`,
      [id, holder, outcome.state, outcome.failed, outcome.result ?? null],
    );
  }

  /** The person has been told. */
  async told(id: string): Promise<void> {
    await this.#database.query(
      `note that the interaction ${id} was told`,
      "UPDATE interactions SET state = 'told' WHERE id = $1",
      [id],
    );
  }

  /** Removes what nobody needs any more. */
  async sweep(): Promise<void> {
    await this.#database.query(
      'remove old interactions',
      `DELETE FROM interactions WHERE created_at < now() - make_interval(mins => ${KEEP_MINUTES})`,
    );
  }
}

function lostOf(row: Row): LostInteraction | undefined {
  if (row.id === null) return undefined;
  return {
    id: text(row, 'id'),
    command: text(row, 'command'),
    correlationId: text(row, 'correlation_id'),
    result: optionalText(row, 'result'),
    createdAt: time(row, 'created_at'),
  };
}
