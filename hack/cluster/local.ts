import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram, requireProgram } from '../process/find-program.ts';
import { freePorts } from '../process/free-port.ts';
import { withLock } from '../process/lock.ts';
import { run } from '../process/run.ts';
import { tail } from '../process/tail.ts';
import { waitUntil } from '../process/wait-until.ts';
import { ensureDebianPackages, ensureTools } from '../tools/index.ts';
import { ApiClient } from './api-client.ts';
import { type ProgramName, programArguments } from './arguments.ts';
import { createBridge } from './bridge.ts';
import { createRoots } from './cgroups.ts';
import { cleanUp, describe } from './cleanup.ts';
import type { Cluster, UpOptions } from './cluster.ts';
import { corednsObjects } from './coredns.ts';
import { checkDaemons, type Daemon, startDaemon } from './daemon.ts';
import { writeImageArchive } from './image-archive.ts';
import { loadIntoContainerd } from './images.ts';
import { writeKeys } from './keys.ts';
import { contextName, type Layout, layout, network, nodeName } from './layout.ts';
import { clusterHealth, type LocalState, readState } from './local-health.ts';
import { cniConfig, containerdConfig, kubeletConfig } from './node-config.ts';
import { observe } from './observe.ts';
import { cniFolders, inspectNode, type Node, requireMachine } from './preflight.ts';
import { joinLocal } from './second-node.ts';
import { setSysctls } from './sysctls.ts';
import { registerUser } from './users.ts';

/** Programs that the cluster runs, with the Debian package of each. */
const programs = {
  containerd: 'containerd',
  runc: 'runc',
  'host-local': 'containernetworking-plugins',
  nft: 'nftables',
  ip: 'iproute2',
  mount: 'mount',
} as const;
const toolNames = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'coredns',
  'pause',
] as const;

type Tools = Record<(typeof toolNames)[number], string>;
export const pauseImage = 'local/pause:1';

/**
 * Brings up the local cluster, or returns the one that is up and healthy at once. What a killed `up` or a half-dead
 * cluster has left is removed first. When this `up` fails, what it has started is removed; its logs stay.
 */
export async function upLocal(options: UpOptions): Promise<Cluster> {
  const onProgress = options.onProgress ?? (() => {});
  const { signal } = options;
  const paths = layout();
  const cgroups = await requireMachine();
  // By program, not by package: what another package provides stays as it is.
  const packages = Object.entries(programs).flatMap(([name, from]) =>
    findProgram(name, cniFolders) ? [] : [from],
  );
  if (packages.length > 0) {
    await ensureDebianPackages(packages, 'run the local cluster', onProgress, signal);
  }
  const tools = await ensureTools(toolNames, onProgress, signal);
  await withLock(
    paths.lock,
    async () => {
      const health = await clusterHealth(paths, tools['kube-apiserver']);
      if (health.state === 'up') {
        onProgress('The local cluster is up already');
        return;
      }
      if (health.state === 'broken') {
        onProgress(`Removing what is left of a former local cluster (${health.details[0] ?? 'incomplete'})`);
      }
      await cleanUp(paths);
      try {
        await create(paths, tools, await prepare(paths, cgroups, onProgress), options, onProgress);
      } catch (error) {
        onProgress(`Removing the half-made cluster; its logs are in ${paths.logs}`);
        await cleanUp(paths);
        throw error;
      }
    },
    {
      signal,
      onWait: (pid) => onProgress(`Waiting for process ${pid}, which is changing the local cluster`),
    },
  );
  return handle(paths, onProgress, signal);
}

/** The local cluster, if this is the address of its API server: a context of a kubeconfig may well mean it. */
export async function localAt(server: string, options: UpOptions): Promise<Cluster | undefined> {
  const paths = layout();
  const state = await readState(paths);
  if (state?.server !== server) return undefined;
  return handle(paths, options.onProgress ?? (() => {}), options.signal);
}

/** Removes the local cluster and everything that any of its programs has left; nothing when there is none. */
export async function downLocal(onProgress: (message: string) => void = () => {}): Promise<void> {
  const paths = layout();
  await withLock(
    paths.lock,
    async () => {
      await cleanUp(paths);
      await rm(paths.logs, { recursive: true, force: true });
    },
    { onWait: (pid) => onProgress(`Waiting for process ${pid}, which is changing the local cluster`) },
  );
}

/** What of a local cluster is on this machine, one line each; empty after `down`. */
export async function leftoversLocal(): Promise<string[]> {
  return describe(await observe(layout()));
}

async function prepare(
  paths: Layout,
  cgroups: Node['cgroups'],
  onProgress: (message: string) => void,
): Promise<Node> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  await rm(paths.logs, { recursive: true, force: true });
  await mkdir(paths.logs, { recursive: true });
  const node = await inspectNode(paths, cgroups, onProgress);
  await setSysctls(paths);
  await createBridge(paths);
  await createRoots(paths, cgroups);
  return node;
}

async function create(
  paths: Layout,
  tools: Tools,
  node: Node,
  { signal, dns = [] }: UpOptions,
  onProgress: (message: string) => void,
): Promise<void> {
  const [etcd = 0, etcdPeer = 0] = await freePorts(2);
  const [api = 0] = await freePorts(1, network.nodeAddress);
  const server = `https://${network.nodeAddress}:${api}`;
  const { ca, adminToken } = await writeKeys(paths, server);
  await writeNodeFiles(paths, node);
  const args = programArguments(paths, { etcd, etcdPeer, api });
  const daemons: Daemon[] = [];
  const start = async (name: ProgramName): Promise<Daemon> => {
    const program = name === 'containerd' ? requireProgram(name, 'Install containerd.') : tools[name];
    const daemon = await startDaemon(paths, name, program, args[name]);
    daemons.push(daemon);
    return daemon;
  };
  const client = new ApiClient(server, ca, adminToken);
  const wait = (
    what: string,
    deadlineMs: number,
    condition: (limit: AbortSignal) => Promise<boolean>,
    log: Daemon,
  ): Promise<boolean> =>
    waitUntil(condition, {
      what,
      deadlineMs,
      signal,
      check: () => checkDaemons(daemons),
      detail: () => tail(log.logFile),
    });
  try {
    onProgress('Starting etcd, the API server and containerd');
    await start('etcd');
    const containerd = await start('containerd');
    const apiserver = await start('kube-apiserver');
    const corednsImage = `local/coredns:${keyOf(tools.coredns)}`;
    const images = (async () => {
      const ctr = requireProgram('ctr', 'Install the Debian package containerd.');
      const answers = async (): Promise<boolean> => {
        await run(ctr, ['--address', paths.containerdSocket, 'version']);
        return true;
      };
      await wait('containerd to answer', 30_000, answers, containerd);
      await loadIntoContainerd(paths, await systemImages(tools, corednsImage), () => {}, signal);
    })();
    images.catch(() => {});
    await wait(
      'the API server to be ready',
      60_000,
      async (limit) => (await client.call('GET', '/readyz', { signal: limit })).status === 200,
      apiserver,
    );
    onProgress('Starting the controllers and the node');
    await start('kube-controller-manager');
    await start('kube-scheduler');
    await start('kube-proxy');
    const kubelet = await start('kubelet');
    for (const { path, object } of corednsObjects(corednsImage, dns)) await client.apply(path, object);
    await images;
    await wait(
      `node ${nodeName} to be Ready`,
      60_000,
      (limit) => nodeReady(client, nodeName, limit),
      kubelet,
    );
    onProgress('The node is ready; waiting for DNS');
    await wait('the cluster DNS to be available', 60_000, (limit) => dnsAvailable(client, limit), kubelet);
    const state: LocalState = {
      server,
      apiServer: tools['kube-apiserver'],
      daemons: daemons.map((d) => d.name),
    };
    await writeFile(`${paths.state}.tmp`, JSON.stringify(state));
    // Written last and whole: its presence says that `up` was finished.
    await rename(`${paths.state}.tmp`, paths.state);
  } finally {
    client.close();
  }
}

async function writeNodeFiles(paths: Layout, node: Node): Promise<void> {
  await Promise.all(
    [paths.cniConfig, paths.podLogs, paths.kubelet].map((folder) => mkdir(folder, { recursive: true })),
  );
  await Promise.all([
    writeFile(
      join(paths.folder, 'containerd.toml'),
      containerdConfig(paths, { pauseImage, snapshotter: node.snapshotter, cniPrograms: node.cniPrograms }),
    ),
    writeFile(join(paths.folder, 'kubelet.json'), JSON.stringify(kubeletConfig(paths, `/${paths.cgroup}`))),
    writeFile(join(paths.cniConfig, '10-pods.conflist'), cniConfig(paths)),
    // Pods with `dnsPolicy: Default` resolve nothing: the host's resolver may be out of their reach.
    writeFile(join(paths.folder, 'resolv.conf'), ''),
  ]);
}

/** The archives of the two images that the cluster itself needs, made next to their programs in the cache. */
async function systemImages(tools: Tools, corednsImage: string): Promise<string[]> {
  const pause = join(dirname(tools.pause), 'image.tar');
  const coredns = join(dirname(tools.coredns), 'image.tar');
  const make = async (archive: string, ref: string, program: string, name: string): Promise<void> => {
    const present = await readFile(archive).catch(() => undefined);
    if (!present) await writeImageArchive({ ref, program, name }, archive);
  };
  await Promise.all([
    make(pause, pauseImage, tools.pause, 'pause'),
    make(coredns, corednsImage, tools.coredns, 'coredns'),
  ]);
  return [pause, coredns];
}

/** The cache key in a tool's path: .../coredns/<key>/coredns. */
function keyOf(tool: string): string {
  return dirname(tool).split('/').at(-1) ?? 'latest';
}

export async function nodeReady(client: ApiClient, name: string, limit: AbortSignal): Promise<boolean> {
  return conditionHolds(await client.get(`/api/v1/nodes/${name}`, limit), 'Ready');
}

async function dnsAvailable(client: ApiClient, limit: AbortSignal): Promise<boolean> {
  const path = '/apis/apps/v1/namespaces/kube-system/deployments/coredns';
  return conditionHolds(await client.get(path, limit), 'Available');
}

function conditionHolds(object: unknown, type: string): boolean {
  const { status } = object as { status?: { conditions?: { type: string; status: string }[] } };
  return status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
}

async function handle(
  paths: Layout,
  onProgress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Cluster> {
  if (!(await readState(paths))) throw new Error('The local cluster was taken down by another process');
  await registerUser(paths);
  return {
    kind: 'local',
    kubeconfig: paths.kubeconfig,
    context: contextName,
    hostAddress: network.hostAddress,
    podCidr: network.podCidr,
    joinNode: () => joinLocal({ onProgress, signal }),
    loadImages: (archives) => loadIntoContainerd(paths, archives, onProgress, signal),
    down: () => downLocal(onProgress),
  };
}
