import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { ensureTools } from '../tools/index.ts';
import type { Cluster, UpOptions } from './cluster.ts';
import { kindAt } from './kind.ts';
import { localAt } from './local.ts';

/**
 * A cluster that is there already, by a context of the current kubeconfig (`KUBECONFIG`, else ~/.kube/config).
 * Nothing is made in it and nothing removed. Its pods are expected to reach this machine at `SKALD_HOST_ADDRESS`,
 * else at the address from which this machine reaches the API server.
 */
export async function upContext(context: string, options: UpOptions): Promise<Cluster> {
  const kubectl =
    findProgram('kubectl') ??
    (await ensureTools(['kubectl'], options.onProgress ?? (() => {}), options.signal)).kubectl;
  const kubeconfig = (process.env.KUBECONFIG ?? join(homedir(), '.kube', 'config')).split(delimiter)[0] ?? '';
  const call = (...args: string[]): Promise<string> =>
    run(kubectl, ['--kubeconfig', kubeconfig, '--context', context, ...args], {
      signal: options.signal,
      timeoutMs: 15_000,
    });
  const server = (
    await call('config', 'view', '--minify', '--output', 'jsonpath={.clusters[0].cluster.server}')
  ).trim();
  try {
    await call('get', '--raw', '/readyz');
  } catch (cause) {
    throw new Error(
      `The cluster of context ${context} (${server}) does not answer: check "kubectl --context ${context} get nodes"`,
      {
        cause,
      },
    );
  }
  const stays = { kind: 'context', kubeconfig, context, down: () => Promise.resolve() } as const;
  // Our own cluster and kind's can take images, and we know where their pods find this machine.
  const known = (await localAt(server, options)) ?? (await kindAt(context, options));
  if (known) return { ...known, ...stays };
  return {
    ...stays,
    hostAddress: process.env.SKALD_HOST_ADDRESS ?? (await localAddressTowards(server)),
    // Unknown: how the nodes rewrite their pods' addresses is the cluster's own affair.
    podCidr: '0.0.0.0/0',
    loadImages: (archives) =>
      archives.length === 0
        ? Promise.resolve()
        : Promise.reject(
            new Error(
              `Images cannot be loaded into the nodes of context ${context}: push ${archives.join(', ')} to a registry that they can pull from.`,
            ),
          ),
  };
}

/** The address of ours that a packet to the server would carry; nothing is sent. */
async function localAddressTowards(server: string): Promise<string> {
  const { hostname, port } = new URL(server);
  const socket = createSocket(hostname.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.connect(Number(port || '443'), hostname.replace(/^\[|\]$/g, ''));
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}
