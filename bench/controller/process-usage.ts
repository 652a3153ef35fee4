/** What a process and its descendants have used so far, from Linux' /proc. */
import { readdir, readFile } from 'node:fs/promises';

export interface Usage {
  /** User and system time of all of them, those that have ended and were waited for included, milliseconds. */
  readonly cpuMs: number;
  /** Sum of their highest resident set sizes (VmHWM), MiB. */
  readonly peakRssMB: number;
}

/** Of the kernel's USER_HZ, which is 100 on every platform that Linux still runs on. */
const tickMs = 10;

interface Stat {
  readonly parent: number;
  readonly cpuMs: number;
}

/** @param text - /proc/PID/stat. The program's name, in parentheses, may hold spaces and parentheses itself. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [, parent, , , , , , , , , , user, system, waitedUser, waitedSystem] = fields.map(Number);
  if (parent === undefined || user === undefined || system === undefined) {
    throw new Error(`not a /proc/PID/stat: ${text}`);
  }
  return { parent, cpuMs: (user + system + (waitedUser ?? 0) + (waitedSystem ?? 0)) * tickMs };
}

/** @param text - /proc/PID/status. @returns MiB; 0 for a process that has ended. */
export function parsePeakRss(text: string): number {
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
}

/** @throws when there is no such process. */
export async function usageOf(root: number): Promise<Usage> {
  const stats = new Map<number, Stat>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = await read(`/proc/${name}/stat`);
    if (text !== undefined) stats.set(Number(name), parseStat(text));
  }
  if (!stats.has(root)) throw new Error(`process ${root} has ended`);
  let cpuMs = 0;
  let peakRssMB = 0;
  for (const pid of treeOf(root, stats)) {
    cpuMs += stats.get(pid)?.cpuMs ?? 0;
    peakRssMB += parsePeakRss((await read(`/proc/${pid}/status`)) ?? '');
  }
  return { cpuMs, peakRssMB };
}

function treeOf(root: number, stats: ReadonlyMap<number, Stat>): Set<number> {
  const tree = new Set([root]);
  for (let size = 0; size !== tree.size; ) {
    size = tree.size;
    for (const [pid, { parent }] of stats) if (tree.has(parent)) tree.add(pid);
  }
  return tree;
}

async function read(path: string): Promise<string | undefined> {
  // A process may end between two looks.
  return readFile(path, 'utf8').catch(() => undefined);
}
