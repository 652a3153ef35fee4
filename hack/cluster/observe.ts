import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../process/find-program.ts';
import { identify, type ProcessIdentity, stillRuns } from '../process/identity.ts';
import { run } from '../process/run.ts';
import { groupsBelow, ownRoots, parseCgroupMounts, processesIn } from './cgroups.ts';
import { recordedDaemons } from './daemon.ts';
import { type Layout, markerVariable, network, secondNode } from './layout.ts';

/** What of a local cluster exists on this machine, whatever state it is in. */
export interface Observed {
  processes: { identity: ProcessIdentity; name: string }[];
  /** Mount points below the cluster's folder, the innermost first. */
  mounts: string[];
  /** Network links that are ours. */
  links: string[];
  /** nftables tables, each as "<family> <name>". */
  tables: string[];
  /** Control groups, the deepest first. */
  cgroups: string[];
  /** Files outside of the cluster's folder that containerd, CNI and the kubelet leave. */
  files: string[];
}

export async function observe(paths: Layout): Promise<Observed> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const groupMounts = parseCgroupMounts(mounts);
  const cgroups = groupMounts
    ? (await Promise.all(ownRoots(paths, groupMounts).map((root) => groupsBelow(root)))).flat()
    : [];
  const [processes, links, tables, files] = await Promise.all([
    findProcesses(paths, cgroups),
    findLinks(paths),
    findTables(paths),
    findFiles(paths),
  ]);
  return { processes, mounts: mountsBelow(mounts, paths.folder), links, tables, cgroups, files };
}

/** Mount points below `folder`, the innermost (last mounted) first. @param mounts text of /proc/self/mounts */
export function mountsBelow(mounts: string, folder: string): string[] {
  return mounts
    .split('\n')
    .map((line) =>
      (line.split(' ')[1] ?? '').replace(/\\([0-7]{3})/g, (_, code) =>
        String.fromCharCode(parseInt(code, 8)),
      ),
    )
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse();
}

/** Recorded daemons, whatever carries the marker (containerd's shims do), and whatever is in a pod's cgroup. */
async function findProcesses(paths: Layout, cgroups: readonly string[]): Promise<Observed['processes']> {
  const found = new Map<number, ProcessIdentity>();
  for (const { identity } of await recordedDaemons(paths)) {
    if (stillRuns(identity)) found.set(identity.pid, identity);
  }
  const marker = `${markerVariable}=${paths.folder}`;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      // The identity is taken before the look, so that a pid that changes hands meanwhile does not match later.
      const identity = identify(pid);
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(marker) ? identity : undefined;
    }),
  );
  for (const identity of marked) if (identity) found.set(identity.pid, identity);
  for (const group of cgroups) {
    for (const pid of await processesIn(group)) {
      const identity = identify(pid);
      // The second look makes sure that the process with this start time is the one in the group.
      if (identity && (await belongsToCluster(paths, pid))) found.set(pid, identity);
    }
  }
  return Promise.all(
    [...found.values()].map(async (identity) => ({
      identity,
      name: (await readFile(`/proc/${identity.pid}/comm`, 'utf8').catch(() => '?')).trim(),
    })),
  );
}

async function belongsToCluster(paths: Layout, pid: number): Promise<boolean> {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return groups.split('\n').some((line) => line.includes(`/${paths.cgroup}`));
}

/** The bridge carries the cluster's folder as its alias; without it, the bridge is somebody else's. */
async function findLinks(paths: Layout): Promise<string[]> {
  const links: string[] = [];
  if ((await linkAlias(network.newBridge)) !== undefined) links.push(network.newBridge);
  if ((await linkAlias(network.bridge)) === bridgeAlias(paths)) links.push(network.bridge);
  return links;
}

/**
 * The alias of a network link, '' for one without; undefined when there is no such link. Asked of the kernel and
 * not of /sys, which may show another network namespace's links.
 */
export async function linkAlias(name: string): Promise<string | undefined> {
  const ip = findProgram('ip');
  if (!ip) return undefined;
  const listed: unknown = JSON.parse((await run(ip, ['-json', 'link', 'show'])) || '[]');
  for (const link of Array.isArray(listed) ? listed : []) {
    const { ifname, ifalias } = link as { ifname?: unknown; ifalias?: unknown };
    if (ifname === name) return typeof ifalias === 'string' ? ifalias : '';
  }
  return undefined;
}

export function bridgeAlias(paths: Layout): string {
  return `skald:${paths.folder}`;
}

async function findTables(paths: Layout): Promise<string[]> {
  const nft = findProgram('nft');
  if (!nft || process.getuid?.() !== 0) return [];
  const listed = (await run(nft, ['list', 'tables']))
    .split('\n')
    .map((line) => line.replace(/^table /, '').trim());
  const own = `ip ${paths.table}`;
  // kube-proxy's tables have fixed names: they are ours if our own table is there, made before and deleted after them.
  const others = ['ip kube-proxy', 'ip6 kube-proxy', `inet ${network.policyTable}`];
  return listed.includes(own) ? [...listed.filter((table) => others.includes(table)), own] : [];
}

async function findFiles(paths: Layout): Promise<string[]> {
  const [sockets, results, logs, devices] = await Promise.all([
    Promise.all([paths, secondNode(paths)].map(shimSockets)),
    readdir('/var/lib/cni/results').catch(() => []),
    list('/var/log/containers'),
    list('/var/lib/kubelet'),
  ]);
  const links = await Promise.all(
    logs.map(async (path) =>
      (await readlink(path).catch(() => '')).startsWith(`${paths.folder}/`) ? [path] : [],
    ),
  );
  // The kubelet serves device plugins there whatever its root folder is; a host's own kubelet keeps more in it.
  const only =
    existsSync(paths.kubelet) && devices.length === 1 && devices[0] === '/var/lib/kubelet/device-plugins';
  return [
    ...sockets.flat(),
    ...cniResults(paths.podNetwork, results).map((name) => `/var/lib/cni/results/${name}`),
    ...links.flat(),
    ...(only ? devices : []),
  ];
}

/** Results of our network, and those of the loopback that the same pods have. @param names in /var/lib/cni/results */
export function cniResults(podNetwork: string, names: readonly string[]): string[] {
  const pods = names
    .flatMap((name) => /^(.+)-eth0$/.exec(name)?.[1] ?? [])
    .flatMap((name) => (name.startsWith(`${podNetwork}-`) ? [name.slice(podNetwork.length + 1)] : []));
  const ours = new Set(pods.flatMap((pod) => [`${podNetwork}-${pod}-eth0`, `cni-loopback-${pod}-lo`]));
  return names.filter((name) => ours.has(name));
}

/** The sockets of containerd's shims lie at a fixed place, under names that only their bundles tell. */
async function shimSockets(paths: Layout): Promise<string[]> {
  const bundles = await list(join(paths.containerdState, 'io.containerd.runtime.v2.task', 'k8s.io'));
  const addresses = await Promise.all(
    bundles.map((b) => readFile(join(b, 'address'), 'utf8').catch(() => '')),
  );
  const sockets = addresses.map((address) => address.trim().replace(/^unix:\/\//, ''));
  return sockets.filter((path) => path.startsWith('/') && existsSync(path));
}

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
}
