/** Programs beside the one that is measured, on cores of their own. */
import { readFile } from 'node:fs/promises';
import { requireProgram } from '../../hack/process/find-program.ts';
import { type GuardedOptions, GuardedProcess } from '../../hack/process/guarded.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';

/** For a program to start, on a machine that does other things, too. */
const STARTED_MS = 60_000;

export function startPinned(
  name: string,
  cores: readonly number[],
  options: GuardedOptions,
): Promise<GuardedProcess> {
  return GuardedProcess.start(name, {
    ...options,
    program: requireProgram('taskset', 'It is part of util-linux.'),
    arguments: ['--cpu-list', cores.join(','), options.program, ...options.arguments],
  });
}

/** What a program wrote into its ready file. */
export function whenReady<T>(
  program: GuardedProcess,
  { file, read, signal }: { file: string; read: (text: string) => T; signal: AbortSignal },
): Promise<NonNullable<T>> {
  return waitUntil(async () => read(await readFile(file, 'utf8')) ?? undefined, {
    what: program.name,
    deadlineMs: STARTED_MS,
    signal,
    check: () => program.check(),
  });
}
