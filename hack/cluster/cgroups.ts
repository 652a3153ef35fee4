import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Layout } from './layout.ts';

/** The mount points of the control-group hierarchies: one (v2), several (v1), or both. */
export interface CgroupMounts {
  version: 1 | 2;
  /** v1: by controller. v2: the unified one under ''. */
  hierarchies: Readonly<Record<string, string>>;
}

const needed = ['cpu', 'memory', 'pids'];

/** @param mounts text of /proc/self/mounts */
export function parseCgroupMounts(mounts: string): CgroupMounts | undefined {
  const v1: Record<string, string> = {};
  let unified: string | undefined;
  for (const line of mounts.split('\n')) {
    const [, point, type, options] = line.split(' ');
    if (!point) continue;
    if (type === 'cgroup2') unified ??= point;
    if (type === 'cgroup') {
      for (const option of (options ?? '').split(',')) {
        if (controllers.includes(option) || option === 'name=systemd') v1[option] = point;
      }
    }
  }
  // Beside v1 controllers the unified hierarchy (systemd's "hybrid" mode) has none, but runc makes groups in it.
  if (Object.keys(v1).some((name) => controllers.includes(name)))
    return { version: 1, hierarchies: unified ? { ...v1, unified } : v1 };
  return unified ? { version: 2, hierarchies: { '': unified } } : undefined;
}

const controllers = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'pids',
  'blkio',
  'devices',
  'freezer',
  'hugetlb',
  'net_cls',
  'net_prio',
  'perf_event',
];

/** The controllers that a kubelet cannot do without and that this machine lacks. */
export function missingControllers(mounts: CgroupMounts, unifiedControllers: string): string[] {
  const present = mounts.version === 1 ? Object.keys(mounts.hierarchies) : unifiedControllers.split(/\s+/);
  return needed.filter((name) => !present.includes(name));
}

/** Our own root in every hierarchy; the kubelet makes its pods' groups below it. */
export function ownRoots(paths: Layout, mounts: CgroupMounts): string[] {
  return [...new Set(Object.values(mounts.hierarchies))].map((point) => join(point, paths.cgroup));
}

export async function createRoots(paths: Layout, mounts: CgroupMounts): Promise<void> {
  for (const root of ownRoots(paths, mounts)) {
    if (mounts.version === 2) await delegate(dirname(root));
    await mkdir(root, { recursive: true });
    if (mounts.version === 2) await delegate(root);
    // A new cpuset has no processors, and nothing can run in it until it has.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const inherited = await readFile(join(dirname(root), file), 'utf8').catch(() => '');
      if (mounts.version === 1 && inherited.trim()) await writeFile(join(root, file), inherited);
    }
  }
}

async function delegate(group: string): Promise<void> {
  const available = (await readFile(join(group, 'cgroup.controllers'), 'utf8')).trim().split(/\s+/);
  for (const name of available) {
    // One by one: a controller that cannot be delegated must not keep the others back.
    await writeFile(join(group, 'cgroup.subtree_control'), `+${name}`).catch(() => {});
  }
}

/** Groups below and including `root`, the deepest first; empty when it does not exist. */
export async function groupsBelow(root: string): Promise<string[]> {
  let entries: string[];
  try {
    entries = (await readdir(root, { withFileTypes: true }))
      .filter((e) => e.isDirectory())
      .map((e) => e.name);
  } catch {
    return [];
  }
  const below = await Promise.all(entries.map((name) => groupsBelow(join(root, name))));
  return [...below.flat(), root];
}

export async function processesIn(group: string): Promise<number[]> {
  const text = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).map(Number);
}

/** Removes empty groups; returns those that are still in use. */
export async function removeGroups(groups: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const group of groups) {
    try {
      await rmdir(group);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) left.push(group);
    }
  }
  return left;
}
