import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, requireProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { type CgroupMounts, missingControllers, parseCgroupMounts } from './cgroups.ts';
import type { Layout } from './layout.ts';

export interface Node {
  cgroups: CgroupMounts;
  snapshotter: 'overlayfs' | 'native';
  /** The folder of the CNI plugins. */
  cniPrograms: string;
}

/** Where CNI plugins are installed: Debian's folder first. */
export const cniFolders = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'] as const;

/** Before anything is installed: what no package can mend. @throws with every problem in one message. */
export async function requireMachine(): Promise<CgroupMounts> {
  const problems: string[] = [];
  if (process.platform !== 'linux')
    problems.push(`The local cluster needs Linux; this is ${process.platform}.`);
  if (process.getuid?.() !== 0)
    problems.push('The local cluster needs root, for namespaces, mounts and the bridge.');
  const cgroups = parseCgroupMounts(await readFile('/proc/self/mounts', 'utf8').catch(() => ''));
  if (process.platform === 'linux') {
    if (!cgroups) problems.push('No control groups are mounted below /sys/fs/cgroup.');
    else {
      const unified = await readFile(
        join(cgroups.hierarchies[''] ?? '/', 'cgroup.controllers'),
        'utf8',
      ).catch(() => '');
      const missing = missingControllers(cgroups, unified);
      if (missing.length > 0) problems.push(`The kernel's control groups lack: ${missing.join(', ')}.`);
    }
  }
  if (problems.length > 0 || !cgroups) {
    throw new Error(
      `This machine cannot run the local cluster.\n${problems.map((p) => `  - ${p}`).join('\n')}\nUse kind (with Docker), or a cluster that you have: --context NAME.`,
    );
  }
  return cgroups;
}

/** After the packages are there: what the node is to use. */
export async function inspectNode(
  paths: Layout,
  cgroups: CgroupMounts,
  onProgress: (message: string) => void,
): Promise<Node> {
  await loadModules(['overlay', 'bridge', 'br_netfilter', 'nf_tables']);
  const bridgeFilter = await readFile('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').catch(
    () => undefined,
  );
  if (bridgeFilter === undefined) {
    onProgress('The kernel has no br_netfilter: a pod cannot reach another one through a Service address.');
  }
  const overlay = await overlayWorks(paths);
  if (!overlay) onProgress('overlayfs does not work here: containers use copies of their images (slower).');
  const cniPrograms = cniFolders.find((folder) => findProgram('host-local', [folder]));
  if (!cniPrograms)
    throw new Error('The CNI plugins are not installed: Debian package containernetworking-plugins.');
  return { cgroups, snapshotter: overlay ? 'overlayfs' : 'native', cniPrograms };
}

/** Kernels with everything built in have no modprobe, or nothing for it to load: what is missing shows later. */
async function loadModules(names: readonly string[]): Promise<void> {
  const modprobe = findProgram('modprobe');
  if (!modprobe) return;
  for (const name of names) await run(modprobe, ['--quiet', name]).catch(() => {});
}

/** A folder that is itself on overlayfs (a container) cannot hold the upper layer of another one. */
async function overlayWorks(paths: Layout): Promise<boolean> {
  const trial = join(paths.folder, 'overlay-trial');
  const part = (name: string): string => join(trial, name);
  await Promise.all(['lower', 'upper', 'work', 'merged'].map((n) => mkdir(part(n), { recursive: true })));
  const options = `lowerdir=${part('lower')},upperdir=${part('upper')},workdir=${part('work')}`;
  try {
    await run(requireProgram('mount', 'Install util-linux.'), [
      '-t',
      'overlay',
      'overlay',
      '-o',
      options,
      part('merged'),
    ]);
    await run(requireProgram('umount', 'Install util-linux.'), [part('merged')]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
