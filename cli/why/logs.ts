// Which lines of a program's log are about one session. Programs write one JSON object a line (src/telemetry/log.ts).
import { redactText } from '../../src/telemetry/redact.ts';
import type { LogLine, LogSource } from './observation.ts';

/** Everything that a line can name the session by. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
  /** UID, names of its Job and pods, ids of the interaction and its correlation. */
  readonly others: ReadonlySet<string>;
}

/** Fields that every line has, or that say nothing to a reader of the story. */
const NOT_TOLD = new Set([
  'time',
  'level',
  'program',
  'msg',
  'err',
  'tenant',
  'key',
  'controller',
  'session',
  'stack',
]);
/** Fields that hold a session's name without its namespace. */
const NAME_FIELDS = new Set(['session', 'voicesession', 'name']);
const LONGEST = 400;

/**
 * @param whole every line is about the session: the log of its own worker
 * @returns lines of level info and above; what is no JSON (a crash, another program's words) is told of the worker only
 */
export function linesAbout(
  text: string,
  identity: Identity,
  { source, pod, whole }: { readonly source: LogSource; readonly pod: string; readonly whole: boolean },
): LogLine[] {
  const lines: LogLine[] = [];
  for (const raw of text.split('\n')) {
    const parsed = parse(raw);
    if (parsed === undefined) {
      // The API server puts the time in front of each line when it is asked to.
      const [, at, words] = /^(\d{4}-\d\d-\d\dT\S+Z) (.+)$/.exec(raw) ?? [];
      if (whole && at !== undefined && words !== undefined)
        lines.push({ at, source, pod, level: 'error', text: told(words) });
      continue;
    }
    const { at, fields } = parsed;
    const level = levelOf(fields.level);
    if (level === undefined || (!whole && !isAbout(fields, identity))) continue;
    lines.push({ at, source, pod, level, text: told(sentence(fields)) });
  }
  return lines;
}

type Fields = Readonly<Record<string, unknown>>;

function parse(raw: string): { readonly at: string; readonly fields: Fields } | undefined {
  const json = raw.slice(Math.max(0, raw.indexOf('{')));
  if (!json.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null) return undefined;
    const fields: Fields = { ...value };
    return typeof fields.time === 'string' ? { at: fields.time, fields } : undefined;
  } catch {
    return undefined;
  }
}

function isAbout(fields: Fields, { namespace, name, others }: Identity): boolean {
  const full = `${namespace}/${name}`;
  const home = fields.namespace === undefined || fields.namespace === namespace;
  return Object.entries(fields).some(([field, value]) => {
    if (typeof value !== 'string') return false;
    return value === full || others.has(value) || (NAME_FIELDS.has(field) && value === name && home);
  });
}

function levelOf(level: unknown): LogLine['level'] | undefined {
  if (level === 'info') return 'info';
  if (level === 'warn') return 'warning';
  return level === 'error' || level === 'fatal' ? 'error' : undefined;
}

/** The message, what went wrong, and the few plain fields that say more. */
function sentence(fields: Fields): string {
  const { msg, err } = fields;
  const cause = typeof err === 'object' && err !== null && 'message' in err ? `: ${String(err.message)}` : '';
  const more = Object.entries(fields).flatMap(([field, value]) =>
    NOT_TOLD.has(field) ||
    (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      ? []
      : [`${field}=${value}`],
  );
  return `${typeof msg === 'string' ? msg : ''}${cause}${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

/** Once more without secrets, whatever wrote it, and no longer than a person reads. */
function told(text: string): string {
  const clean = redactText(text);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
}
