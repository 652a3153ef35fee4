// What an NPC may remember of what was said before, found by its words, in the tenant's schema.
import type { Database, Row, Value } from './database.ts';
import { flag, text } from './row.ts';
import { SEARCH_LANGUAGES } from './transcript-search.ts';

export interface RecollectionRequest {
  /** Name of the NPC that remembers. */
  readonly npc: string;
  readonly namespace: string;
  readonly campaign: string;
  /** What one Discord server has played is not told on another. */
  readonly guildId: string;
  /** The session that runs. */
  readonly sessionUid: string;
  /** BCP 47; the rules by which words are compared. */
  readonly language: string;
  /** Any of these is looked for. Letters and digits only. */
  readonly words: readonly string[];
  /** User ids whose words are nobody's to remember. */
  readonly optedOut: readonly string[];
}

export interface RememberedLine {
  readonly kind: 'player' | 'npc';
  readonly speaker: string;
  readonly text: string;
  /** Said in the session that runs. */
  readonly thisSession: boolean;
}

export interface Recollections {
  /** What was said together, what fits best first; each in the order in which it was said. */
  readonly exchanges: readonly (readonly RememberedLine[])[];
  /** Of recaps, the passages that fit. */
  readonly recaps: readonly string[];
}

export const MOST_EXCHANGES = 6;
const MOST_RECAPS = 2;
/** Such a recap is given whole, characters. */
const SHORT_RECAP = 400;
/** A word that more lines have tells little; all words together are looked for, too. */
const MOST_OF_A_WORD = 300;
/** Lines that fit best, before those are left out that are nobody's to remember. */
const MOST_LOOKED_AT = 40;

/**
 * An NPC was in the room when it was of the cast as the session began, or spoke. What somebody else has said to an NPC goes
 * together with its answer; where one of them opted out or had the words erased, neither is remembered, nor is a recap that
 * was made of such words. Texts are found by the index, a bounded number for each word; ranking is for what is left.
 * OFFSET 0 keeps the planner from taking steps together: it would ask the index anew for each session, or read the table.
 */
const RECOLLECT = `
  WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery($1::regconfig, array_to_string($2::text[], ' or ')) AS query
  ), rooms AS MATERIALIZED (
    SELECT uid, started_at FROM sessions AS one
    WHERE namespace = $3 AND campaign = $4 AND guild_id = $5 AND mode = 'Live' AND (
      $6 = ANY (npcs) OR EXISTS (
        SELECT FROM transcript_segments WHERE session_uid = one.uid AND speaker_kind = 'npc' AND speaker_id = $6))
  ), candidates AS MATERIALIZED (
    SELECT DISTINCT found.id
    FROM asked, (
      SELECT plainto_tsquery($1::regconfig, word) AS one FROM unnest($2::text[]) AS word
      UNION ALL SELECT plainto_tsquery($1::regconfig, array_to_string($2::text[], ' '))
    ) AS each, LATERAL (
      SELECT id FROM (
        SELECT * FROM transcript_segments WHERE search @@ one OFFSET 0
      ) AS hit
      WHERE session_uid IN (SELECT uid FROM rooms) AND NOT (speaker_kind = 'player' AND speaker_id = ANY ($8))
      LIMIT ${MOST_OF_A_WORD}
    ) AS found
  ), ranked AS MATERIALIZED (
    SELECT s.id, s.session_uid, s.correlation_id, s.started_at, ts_rank(s.search, query) AS rank
    FROM asked, candidates JOIN transcript_segments AS s ON s.id = candidates.id
    ORDER BY rank DESC, s.started_at DESC LIMIT ${MOST_LOOKED_AT}
  ), best AS MATERIALIZED (
    SELECT * FROM ranked AS s
    WHERE NOT EXISTS (
      SELECT FROM transcript_segments AS other
      WHERE other.session_uid = s.session_uid AND other.correlation_id = s.correlation_id
        AND other.started_at BETWEEN s.started_at - interval '5 minutes' AND s.started_at + interval '5 minutes'
        AND other.speaker_kind = 'player' AND (other.speaker_id = ANY ($8) OR other.erased_at IS NOT NULL)
      OFFSET 0)
    ORDER BY rank DESC, s.started_at DESC LIMIT ${MOST_EXCHANGES}
  ), lines AS (
    SELECT DISTINCT ON (s.id) s.*, best.rank, coalesce(best.correlation_id, best.id::text) AS exchange
    FROM best, LATERAL (
      SELECT * FROM transcript_segments AS one
      WHERE one.session_uid = best.session_uid
        AND one.started_at BETWEEN best.started_at - interval '5 minutes' AND best.started_at + interval '5 minutes'
        AND (one.id = best.id OR one.correlation_id = best.correlation_id)
      OFFSET 0
    ) AS s
    WHERE s.text <> ''
    ORDER BY s.id, best.rank DESC
  ), told AS (
    SELECT DISTINCT ON (r.session_uid) r.text, ts_rank(to_tsvector($1::regconfig, r.text), query) AS rank
    FROM asked, recaps AS r JOIN rooms ON rooms.uid = r.session_uid
    WHERE to_tsvector($1::regconfig, r.text) @@ query
      AND NOT EXISTS (
        SELECT FROM transcript_segments AS s WHERE s.session_uid = r.session_uid AND s.speaker_kind = 'player'
          AND (s.speaker_id = ANY ($8) OR s.erased_at IS NOT NULL)
        OFFSET 0)
    ORDER BY r.session_uid, r.created_at DESC
  )
  SELECT 'line' AS what, exchange, max(rank) OVER (PARTITION BY exchange) AS rank, speaker_kind, speaker_name, text,
    session_uid = $7::uuid AS this_session, started_at, sequence
  FROM lines
  UNION ALL
  SELECT 'recap', '', rank, '', '', passage, false, NULL, 0 FROM (
    SELECT rank, CASE WHEN length(text) <= ${SHORT_RECAP} THEN text ELSE ts_headline($1::regconfig, text, query,
      'StartSel="", StopSel="", MaxFragments=2, MaxWords=50, MinWords=25, FragmentDelimiter=" … "') END AS passage
    FROM asked, told ORDER BY rank DESC LIMIT ${MOST_RECAPS}) AS passages
  ORDER BY rank DESC, exchange, started_at, sequence`;

/** @throws StoreError */
export async function recollect(database: Database, request: RecollectionRequest): Promise<Recollections> {
  if (request.words.length === 0) return { exchanges: [], recaps: [] };
  const values: Value[] = [
    `pg_catalog.${SEARCH_LANGUAGES[request.language.toLowerCase().split('-', 1)[0] ?? ''] ?? 'simple'}`,
    request.words,
    request.namespace,
    request.campaign,
    request.guildId,
    request.npc,
    request.sessionUid,
    request.optedOut,
  ];
  const rows = await database.query('look for what was said before', RECOLLECT, values);
  const exchanges = new Map<string, RememberedLine[]>();
  const recaps: string[] = [];
  for (const row of rows) {
    if (text(row, 'what') === 'recap') recaps.push(text(row, 'text'));
    else append(exchanges, text(row, 'exchange'), lineOf(row));
  }
  return { exchanges: [...exchanges.values()], recaps };
}

function append(exchanges: Map<string, RememberedLine[]>, exchange: string, line: RememberedLine): void {
  const lines = exchanges.get(exchange);
  if (lines === undefined) exchanges.set(exchange, [line]);
  else lines.push(line);
}

function lineOf(row: Row): RememberedLine {
  return {
    kind: text(row, 'speaker_kind') === 'npc' ? 'npc' : 'player',
    speaker: text(row, 'speaker_name'),
    text: text(row, 'text'),
    thisSession: flag(row, 'this_session'),
  };
}
