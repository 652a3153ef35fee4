/**
 * Arguments and environments of every process in the pods, as anybody with a shell on the node sees them. Only for a
 * cluster on this machine.
 */
import { readdir, readFile } from 'node:fs/promises';
import { layout } from '../../cluster/layout.ts';
import type { Document } from './search.ts';

/** @param belongs whether a process is to be looked at, by its id and the text of its control groups */
export async function processes(
  belongs: (id: string, groups: string) => boolean = inPods,
): Promise<Document[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const documents = ids.map(async (id): Promise<Document[]> => {
    // Those that end meanwhile have nothing to be read.
    const [groups, args, environment] = await Promise.all(
      ['cgroup', 'cmdline', 'environ'].map((file) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '')),
    );
    if (args === undefined || environment === undefined || !belongs(id, groups ?? '')) return [];
    const name = args.split('\0', 3).join(' ');
    return [
      { place: 'process arguments', name: `${id} ${name}`, text: args },
      { place: 'process environments', name: `${id} ${name}`, text: environment },
    ];
  });
  return (await Promise.all(documents)).flat();
}

/** In the control group that all pods of the local cluster are below. */
function inPods(_id: string, groups: string): boolean {
  return groups.includes(`/${layout().cgroup}/`);
}
