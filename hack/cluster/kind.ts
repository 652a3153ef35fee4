import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDir } from '../cache.ts';
import { findProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import type { Cluster, ClusterStatus, UpOptions } from './cluster.ts';

const clusterName = 'skald';
const engineTimeoutMs = 5_000;

/** The commands of the kind path, apart so that a test can read them. */
export const kindCommands = {
  list: ['get', 'clusters'],
  create: (kubeconfig: string) => [
    'create',
    'cluster',
    '--name',
    clusterName,
    '--kubeconfig',
    kubeconfig,
    '--wait',
    '120s',
  ],
  kubeconfig: (kubeconfig: string) => [
    'export',
    'kubeconfig',
    '--name',
    clusterName,
    '--kubeconfig',
    kubeconfig,
  ],
  load: (archive: string, name: string = clusterName) => ['load', 'image-archive', archive, '--name', name],
  remove: (kubeconfig: string) => ['delete', 'cluster', '--name', clusterName, '--kubeconfig', kubeconfig],
  /** Docker's: the network that kind's nodes are in. */
  network: ['network', 'inspect', 'kind', '--format', '{{json .IPAM.Config}}'],
} as const;

const kubeconfigPath = (): string => join(cacheDir(), 'kind', 'kubeconfig');

/** Why kind cannot be used here, as a sentence; undefined when it can. */
export async function kindUnavailable(): Promise<string | undefined> {
  const docker = findProgram('docker');
  if (!docker) return 'Docker is not installed.';
  try {
    await run(docker, ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: engineTimeoutMs });
  } catch {
    return 'no Docker engine answers.';
  }
  const kind = findProgram('kind');
  if (!kind) {
    return 'the program kind is not installed (https://kind.sigs.k8s.io; the npm package of that name is something else).';
  }
  try {
    await run(kind, ['version'], { timeoutMs: engineTimeoutMs });
  } catch {
    return `${kind} is not Kubernetes-in-Docker (https://kind.sigs.k8s.io).`;
  }
  return undefined;
}

export async function upKind(options: UpOptions): Promise<Cluster> {
  const onProgress = options.onProgress ?? (() => {});
  const { kind } = programs();
  const kubeconfig = kubeconfigPath();
  await mkdir(dirname(kubeconfig), { recursive: true, mode: 0o700 });
  if (hasCluster(await run(kind, kindCommands.list))) {
    onProgress('The kind cluster is there already');
    await run(kind, kindCommands.kubeconfig(kubeconfig), { signal: options.signal });
  } else {
    onProgress('Creating a cluster with kind (about a minute)');
    await run(kind, kindCommands.create(kubeconfig), { signal: options.signal });
  }
  return {
    kind: 'kind',
    kubeconfig,
    context: `kind-${clusterName}`,
    ...(await inKind(clusterName, options)),
    down: () => downKind(onProgress),
  };
}

/** What a context of kind needs more than any other, if this is one: an address of this machine, and images. */
export async function kindAt(
  context: string,
  options: UpOptions,
): Promise<Pick<Cluster, 'hostAddress' | 'podCidr' | 'loadImages'> | undefined> {
  const name = /^kind-(.+)$/.exec(context)?.[1];
  if (name === undefined || (await kindUnavailable()) !== undefined) return undefined;
  return inKind(name, options);
}

async function inKind(
  name: string,
  { onProgress = () => {}, signal }: UpOptions,
): Promise<Pick<Cluster, 'hostAddress' | 'podCidr' | 'loadImages'>> {
  const { kind, docker } = programs();
  const addresses = networkAddresses(await run(docker, kindCommands.network));
  return {
    hostAddress: addresses.gateway,
    // The nodes masquerade their pods: this machine sees the nodes' addresses.
    podCidr: addresses.subnet,
    loadImages: async (archives) => {
      for (const archive of archives) {
        onProgress(`Loading ${archive} into kind`);
        await run(kind, kindCommands.load(archive, name), { signal });
      }
    },
  };
}

export async function downKind(onProgress: (message: string) => void): Promise<void> {
  onProgress('Deleting the kind cluster');
  await run(programs().kind, kindCommands.remove(kubeconfigPath()));
}

export async function kindStatus(): Promise<ClusterStatus> {
  const absent: ClusterStatus = { kind: 'kind', state: 'absent', details: [] };
  if ((await kindUnavailable()) !== undefined) return absent;
  if (!hasCluster(await run(programs().kind, kindCommands.list))) return absent;
  return { kind: 'kind', state: 'up', details: [`kubeconfig ${kubeconfigPath()}`] };
}

export function hasCluster(listed: string): boolean {
  return listed.split('\n').some((line) => line.trim() === clusterName);
}

/**
 * The IPv4 gateway (this machine, as the nodes see it) and subnet of kind's Docker network.
 * @param ipam JSON that `docker network inspect` prints for .IPAM.Config
 */
export function networkAddresses(ipam: string): { gateway: string; subnet: string } {
  const configs: unknown = JSON.parse(ipam);
  for (const config of Array.isArray(configs) ? configs : []) {
    const { Gateway: gateway, Subnet: subnet } = config as { Gateway?: unknown; Subnet?: unknown };
    if (typeof gateway === 'string' && typeof subnet === 'string' && !gateway.includes(':'))
      return { gateway, subnet };
  }
  throw new Error(`Docker's network "kind" has no IPv4 gateway: ${ipam.trim()}`);
}

function programs(): { kind: string; docker: string } {
  const kind = findProgram('kind');
  const docker = findProgram('docker');
  if (!kind || !docker) throw new Error('kind and docker are not installed any more');
  return { kind, docker };
}
