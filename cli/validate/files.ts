// The files that the arguments name.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface SourceFile {
  /** As it is written in messages; `-` is the standard input. */
  readonly name: string;
  readonly text: string;
}

export interface Unreadable {
  readonly name: string;
  readonly why: string;
}

export interface Sources {
  readonly files: readonly SourceFile[];
  readonly unreadable: readonly Unreadable[];
}

export interface SourceOptions {
  /** Folders with all that is below them; else only the files directly in a folder. */
  readonly recursive: boolean;
  readonly stdin: () => Promise<string>;
}

/** Each file once, in the order of the arguments, those of a folder by name. */
export async function readSources(paths: readonly string[], options: SourceOptions): Promise<Sources> {
  const files: SourceFile[] = [];
  const unreadable: Unreadable[] = [];
  const attempt = async <T>(name: string, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      unreadable.push({ name, why: whyOf(error) });
      return undefined;
    }
  };
  const names = new Set<string>();
  for (const path of paths) {
    const found = path === '-' ? ['-'] : await attempt(path, () => manifestsAt(path, options.recursive));
    for (const name of found ?? []) names.add(name);
  }
  for (const name of names) {
    const text = await attempt(name, () => (name === '-' ? options.stdin() : readFile(name, 'utf8')));
    if (text !== undefined) files.push({ name, text });
  }
  return { files, unreadable };
}

/** A file that is named is read whatever it is called. */
async function manifestsAt(path: string, recursive: boolean): Promise<string[]> {
  return (await stat(path)).isDirectory() ? manifestsIn(path, recursive) : [path];
}

/** What begins with a dot is left out: `.git`, `.github`. */
async function manifestsIn(folder: string, recursive: boolean): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    // A folder may well be called like a file, and a link leads somewhere.
    if ((await stat(path)).isDirectory()) {
      if (recursive) found.push(...(await manifestsIn(path, recursive)));
    } else if (/\.(?:ya?ml|json)$/.test(name)) found.push(path);
  }
  return found;
}

function whyOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES') return 'it may not be read';
  return error instanceof Error ? error.message : String(error);
}
