import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How often a waiting process looks whether the other has finished, in milliseconds. */
const POLL = 200;

export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once, when it has to wait, with the process id of the one that works. */
  readonly onWait?: (pid: number) => void;
}

/**
 * Runs something that only one process on this machine may do at a time. The file holds the id of the process that does;
 * what a killed process left behind is taken over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await acquire(file, options);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, { signal, onWait }: LockOptions): Promise<void> {
  for (let waited = false; ; ) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (pid > 0 && !isRunning(pid)) {
      await rm(file, { force: true });
      continue;
    }
    if (!waited) onWait?.(pid);
    waited = true;
    await delay(POLL, undefined, signal ? { signal } : {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process is running too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
