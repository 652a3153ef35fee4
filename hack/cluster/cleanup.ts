import { rm, rmdir } from 'node:fs/promises';
import { requireProgram } from '../process/find-program.ts';
import { stillRuns } from '../process/identity.ts';
import { run } from '../process/run.ts';
import { waitUntil } from '../process/wait-until.ts';
import { removeGroups } from './cgroups.ts';
import type { Layout } from './layout.ts';
import { type Observed, observe } from './observe.ts';
import { restoreSysctls } from './sysctls.ts';

export type CleanupStep =
  | { kind: 'kill'; processes: Observed['processes'] }
  | { kind: 'unmount'; points: string[] }
  | { kind: 'delete-links'; links: string[] }
  | { kind: 'delete-tables'; tables: string[] }
  | { kind: 'remove-cgroups'; groups: string[] }
  | { kind: 'remove-files'; files: string[] };

/**
 * What to do about what is there, in the order in which it can be done: programs first, because they would make
 * anew what is taken from them; then mounts, whose network namespaces hold the pods' ends of the bridge.
 */
export function planCleanup(observed: Observed): CleanupStep[] {
  const steps: CleanupStep[] = [];
  if (observed.processes.length > 0) steps.push({ kind: 'kill', processes: observed.processes });
  if (observed.mounts.length > 0) steps.push({ kind: 'unmount', points: observed.mounts });
  if (observed.links.length > 0) steps.push({ kind: 'delete-links', links: observed.links });
  if (observed.tables.length > 0) steps.push({ kind: 'delete-tables', tables: observed.tables });
  if (observed.cgroups.length > 0) steps.push({ kind: 'remove-cgroups', groups: observed.cgroups });
  if (observed.files.length > 0) steps.push({ kind: 'remove-files', files: observed.files });
  return steps;
}

/** One line for each thing that is there. */
export function describe(observed: Observed): string[] {
  return [
    ...observed.processes.map(({ name, identity }) => `process ${identity.pid} (${name})`),
    ...observed.mounts.map((point) => `mount ${point}`),
    ...observed.links.map((link) => `network link ${link}`),
    ...observed.tables.map((table) => `nftables table ${table}`),
    ...observed.cgroups.map((group) => `control group ${group}`),
    ...observed.files.map((file) => `file ${file}`),
  ];
}

/**
 * Removes everything of the local cluster but its logs; repeats until nothing is found, because a dying program
 * can leave something behind after it was looked at.
 * @throws naming what could not be removed. The folder is never deleted while something is mounted in it.
 */
export async function cleanUp(paths: Layout): Promise<void> {
  let observed = await observe(paths);
  for (let round = 0; round < 5; round += 1) {
    const steps = planCleanup(observed);
    if (steps.length === 0) break;
    for (const step of steps) await perform(step);
    observed = await observe(paths);
  }
  const left = describe(observed);
  if (left.length > 0) {
    throw new Error(
      `Could not remove what is left of the local cluster in ${paths.folder}: ${left.join(', ')}`,
    );
  }
  await restoreSysctls(paths);
  await rm(paths.folder, { recursive: true, force: true });
  // Folders that containerd, CNI and the kubelet make at fixed places; others' contents keep them.
  for (const folder of [
    '/run/containerd/s',
    '/run/containerd',
    '/var/lib/cni/results',
    '/var/lib/cni',
    '/var/lib/kubelet',
    '/var/log/containers',
  ]) {
    await rmdir(folder).catch(() => {});
  }
}

async function perform(step: CleanupStep): Promise<void> {
  switch (step.kind) {
    case 'kill':
      for (const { identity } of step.processes) if (stillRuns(identity)) kill(identity.pid);
      await waitUntil(async () => step.processes.every(({ identity }) => !stillRuns(identity)), {
        what: `${step.processes.map((p) => p.name).join(', ')} to end after SIGKILL`,
        deadlineMs: 20_000,
        everyMs: 20,
      });
      return;
    case 'unmount':
      // Lazily: a process of another mount namespace may still hold one; it vanishes with that process.
      await run(requireProgram('umount', 'Install util-linux.'), ['--lazy', ...step.points]).catch(() => {});
      return;
    case 'delete-links':
      for (const link of step.links)
        await run(requireProgram('ip', 'Install iproute2.'), ['link', 'delete', link]);
      return;
    case 'delete-tables':
      for (const table of step.tables) {
        await run(requireProgram('nft', 'Install nftables.'), ['delete', 'table', ...table.split(' ')]);
      }
      return;
    case 'remove-cgroups':
      // A killed process leaves its group a moment later than the process table.
      await waitUntil(async () => (await removeGroups(step.groups)).length === 0, {
        what: 'the control groups to be empty',
        deadlineMs: 5_000,
        everyMs: 20,
      }).catch(() => {});
      return;
    case 'remove-files':
      await Promise.all(step.files.map((file) => rm(file, { recursive: true, force: true })));
      return;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
