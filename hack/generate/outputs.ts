// Writes generated files, or says which of them are not current.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Files that generation owns: their wanted text by path, and folders in which nothing else may be. */
export interface Outputs {
  readonly files: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
}

/** What differs from the wanted state, as paths relative to `root`, sorted. Empty: everything is current. */
export async function staleOutputs(root: string, outputs: Outputs): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of outputs.files) {
    if ((await readOrUndefined(path)) !== text) stale.push(relative(root, path));
  }
  for (const path of await strangers(outputs)) stale.push(`${relative(root, path)} (no longer generated)`);
  return stale.sort();
}

/** Writes what differs and removes what is no longer generated. Returns the same as staleOutputs before. */
export async function writeOutputs(root: string, outputs: Outputs): Promise<string[]> {
  const stale = await staleOutputs(root, outputs);
  for (const [path, text] of outputs.files) {
    if ((await readOrUndefined(path)) === text) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  for (const path of await strangers(outputs)) await rm(path);
  return stale;
}

async function strangers(outputs: Outputs): Promise<string[]> {
  const found: string[] = [];
  for (const folder of outputs.folders) {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    found.push(...names.map((name) => join(folder, name)).filter((path) => !outputs.files.has(path)));
  }
  return found;
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
