import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const COMMON = [
  'Dockerfile',
  '.dockerignore',
  'package.json',
  'package-lock.json',
  'LICENSE',
  'hack/bundle',
  'hack/image',
] as const;

/** Images by name, with what each is made of: files, and folders with everything in them, relative to the root. */
export const INPUTS = {
  skald: [...COMMON, 'cli', 'controller', 'gateway', 'src', 'worker'],
  'skald-speech': [...COMMON, 'speech', 'src/audio'],
} as const;

export type ImageName = keyof typeof INPUTS;

/**
 * A hash over names and contents of everything that an image is made of, as 12 hexadecimal digits. Tests are not part
 * of it. Two trees with the same hash give the same image.
 *
 * @param extra what else decides, such as the engine and the processor.
 */
export async function hashInputs(
  root: string,
  paths: readonly string[],
  extra: readonly string[],
): Promise<string> {
  const files = (await Promise.all(paths.map((path) => filesUnder(root, path)))).flat().sort();
  const hash = createHash('sha256').update(JSON.stringify(extra));
  const contents = await Promise.all(files.map((file) => readFile(join(root, file))));
  files.forEach((file, index) => {
    const content = contents[index] ?? Buffer.alloc(0);
    hash.update(`\0${file}\0${content.length}\0`).update(content);
  });
  return hash.digest('hex').slice(0, 12);
}

async function filesUnder(root: string, path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true }).catch((error) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, '/').length));
}
