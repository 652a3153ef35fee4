import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../cache.ts';
import type { ProcessIdentity } from '../process/identity.ts';

/** A program that runs beside the cluster: database, simulator, provider double. */
export interface ServiceRecord {
  readonly name: string;
  readonly process: ProcessIdentity;
  readonly log: string;
}

/**
 * What a run has started, written before and after each thing, so that whoever cleans up (the run itself, its
 * guard, the next run) knows of everything, whenever the run was killed.
 */
export interface EnvironmentState {
  /** Marks the programs of this run; see orphans.ts. */
  readonly run: string;
  readonly owner: ProcessIdentity;
  /** A cluster of our own was (or was about to be) brought up. */
  readonly cluster: boolean;
  readonly services: readonly ServiceRecord[];
  /** Skald was (or was about to be) installed into a cluster that stays. */
  readonly release?: { readonly kubeconfig: string; readonly context: string };
  /** The owner ended and left it running on purpose. */
  readonly kept: boolean;
}

/** Folder of the running environment: state, logs, kubeconfig; outside the tree. */
export function environmentDir(): string {
  return join(cacheDir(), 'environment');
}

const stateFile = (): string => join(environmentDir(), 'state.json');

export async function readState(): Promise<EnvironmentState | undefined> {
  try {
    const state: EnvironmentState = JSON.parse(await readFile(stateFile(), 'utf8'));
    return state;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`Could not read ${stateFile()}; remove it if nothing of a former run is left`, {
      cause: error,
    });
  }
}

export async function writeState(state: EnvironmentState): Promise<void> {
  await mkdir(environmentDir(), { recursive: true });
  const temporary = `${stateFile()}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(state), { mode: 0o600 });
  await rename(temporary, stateFile());
}

export async function removeState(): Promise<void> {
  await rm(stateFile(), { force: true });
}
