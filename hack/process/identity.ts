import { readFileSync } from 'node:fs';

/**
 * A process that is meant beyond doubt: process ids are used again, so a pid alone may name a stranger. `startTime`
 * is in clock ticks since boot, and `bootId` changes with every boot. Both are empty where there is no /proc.
 */
export interface ProcessIdentity {
  pid: number;
  startTime: string;
  bootId: string;
}

/** The identity of a running process; undefined when there is none with this pid (a zombie counts as ended). */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
    return { pid, startTime: stat.startTime, bootId: bootId() };
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  return answersSignals(pid) ? { pid, startTime: '', bootId: '' } : undefined;
}

/** Whether exactly this process still runs. */
export function stillRuns(
  recorded: ProcessIdentity,
  look: (pid: number) => ProcessIdentity | undefined = identify,
): boolean {
  const now = look(recorded.pid);
  return now !== undefined && now.startTime === recorded.startTime && now.bootId === recorded.bootId;
}

/** The fields of /proc/<pid>/stat that matter here; the command in parentheses may itself contain any character. */
export function parseStat(text: string): { state: string; parent: number; startTime: string } | undefined {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [state, parent] = fields;
  const startTime = fields[19];
  if (end < 0 || !state || !parent || !startTime) return undefined;
  return { state, parent: Number(parent), startTime };
}

/** Reads what `JSON.stringify` made of an identity; undefined for anything else. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTime, bootId: boot } = value as Record<string, unknown>;
  if (typeof pid !== 'number' || typeof startTime !== 'string' || typeof boot !== 'string') return undefined;
  return { pid, startTime, bootId: boot };
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
