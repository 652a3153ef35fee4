import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, parseIdentity, stillRuns } from '../process/identity.ts';
import type { Layout } from './layout.ts';

/** A live process that has got the local cluster from `up` and may be working with it. */
export interface ClusterUser {
  pid: number;
  command: string;
}

const folderOf = (paths: Layout): string => join(paths.folder, 'users');

/** Notes that this process uses the cluster; the note is void when the process ends. */
export async function registerUser(paths: Layout): Promise<void> {
  const me = identify(process.pid);
  if (!me) return;
  await mkdir(folderOf(paths), { recursive: true });
  await writeFile(join(folderOf(paths), String(process.pid)), JSON.stringify(me));
}

/** The other processes that use the cluster now. */
export async function otherUsers(paths: Layout): Promise<ClusterUser[]> {
  const users: ClusterUser[] = [];
  for (const name of await readdir(folderOf(paths)).catch(() => [])) {
    const identity = parseIdentity(await readFile(join(folderOf(paths), name), 'utf8').catch(() => ''));
    if (!identity || identity.pid === process.pid || !stillRuns(identity)) continue;
    const command = await readFile(`/proc/${identity.pid}/cmdline`, 'utf8').catch(() => '');
    users.push({ pid: identity.pid, command: command.replaceAll('\0', ' ').trim() });
  }
  return users;
}
