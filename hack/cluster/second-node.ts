// A second node for the local cluster: a kubelet and a containerd of its own beside the first one's. On one machine
// that shows what moves from node to node; it adds no capacity.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join as joinPath } from 'node:path';
import { requireProgram } from '../process/find-program.ts';
import { withLock } from '../process/lock.ts';
import { run } from '../process/run.ts';
import { tail } from '../process/tail.ts';
import { waitUntil } from '../process/wait-until.ts';
import { ensureTools } from '../tools/index.ts';
import { ApiClient } from './api-client.ts';
import { type CgroupMounts, createRoots } from './cgroups.ts';
import { checkDaemons, type Daemon, markedEnvironment, recordedDaemons, startDaemon } from './daemon.ts';
import { parseImageList } from './images.ts';
import { type Layout, layout, network, secondNode, secondNodeName } from './layout.ts';
import { nodeReady, pauseImage } from './local.ts';
import { readState } from './local-health.ts';
import { containerdConfig, kubeletConfig } from './node-config.ts';
import { inspectNode, requireMachine } from './preflight.ts';

/** The first kubelet has 10250. */
const KUBELET_PORT = 10_251;
/** As node 1's, in its own folder. */
const CONTAINERD = 'containerd-2';
const KUBELET = 'kubelet-2';

export interface JoinOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (message: string) => void;
}

/** Adds the node, with every image that the first one has; does nothing when it is there. @returns its name */
export async function joinLocal({ signal, onProgress }: JoinOptions): Promise<string> {
  const paths = layout();
  const cgroups = await requireMachine();
  const tools = await ensureTools(['kubelet'], onProgress, signal);
  await withLock(paths.lock, () => join(paths, cgroups, tools.kubelet, { signal, onProgress }), { signal });
  return secondNodeName;
}

async function join(
  paths: Layout,
  cgroups: CgroupMounts,
  kubeletProgram: string,
  { signal, onProgress }: JoinOptions,
): Promise<void> {
  const state = await readState(paths);
  if (state === undefined) throw new Error('No local cluster is up that a node could join');
  const own = secondNode(paths);
  const client = await adminClient(paths, state.server);
  try {
    const running = await recordedDaemons(paths);
    if (running.some(({ name }) => name === KUBELET) && (await client.nodeIsReady())) return;
    onProgress(`Adding node ${secondNodeName}`);
    const { snapshotter, cniPrograms } = await inspectNode(paths, cgroups, onProgress);
    const folder = dirname(own.kubelet);
    await Promise.all([own.podLogs, own.kubelet].map((path) => mkdir(path, { recursive: true })));
    await createRoots(own, cgroups);
    const containerdFile = joinPath(folder, 'containerd.toml');
    const kubeletFile = joinPath(folder, 'kubelet.json');
    await Promise.all([
      writeFile(containerdFile, containerdConfig(own, { pauseImage, snapshotter, cniPrograms })),
      writeFile(kubeletFile, JSON.stringify(kubeletConfig(own, `/${own.cgroup}`, KUBELET_PORT))),
    ]);
    const containerd = await startDaemon(
      paths,
      CONTAINERD,
      requireProgram('containerd', 'Install containerd.'),
      [`--config=${containerdFile}`],
    );
    await copyImages(paths, own, containerd, signal);
    const kubelet = await startDaemon(paths, KUBELET, kubeletProgram, [
      `--config=${kubeletFile}`,
      `--kubeconfig=${paths.keys}/kubelet-2.kubeconfig`,
      `--root-dir=${own.kubelet}`,
      `--cert-dir=${paths.keys}`,
      `--hostname-override=${secondNodeName}`,
      `--node-ip=${network.nodeAddress}`,
    ]);
    await waitUntil(() => client.nodeIsReady(), {
      what: `node ${secondNodeName} to be Ready`,
      deadlineMs: 60_000,
      signal,
      check: () => checkDaemons([containerd, kubelet]),
      detail: () => tail(kubelet.logFile),
    });
  } finally {
    client.close();
  }
}

/** Everything that the first node has: what was built, and what the cluster itself needs. */
async function copyImages(
  from: Layout,
  to: Layout,
  containerd: Daemon,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ctr = requireProgram('ctr', 'Install the Debian package containerd.');
  const call = (node: Layout, ...args: string[]): Promise<string> =>
    run(ctr, ['--address', node.containerdSocket, '--namespace', 'k8s.io', ...args], {
      signal,
      environment: markedEnvironment(from),
    });
  const answers = async (): Promise<boolean> => {
    await call(to, 'version');
    return true;
  };
  await waitUntil(answers, {
    what: 'the second containerd to answer',
    deadlineMs: 30_000,
    signal,
    check: () => checkDaemons([containerd]),
    detail: () => tail(containerd.logFile),
  });
  const names = Object.keys(parseImageList(await call(from, 'images', 'list')));
  const archive = joinPath(dirname(to.kubelet), 'images.tar');
  await call(from, 'images', 'export', archive, ...names);
  await call(to, 'images', 'import', archive);
  await rm(archive);
}

async function adminClient(paths: Layout, server: string) {
  const token = (await readFile(joinPath(paths.keys, 'tokens.csv'), 'utf8')).split(',')[0] ?? '';
  const client = new ApiClient(server, await readFile(joinPath(paths.keys, 'ca.crt'), 'utf8'), token);
  return {
    nodeIsReady: (): Promise<boolean> =>
      nodeReady(client, secondNodeName, AbortSignal.timeout(5_000)).catch(() => false),
    close: () => client.close(),
  };
}
