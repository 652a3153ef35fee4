// Full-text search over what was said, in the tenant's schema.
import type { Database, Row, Value } from './database.ts';
import { number, optionalText, text, time } from './row.ts';

export interface SearchRequest {
  /** As people write it: words, "a phrase", -without, either or other. */
  readonly query: string;
  /** Only sessions of this Discord server. */
  readonly guildId: string;
  /** Part of a speaker's name. */
  readonly speaker?: string | undefined;
  /** A session's name, or its campaign's. */
  readonly session?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface SearchHit {
  readonly speaker: string;
  readonly speakerKind: 'player' | 'npc';
  readonly startedAt: Date;
  readonly session: string;
  readonly campaign: string;
  /** The text around what was found, in pieces. */
  readonly pieces: readonly { readonly text: string; readonly found: boolean }[];
}

export interface SearchResult {
  /** Of all, not of this page. */
  readonly total: number;
  readonly hits: readonly SearchHit[];
}

export interface SearchedSession {
  readonly name: string;
  readonly campaign: string;
  readonly startedAt: Date;
}

/** PostgreSQL's rules by language; the migration 0003 has the same. */
export const SEARCH_LANGUAGES: Readonly<Record<string, string>> = {
  da: 'danish',
  de: 'german',
  en: 'english',
  es: 'spanish',
  fi: 'finnish',
  fr: 'french',
  hu: 'hungarian',
  it: 'italian',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sv: 'swedish',
  tr: 'turkish',
};

/** Around what was found. No text has them: PostgreSQL would keep them, so they are taken out of it before. */
const OPEN = '\u0002';
const CLOSE = '\u0003';

/** Of a text that is shown whole, characters. */
const LONGEST = 400;

const LANGUAGE = "lower(split_part(coalesce(s.language, ''), '-', 1))";

/** What a row's language makes of it. */
function byLanguage(choose: (config: string) => string): string {
  const each = Object.entries(SEARCH_LANGUAGES).map(
    ([language, config]) => `WHEN '${language}' THEN ${choose(config)}`,
  );
  return `CASE ${LANGUAGE} ${each.join(' ')} ELSE ${choose('simple')} END`;
}

const CONFIG = byLanguage((config) => `'pg_catalog.${config}'::regconfig`);

const queryIn = (config: string): string => `websearch_to_tsquery('pg_catalog.${config}', $1)`;

/** Whatever any language finds: one condition, which the index answers. */
const CANDIDATES = `s.search @@ (${[...Object.values(SEARCH_LANGUAGES), 'simple'].map(queryIn).join(' || ')})`;

/**
 * Texts are looked at first, in steps that the planner keeps apart: it takes the index for rare words, and does not ask
 * each session for each word. Marks are made for the page alone: marking costs more than finding.
 */
export const SEARCH = `
  WITH matching AS MATERIALIZED (
    SELECT s.id, s.session_uid, s.started_at, s.sequence
    FROM transcript_segments AS s
    WHERE ${CANDIDATES}
      AND s.search @@ ${byLanguage(queryIn)}
      AND ($3::text IS NULL OR s.speaker_name ILIKE $3)
  ), found AS MATERIALIZED (
    SELECT matching.id, one.name, one.campaign, matching.started_at, matching.sequence
    FROM matching JOIN sessions AS one ON one.uid = matching.session_uid
    WHERE one.guild_id = $2 AND ($4::text IS NULL OR one.name = $4 OR one.campaign = $4)
  ), page AS (
    SELECT s.*, found.name, found.campaign
    FROM (SELECT * FROM found ORDER BY started_at DESC, sequence DESC LIMIT $5 OFFSET $6) AS found
    JOIN transcript_segments AS s ON s.id = found.id
  )
  SELECT (SELECT count(*) FROM found) AS total, s.speaker_name, s.speaker_kind, s.started_at, s.name, s.campaign,
    length(s.text) > ${LONGEST} AS long,
    ts_headline(${CONFIG}, translate(s.text, '${OPEN}${CLOSE}', ''), websearch_to_tsquery(${CONFIG}, $1),
      'StartSel="${OPEN}", StopSel="${CLOSE}", ' || CASE WHEN length(s.text) > ${LONGEST}
        THEN 'MaxFragments=2, MaxWords=40, MinWords=20, FragmentDelimiter=" … "' ELSE 'HighlightAll=true' END) AS headline
  FROM (SELECT 1) AS always LEFT JOIN page AS s ON true
  ORDER BY s.started_at DESC, s.sequence DESC`;

/** Every method throws StoreError. */
export class TranscriptSearch {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The latest first. */
  async search(request: SearchRequest): Promise<SearchResult> {
    const values: Value[] = [
      request.query,
      request.guildId,
      request.speaker === undefined ? null : `%${escapeLike(request.speaker)}%`,
      request.session ?? null,
      request.limit,
      request.offset,
    ];
    const rows = await this.#database.query('search the transcripts', SEARCH, values);
    const [first] = rows;
    return {
      total: first === undefined ? 0 : number(first, 'total'),
      hits: rows.filter((row) => optionalText(row, 'name') !== undefined).map(hitOf),
    };
  }

  /** Sessions whose name or campaign has the text in it, the latest first; at most 25. */
  async sessions(guildId: string, typed: string): Promise<readonly SearchedSession[]> {
    const rows = await this.#database.query(
      'list the sessions',
      `SELECT name, campaign, started_at FROM sessions
       WHERE guild_id = $1 AND mode = 'Live' AND (name ILIKE $2 OR campaign ILIKE $2) ORDER BY started_at DESC LIMIT 25`,
      [guildId, `%${escapeLike(typed)}%`],
    );
    return rows.map((row) => ({
      name: text(row, 'name'),
      campaign: text(row, 'campaign'),
      startedAt: time(row, 'started_at'),
    }));
  }

  /** Names of speakers that have the text in them; at most 25. */
  async speakers(guildId: string, typed: string): Promise<readonly string[]> {
    const rows = await this.#database.query(
      'list the speakers',
      `SELECT s.speaker_name FROM transcript_segments AS s JOIN sessions AS one ON one.uid = s.session_uid
       WHERE one.guild_id = $1 AND s.speaker_name <> '' AND s.speaker_name ILIKE $2
       GROUP BY s.speaker_name ORDER BY max(s.started_at) DESC LIMIT 25`,
      [guildId, `%${escapeLike(typed)}%`],
    );
    return rows.map((row) => text(row, 'speaker_name'));
  }
}

function hitOf(row: Row): SearchHit {
  return {
    speaker: text(row, 'speaker_name'),
    speakerKind: text(row, 'speaker_kind') === 'npc' ? 'npc' : 'player',
    startedAt: time(row, 'started_at'),
    session: text(row, 'name'),
    campaign: text(row, 'campaign'),
    pieces: piecesOf(row.long === true ? `… ${text(row, 'headline')} …` : text(row, 'headline')),
  };
}

function piecesOf(headline: string): SearchHit['pieces'] {
  return headline
    .split(OPEN)
    .flatMap((part, index) => {
      const [found = '', rest = ''] = index === 0 ? ['', part] : part.split(CLOSE);
      return [
        { text: found, found: true },
        { text: rest, found: false },
      ];
    })
    .filter((piece) => piece.text !== '');
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (char) => `\\${char}`);
}
