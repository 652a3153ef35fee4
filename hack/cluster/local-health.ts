import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stillRuns } from '../process/identity.ts';
import { lockHolder } from '../process/lock.ts';
import { ApiClient } from './api-client.ts';
import { describe } from './cleanup.ts';
import type { ClusterStatus } from './cluster.ts';
import { recordedDaemons } from './daemon.ts';
import { type Layout, nodeName } from './layout.ts';
import { observe } from './observe.ts';

/** Written when an `up` is complete. */
export interface LocalState {
  /** https://address:port */
  server: string;
  /** Path of the API server's program in the cache; its key stands for the Kubernetes version. */
  apiServer: string;
  daemons: string[];
}

export async function readState(paths: Layout): Promise<LocalState | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(paths.state, 'utf8'));
    return isState(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the local cluster is up, judged by its processes and by what its API says of the node.
 * @param apiServer the program that `up` would start now; another one in the running cluster makes it outdated.
 */
export async function clusterHealth(paths: Layout, apiServer?: string): Promise<ClusterStatus> {
  const state = await readState(paths);
  if (!state) {
    const holder = await lockHolder(paths.lock);
    if (holder !== undefined && holder !== process.pid) {
      return {
        kind: 'local',
        state: 'broken',
        details: [`process ${holder} is bringing it up or down at this moment`],
      };
    }
    const left = describe(await observe(paths));
    return left.length === 0
      ? { kind: 'local', state: 'absent', details: [] }
      : { kind: 'local', state: 'broken', details: ['an `up` was not finished', ...left] };
  }
  const problems: string[] = [];
  if (apiServer !== undefined && state.apiServer !== apiServer)
    problems.push('it runs other versions of its programs');
  const daemons = await recordedDaemons(paths);
  for (const name of state.daemons) {
    const daemon = daemons.find((candidate) => candidate.name === name);
    if (!daemon || !stillRuns(daemon.identity)) problems.push(`${name} does not run`);
  }
  if (problems.length === 0) {
    try {
      await checkNode(paths, state);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length > 0) return { kind: 'local', state: 'broken', details: problems };
  return {
    kind: 'local',
    state: 'up',
    details: [`API server ${state.server}`, `kubeconfig ${paths.kubeconfig}`],
  };
}

async function checkNode(paths: Layout, state: LocalState): Promise<void> {
  const token = (await readFile(join(paths.keys, 'tokens.csv'), 'utf8')).split(',')[0] ?? '';
  const client = new ApiClient(state.server, await readFile(join(paths.keys, 'ca.crt'), 'utf8'), token);
  try {
    const node = await client.get(`/api/v1/nodes/${nodeName}`);
    const { status } = node as {
      status?: { conditions?: { type: string; status: string; message?: string }[] };
    };
    const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status !== 'True')
      throw new Error(`node ${nodeName} is not Ready: ${ready?.message ?? 'no condition'}`);
  } finally {
    client.close();
  }
}

function isState(value: unknown): value is LocalState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'server' in value &&
    typeof value.server === 'string' &&
    'apiServer' in value &&
    typeof value.apiServer === 'string' &&
    'daemons' in value &&
    Array.isArray(value.daemons) &&
    value.daemons.every((name) => typeof name === 'string')
  );
}
