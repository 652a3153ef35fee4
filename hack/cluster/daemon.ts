import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, type ProcessIdentity, parseIdentity, stillRuns } from '../process/identity.ts';
import { tail } from '../process/tail.ts';
import { type Layout, markerVariable } from './layout.ts';

/** A program of the local cluster: detached, its output in a file, found again by whoever comes later. */
export interface Daemon {
  name: string;
  identity: ProcessIdentity;
  logFile: string;
}

/**
 * Starts a program that outlives us. It is recorded by pid and start time, and it carries the marker in its
 * environment, which finds it even when we are killed before the record is written.
 */
export async function startDaemon(
  paths: Layout,
  name: string,
  program: string,
  args: readonly string[],
): Promise<Daemon> {
  await Promise.all([mkdir(paths.logs, { recursive: true }), mkdir(paths.pids, { recursive: true })]);
  const logFile = join(paths.logs, `${name}.log`);
  const log = openSync(logFile, 'w', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: paths.folder,
      stdio: ['ignore', log, log],
      detached: true,
      env: markedEnvironment(paths),
    });
    await once(child, 'spawn');
    child.unref();
    const identity = identify(child.pid ?? 0);
    if (!identity) throw new Error(`it ended at once. The end of ${logFile}:\n${tail(logFile)}`);
    await writeFile(join(paths.pids, name), JSON.stringify(identity));
    return { name, identity, logFile };
  } catch (cause) {
    throw new Error(`Could not start ${program}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  } finally {
    closeSync(log);
  }
}

/** Throws with the end of its log when a daemon does not run any more. */
export function checkDaemons(daemons: readonly Daemon[]): void {
  for (const daemon of daemons) {
    if (!stillRuns(daemon.identity)) {
      throw new Error(`${daemon.name} ended. The end of ${daemon.logFile}:\n${tail(daemon.logFile)}`);
    }
  }
}

/** The daemons that have been recorded, running or not. */
export async function recordedDaemons(paths: Layout): Promise<Daemon[]> {
  const names = await readdir(paths.pids).catch(() => []);
  const daemons: Daemon[] = [];
  for (const name of names.sort()) {
    const identity = parseIdentity(await readFile(join(paths.pids, name), 'utf8').catch(() => ''));
    if (identity) daemons.push({ name, identity, logFile: join(paths.logs, `${name}.log`) });
  }
  return daemons;
}

/** The environment of everything that works for the cluster; its marker is how `down` finds it. */
export function markedEnvironment(paths: Layout): NodeJS.ProcessEnv {
  return {
    // Not ours: a proxy variable or a stray KUBECONFIG would change what the cluster does.
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: paths.folder,
    LANG: 'C',
    [markerVariable]: paths.folder,
  };
}
