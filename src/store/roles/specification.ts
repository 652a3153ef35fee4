// Which roles there are, and what each may do: a group without login that has the rights, and two logins that are its
// members and take turns, so that a password can be changed while both are in use.
import { SHARED_SCHEMA } from '../dsn.ts';

export type Turn = 'a' | 'b';

/** `schema t USAGE`, `table t.x SELECT`, `column t.x.y UPDATE`: comparable as text. */
export interface Right {
  readonly on: 'schema' | 'table' | 'column';
  /** Schema, then table, then column. */
  readonly path: readonly string[];
  readonly privilege: string;
}

export interface RoleSpecification {
  /** Name of the group; the logins' end in `_a` and `_b`. */
  readonly stem: string;
  readonly rights: readonly Right[];
  /** Connections at a time that each login may have; -1: as many as the server has. */
  readonly connectionLimit: number;
  /** Parameters that a connection of a login begins with. */
  readonly settings: Readonly<Record<string, string>>;
}

export function loginName(stem: string, turn: Turn): string {
  return `${stem}_${turn}`;
}

export function otherTurn(turn: Turn): Turn {
  return turn === 'a' ? 'b' : 'a';
}

/** A login may change these for itself: they keep the careless from harm, not the malicious. */
const TIMEOUTS = {
  statement_timeout: '15s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '1min',
} as const;

const COUNTERS = [
  'utterances',
  'replies',
  'barge_ins',
  'stt_seconds',
  'llm_tokens',
  'tts_characters',
  'spend_usd',
  'updated_at',
];

const FEEDBACK = [
  'voice_rating',
  'understanding_rating',
  'character_rating',
  'speed_rating',
  'comment',
  'correlation_id',
  'given_at',
];

/** A tenant's workers: they add rows and read them, change what a statement of session-store.ts changes, remove none. */
export function workerRoles(
  stem: string,
  schema: string,
  { connectionLimit }: { readonly connectionLimit: number },
): RoleSpecification {
  const { table, change } = rightsIn(schema);
  const addAndRead = (name: string): Right[] => table(name, ['SELECT', 'INSERT']);
  return {
    stem,
    connectionLimit,
    rights: [
      { on: 'schema', path: [schema], privilege: 'USAGE' },
      ...['sessions', 'transcript_segments', 'usage_records', 'session_counters'].flatMap(addAndRead),
      ...addAndRead('recaps'),
      ...change('sessions', ['voice_channel_id', 'ended_at', 'end_reason']),
      ...change('session_counters', COUNTERS),
    ],
    settings: { ...TIMEOUTS, search_path: schema, idle_session_timeout: '15min' },
  };
}

/**
 * A tenant's commands (ADR 0025), in whichever gateway serves it: what a statement of theirs needs and nothing else. What
 * was used is the workers' to write, and what was said, but that a person's words can be erased (privacy-store.ts).
 */
export function commandRoles(
  stem: string,
  schema: string,
  { connectionLimit }: { readonly connectionLimit: number },
): RoleSpecification {
  const { table, change } = rightsIn(schema);
  return {
    stem,
    connectionLimit,
    rights: [
      { on: 'schema', path: [schema], privilege: 'USAGE' },
      ...table('sessions', ['SELECT']),
      ...table('transcript_segments', ['SELECT']),
      ...table('usage_records', ['SELECT']),
      ...table('session_counters', ['SELECT']),
      ...table('entities', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
      ...table('feedback', ['SELECT', 'INSERT', 'DELETE']),
      ...change('feedback', FEEDBACK),
      ...table('loaded_campaigns', ['SELECT', 'INSERT']),
      ...change('loaded_campaigns', ['campaign', 'loaded_by', 'loaded_at']),
      ...table('interactions', ['SELECT', 'INSERT', 'DELETE']),
      ...change('interactions', ['state', 'failed', 'result']),
      ...table('recaps', ['SELECT', 'DELETE']),
      ...change('transcript_segments', ['text', 'speaker_id', 'speaker_name', 'erased_at']),
      ...table('privacy_opt_outs', ['SELECT', 'INSERT', 'DELETE']),
      ...table('privacy_audit', ['INSERT']),
    ],
    settings: { ...TIMEOUTS, search_path: schema, idle_session_timeout: '15min' },
  };
}

/** A gateway, of all tenants or of one: which rows it sees is row-level security's part (gateway_roles). */
export function gatewayRoles(
  stem: string,
  { connectionLimit }: { readonly connectionLimit: number },
): RoleSpecification {
  const { table } = rightsIn(SHARED_SCHEMA);
  return {
    stem,
    connectionLimit,
    rights: [
      { on: 'schema', path: [SHARED_SCHEMA], privilege: 'USAGE' },
      ...table('gateway_sessions', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
      ...table('gateway_roles', ['SELECT']),
    ],
    settings: { ...TIMEOUTS, search_path: SHARED_SCHEMA },
  };
}

/** What can be granted on the tables of one schema. */
function rightsIn(schema: string): {
  readonly table: (name: string, privileges: readonly string[]) => Right[];
  /** UPDATE of these columns alone. */
  readonly change: (name: string, columns: readonly string[]) => Right[];
} {
  return {
    table: (name, privileges) =>
      privileges.map((privilege) => ({ on: 'table', path: [schema, name], privilege })),
    change: (name, columns) =>
      columns.map((column) => ({ on: 'column', path: [schema, name, column], privilege: 'UPDATE' })),
  };
}
