/**
 * Which processor cores belong to whom. The contender gets a core of its own, so that what it costs shows as what it
 * can do, and the server's work is not taken for its own.
 */
import { readFile } from 'node:fs/promises';
import { run } from '../../hack/process/run.ts';

export interface CorePlan {
  /** etcd and the API server, or the stub. */
  readonly server: readonly number[];
  readonly contender: readonly number[];
  /** Whoever creates the objects and watches for their status. */
  readonly harness: readonly number[];
}

/**
 * Two cores: one for the contender; the harness, which is cheap, shares the server's, so that it slows all contenders
 * by the same, or the contender's, where the harness works as much as that one does. More: one for the contender, one for the harness, the others for the server, whose speed should not be
 * what is measured. One: everyone shares it, and figures compare only roughly.
 */
export function planCores(
  available: readonly number[],
  harnessBeside: 'server' | 'contender' = 'server',
): CorePlan {
  const [first, second, ...others] = available;
  if (first === undefined) throw new Error('there is no core to plan with');
  if (second === undefined) return { server: [first], contender: [first], harness: [first] };
  if (others.length === 0) {
    const harness = harnessBeside === 'server' ? first : second;
    return { server: [first], contender: [second], harness: [harness] };
  }
  return { server: [first, ...others.slice(1)], contender: [second], harness: others.slice(0, 1) };
}

/** The numbers in a kernel's list of cores, such as `0-2,5`. */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [from = Number.NaN, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

/** The cores that this process may run on: fewer than the machine has, in a container. */
export async function availableCores(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  if (list === undefined) throw new Error('/proc/self/status does not tell the cores of this process');
  return parseCoreList(list);
}

/** Moves this process, all its threads, and what it starts from now on to these cores. */
export async function pinSelf(cores: readonly number[]): Promise<void> {
  await run('taskset', ['--all-tasks', '--cpu-list', '--pid', cores.join(','), String(process.pid)]);
}
