// A tenant's schema, as a worker and the commands that read transcripts use it.
import { Database, type DatabaseOptions, type Row, type Value } from './database.ts';
import { type RecollectionRequest, type Recollections, recollect } from './recollections.ts';
import { flag, number, optionalText, text, texts, time } from './row.ts';

export interface SessionRow {
  /** metadata.uid of the VoiceSession. */
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly campaign: string;
  /** @defaultValue Live */
  readonly mode?: 'Live' | 'Recap' | undefined;
  readonly guildId: string;
  readonly voiceChannelId?: string | undefined;
  readonly startedAt: Date;
  /** Names of the NPCs that are in the room. @defaultValue none */
  readonly npcs?: readonly string[] | undefined;
}

export interface TranscriptSegment {
  /** UUID that the writer chooses: appending it twice writes it once. */
  readonly id: string;
  readonly sessionUid: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly speakerKind: 'player' | 'npc';
  /** A player's Discord user id, an NPC's name. */
  readonly speakerId: string;
  readonly speakerName: string;
  /** Of an NPC: what was really heard. */
  readonly text: string;
  readonly language?: string | undefined;
  /** The NPC that a player's words were for. */
  readonly addressedNpc?: string | undefined;
  /** A player cut the NPC short. @defaultValue false */
  readonly interrupted?: boolean | undefined;
  /** Shared by all segments of one turn. */
  readonly correlationId?: string | undefined;
  readonly buildSha?: string | undefined;
  readonly models?: readonly string[] | undefined;
  readonly configRevision?: string | undefined;
  /** Its speaker had it erased: who it was and what was said is gone. @defaultValue false */
  readonly erased?: boolean | undefined;
}

export interface Counters {
  readonly utterances: number;
  readonly replies: number;
  readonly bargeIns: number;
  readonly sttSeconds: number;
  readonly llmTokens: number;
  readonly ttsCharacters: number;
  readonly spendUSD: number;
}

/** Whom a record's units and spend went to. */
export interface UsedProvider {
  /** Its units are seconds of audio (stt), tokens read and written (llm), characters (tts). */
  readonly role: 'stt' | 'llm' | 'tts';
  /** The wire protocol, for example `openai`. */
  readonly kind: string;
  readonly model: string;
}

/** What was used since the last record; what is missing is 0. */
export interface UsageRecord extends Partial<Counters> {
  /** UUID that the writer chooses: adding it twice counts once. */
  readonly id: string;
  readonly sessionUid: string;
  /** Undefined: no provider was used. */
  readonly provider?: UsedProvider | undefined;
}

export const noCounters: Counters = {
  utterances: 0,
  replies: 0,
  bargeIns: 0,
  sttSeconds: 0,
  llmTokens: 0,
  ttsCharacters: 0,
  spendUSD: 0,
};

const COUNTER_COLUMNS = [
  ['utterances', 'utterances'],
  ['replies', 'replies'],
  ['bargeIns', 'barge_ins'],
  ['sttSeconds', 'stt_seconds'],
  ['llmTokens', 'llm_tokens'],
  ['ttsCharacters', 'tts_characters'],
  ['spendUSD', 'spend_usd'],
] as const;

const COLUMNS = COUNTER_COLUMNS.map(([, column]) => column);

const UNITS = { stt: 'sttSeconds', llm: 'llmTokens', tts: 'ttsCharacters' } as const;

const ADD_USAGE = `
  WITH added AS (
    INSERT INTO usage_records (
      id, session_uid, provider_role, provider_kind, provider_model, units, ${COLUMNS.join(', ')})
    VALUES ($1, $2, $3, $4, $5, $6, ${COLUMNS.map((_, index) => `$${index + 7}`).join(', ')})
    ON CONFLICT (id) DO NOTHING
    RETURNING session_uid, ${COLUMNS.join(', ')}
  )
  INSERT INTO session_counters (session_uid, ${COLUMNS.join(', ')})
  SELECT * FROM added
  ON CONFLICT (session_uid) DO UPDATE SET
    ${COLUMNS.map((column) => `${column} = session_counters.${column} + excluded.${column}`).join(', ')},
    updated_at = now()`;

const APPEND_SEGMENT = `
  INSERT INTO transcript_segments (
    id, session_uid, started_at, ended_at, speaker_kind, speaker_id, speaker_name, text, language,
    addressed_npc, interrupted, correlation_id, build_sha, models, config_revision)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  ON CONFLICT (id) DO NOTHING
  RETURNING id`;

/**
 * Rows of the schema that the URL's search_path names (see tenantDatabaseUrl). Every method throws StoreError.
 * All writes can be repeated after an answer that never came.
 */
export class SessionStore {
  readonly #database: Database;

  constructor(options: DatabaseOptions) {
    this.#database = new Database(options);
  }

  /** Before anything else of a session. A worker that takes over finds the row and keeps its start and its cast. */
  async upsertSession(session: SessionRow): Promise<void> {
    await this.#database.query(
      `write the session ${session.namespace}/${session.name}`,
      `INSERT INTO sessions (uid, namespace, name, campaign, guild_id, voice_channel_id, started_at, mode, npcs)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (uid) DO UPDATE SET voice_channel_id = excluded.voice_channel_id`,
      [
        session.uid,
        session.namespace,
        session.name,
        session.campaign,
        session.guildId,
        session.voiceChannelId ?? null,
        session.startedAt,
        session.mode ?? 'Live',
        session.npcs ?? [],
      ],
    );
  }

  /** The first end counts. */
  async endSession(uid: string, endedAt: Date, endReason: string): Promise<void> {
    await this.#database.query(
      `write the end of the session ${uid}`,
      `UPDATE sessions SET ended_at = greatest($2, started_at), end_reason = $3
       WHERE uid = $1 AND ended_at IS NULL`,
      [uid, endedAt, endReason],
    );
  }

  /** @returns false when a segment with this id was there already; it stays as it was. */
  async appendSegment(segment: TranscriptSegment): Promise<boolean> {
    const rows = await this.#database.query(
      `append to the transcript of ${segment.sessionUid}`,
      APPEND_SEGMENT,
      segmentValues(segment),
    );
    return rows.length === 1;
  }

  /**
   * In the order in which it was said.
   * @param last only this many segments, the latest ones: what a worker that takes over must remember.
   */
  async readTranscript(
    sessionUid: string,
    { last }: { last?: number } = {},
  ): Promise<readonly TranscriptSegment[]> {
    const rows = await this.#database.query(
      `read the transcript of ${sessionUid}`,
      `SELECT * FROM (
         SELECT * FROM transcript_segments WHERE session_uid = $1
         ORDER BY started_at DESC, sequence DESC LIMIT $2
       ) AS latest ORDER BY started_at, sequence`,
      [sessionUid, last ?? null],
    );
    return rows.map(segmentOf);
  }

  /** What was said before that the NPC may remember, in this session and in earlier ones. */
  async recollect(request: RecollectionRequest): Promise<Recollections> {
    return await recollect(this.#database, request);
  }

  /** Adds to the ledger and to the session's counters, both or none. */
  async addCounters(usage: UsageRecord): Promise<void> {
    const { provider } = usage;
    await this.#database.query(`count what ${usage.sessionUid} used`, ADD_USAGE, [
      usage.id,
      usage.sessionUid,
      provider?.role ?? null,
      provider?.kind ?? null,
      provider?.model ?? null,
      provider === undefined ? null : (usage[UNITS[provider.role]] ?? 0),
      ...COUNTER_COLUMNS.map(([name]) => usage[name] ?? 0),
    ]);
  }

  /** Over all pods and processes that served the session. */
  async readCounters(sessionUid: string): Promise<Counters> {
    const [row] = await this.#database.query(
      `read the counters of ${sessionUid}`,
      'SELECT * FROM session_counters WHERE session_uid = $1',
      [sessionUid],
    );
    return row === undefined ? noCounters : countersOf(row);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

function segmentValues(segment: TranscriptSegment): readonly Value[] {
  return [
    segment.id,
    segment.sessionUid,
    segment.startedAt,
    segment.endedAt,
    segment.speakerKind,
    segment.speakerId,
    segment.speakerName,
    segment.text,
    segment.language ?? null,
    segment.addressedNpc ?? null,
    segment.interrupted ?? false,
    segment.correlationId ?? null,
    segment.buildSha ?? null,
    segment.models ?? [],
    segment.configRevision ?? null,
  ];
}

export function segmentOf(row: Row): TranscriptSegment {
  return {
    id: text(row, 'id'),
    sessionUid: text(row, 'session_uid'),
    startedAt: time(row, 'started_at'),
    endedAt: time(row, 'ended_at'),
    speakerKind: text(row, 'speaker_kind') === 'npc' ? 'npc' : 'player',
    speakerId: text(row, 'speaker_id'),
    speakerName: text(row, 'speaker_name'),
    text: text(row, 'text'),
    language: optionalText(row, 'language'),
    addressedNpc: optionalText(row, 'addressed_npc'),
    interrupted: flag(row, 'interrupted'),
    correlationId: optionalText(row, 'correlation_id'),
    buildSha: optionalText(row, 'build_sha'),
    models: texts(row, 'models'),
    configRevision: optionalText(row, 'config_revision'),
    erased: row.erased_at !== null,
  };
}

function countersOf(row: Row): Counters {
  return {
    utterances: number(row, 'utterances'),
    replies: number(row, 'replies'),
    bargeIns: number(row, 'barge_ins'),
    sttSeconds: number(row, 'stt_seconds'),
    llmTokens: number(row, 'llm_tokens'),
    ttsCharacters: number(row, 'tts_characters'),
    spendUSD: number(row, 'spend_usd'),
  };
}
