import { readdirSync, readFileSync } from 'node:fs';

/** Every program that a run starts inherits this variable; it is how they are found when the run was killed. */
export const RUN_VARIABLE = 'SKALD_ENVIRONMENT_RUN';

/**
 * Ends the programs of a run that is dead: a helm or kubectl that it was waiting for, which nobody else knows of.
 * Ourselves and the guard are spared, though the guard carries the mark, too.
 */
export function killOrphans(run: string): void {
  const mark = `${RUN_VARIABLE}=${run}`;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)) continue;
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/hack/environment/guard.ts')) continue;
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, or is not ours to read.
    }
  }
}
