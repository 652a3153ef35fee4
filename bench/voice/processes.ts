/** A worker's processes, and what each of them alone uses, from Linux' /proc. */
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseStat } from '../controller/process-usage.ts';

/** Kernel pages of a process, MiB. */
export interface Memory {
  /** Shared pages divided among those who share them. */
  readonly pss: number;
  /** Pages that nobody else has. */
  readonly uss: number;
  readonly rss: number;
  /** What of `pss` belongs to no file: heaps and stacks. */
  readonly anonymous: number;
}

/** @param program the base name of what Node.js runs, such as `worker.js`. @returns undefined: there is none */
export async function nodeProcessUnder(root: number, program: string): Promise<number | undefined> {
  for (const pid of [root, ...(await childrenOf(root))]) {
    const [, ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (args.some((arg) => basename(arg) === program)) return pid;
  }
  return undefined;
}

/** User and system time so far, milliseconds, in steps of 10. */
export async function cpuMsOf(pid: number): Promise<number> {
  return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8')).cpuMs;
}

export async function memoryOf(pid: number): Promise<Memory> {
  return parseRollup(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

/** @param text /proc/PID/smaps_rollup */
export function parseRollup(text: string): Memory {
  const field = (name: string): number => {
    const kilobytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kilobytes === undefined) throw new Error(`smaps_rollup has no ${name}`);
    return Number(kilobytes) / 1024;
  };
  return {
    pss: field('Pss'),
    uss: field('Private_Clean') + field('Private_Dirty'),
    rss: field('Rss'),
    anonymous: field('Pss_Anon'),
  };
}

async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${thread}/children`, 'utf8');
    children.push(...text.split(' ').filter(Boolean).map(Number));
  }
  return children;
}
