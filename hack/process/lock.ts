import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, parseIdentity, stillRuns } from './identity.ts';

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once, with the holder's pid, when the lock has to be waited for. */
  onWait?: (pid: number) => void;
}

/**
 * Runs `work` while this process alone holds the lock file. A lock whose holder has died, also by SIGKILL, is
 * broken: the file names its holder by pid and start time. The file appears with its content (link), and a broken
 * one is renamed first and looked at again, so that two who break it do not both win.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${path}.${randomBytes(6).toString('hex')}`;
  const me = JSON.stringify(identify(process.pid) ?? { pid: process.pid, startTime: '', bootId: '' });
  await writeFile(mine, me);
  try {
    await acquire(path, mine, options);
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** The live process that holds the lock; undefined when it is free (or its holder has died). */
export async function lockHolder(path: string): Promise<number | undefined> {
  const holder = parseIdentity(await readFile(path, 'utf8').catch(() => ''));
  return holder && stillRuns(holder) ? holder.pid : undefined;
}

async function acquire(path: string, mine: string, options: LockOptions): Promise<void> {
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      await link(mine, path);
      return;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (text === undefined) continue; // released meanwhile
    const holder = parseIdentity(text);
    if (holder && stillRuns(holder)) {
      if (!told) options.onWait?.(holder.pid);
      told = true;
      await delay(200);
    } else {
      await breakLock(path, `${mine}.stale`, text);
    }
  }
}

async function breakLock(path: string, aside: string, stale: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  // Another process broke it first and holds it now: give it back.
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
