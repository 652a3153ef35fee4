import type { Cluster, ClusterStatus, UpOptions } from './cluster.ts';
import { upContext } from './context.ts';
import { downKind, kindStatus, kindUnavailable, upKind } from './kind.ts';
import { layout } from './layout.ts';
import { downLocal, leftoversLocal, upLocal } from './local.ts';
import { clusterHealth } from './local-health.ts';

export type { Cluster, ClusterKind, ClusterStatus, UpOptions } from './cluster.ts';

/**
 * A cluster to work with: the context that is named; else kind, when a Docker engine answers and kind is installed;
 * else one of our own on this machine. May be called when it is up already.
 */
export async function up(options: UpOptions = {}): Promise<Cluster> {
  const onProgress = options.onProgress ?? (() => {});
  if (options.context !== undefined) return upContext(options.context, options);
  const kinds = options.kinds ?? ['kind', 'local'];
  if (kinds.includes('kind')) {
    const reason = await kindUnavailable();
    if (reason === undefined) return upKind(options);
    onProgress(`Not using kind: ${reason}`);
    if (!kinds.includes('local')) throw new Error(`No cluster of kind "kind": ${reason}`);
  }
  return upLocal(options);
}

/** Removes our own clusters, the local one and the one in kind; nothing when there is none. */
export async function down(options: { onProgress?: (message: string) => void } = {}): Promise<void> {
  const onProgress = options.onProgress ?? (() => {});
  await downLocal(onProgress);
  if ((await kindStatus()).state !== 'absent') await downKind(onProgress);
}

/** Our own cluster: kind's when it is there, else the local one. */
export async function status(): Promise<ClusterStatus> {
  const kind = await kindStatus();
  return kind.state === 'absent' ? clusterHealth(layout()) : kind;
}

/** What a local cluster has left on this machine, one line each: processes, mounts, links. Empty after `down`. */
export function leftovers(): Promise<string[]> {
  return leftoversLocal();
}
