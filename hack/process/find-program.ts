import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where administration programs live; an ordinary user's PATH often lacks them. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin'];

/** The absolute path of a program on PATH, in the usual system folders, or in `extra`; undefined when absent. */
export function findProgram(name: string, extra: readonly string[] = []): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((f) => f.startsWith('/')),
    ...systemFolders,
    ...extra,
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** @throws with `advice` on how to get it. */
export function requireProgram(name: string, advice: string): string {
  const path = findProgram(name);
  if (!path) throw new Error(`The program ${name} is not on PATH. ${advice}`);
  return path;
}
