import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identify, stillRuns } from '../process/identity.ts';
import { tail } from '../process/tail.ts';
import { waitUntil } from '../process/wait-until.ts';
import { environmentDir, type ServiceRecord } from './state.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface ServiceOptions {
  /** Path of the program in the tree. */
  readonly script: string;
  readonly arguments: readonly string[];
  /** Milliseconds until it must be ready. @defaultValue 60 000 */
  readonly readyWithinMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called as soon as the process exists, before it is ready. */
  readonly onStarted: (record: ServiceRecord) => Promise<void>;
}

/**
 * Starts a program of this tree, detached, with its output in a log file, and waits for the JSON that it writes to
 * its `--ready-file`.
 */
export async function startService(name: string, options: ServiceOptions): Promise<Record<string, unknown>> {
  await mkdir(environmentDir(), { recursive: true });
  const readyFile = join(environmentDir(), `${name}.ready.json`);
  const log = join(environmentDir(), `${name}.log`);
  await rm(readyFile, { force: true });
  const output = openSync(log, 'w', 0o600);
  const child = spawn(
    process.execPath,
    [join(root, options.script), ...options.arguments, '--ready-file', readyFile],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', output, output],
    },
  );
  try {
    await once(child, 'spawn');
  } finally {
    closeSync(output);
  }
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (!identity) throw new Error(`${name} ended at once. The end of ${log}:\n${tail(log)}`);
  await options.onStarted({ name, process: identity, log });

  return await waitUntil(async () => parseReady(await readFile(readyFile, 'utf8').catch(() => '')), {
    what: `${name} to be ready`,
    deadlineMs: options.readyWithinMs ?? 60_000,
    signal: options.signal,
    check: () => {
      if (!stillRuns(identity)) throw new Error(`${name} ended. The end of ${log}:\n${tail(log)}`);
    },
    detail: () => tail(log),
  });
}

/** SIGTERM, then SIGKILL after 10 s; resolves when the process is gone. */
export async function stopService({ name, process: identity }: ServiceRecord): Promise<void> {
  if (!stillRuns(identity)) return;
  process.kill(identity.pid, 'SIGTERM');
  const gone = async (): Promise<boolean> => !stillRuns(identity);
  try {
    await waitUntil(gone, { what: `${name} to stop`, deadlineMs: 10_000 });
  } catch {
    if (stillRuns(identity)) process.kill(identity.pid, 'SIGKILL');
    await waitUntil(gone, { what: `${name} to die`, deadlineMs: 5_000 });
  }
}

/** The ready file is written in one go or not at all; half a JSON is "not yet". */
function parseReady(text: string): Record<string, unknown> | undefined {
  if (!text) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === 'object' ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
