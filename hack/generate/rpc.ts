// The TypeScript of src/rpc/proto, by buf and ts-proto, rendered into a temporary folder so that
// a check changes nothing in the tree.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Wanted text by path of every file in src/rpc/generated. Throws with buf's own words when it refuses. */
export async function renderRpc(root: string): Promise<Map<string, string>> {
  const source = join(root, 'src/rpc');
  const work = await mkdtemp(join(tmpdir(), 'skald-generate-'));
  try {
    for (const name of ['proto', 'buf.yaml', 'buf.gen.yaml']) {
      await cp(join(source, name), join(work, name), { recursive: true });
    }
    const bin = join(root, 'node_modules/.bin');
    const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
    await run(join(bin, 'buf'), ['lint'], { cwd: work, env });
    await run(join(bin, 'buf'), ['generate'], { cwd: work, env });
    return await readTree(join(work, 'generated'), join(source, 'generated'));
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? `${error.stdout}`.trim() : '';
    throw new Error(`buf could not generate from src/rpc/proto${said === '' ? '' : `:\n${said}`}`, {
      cause: error,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function readTree(folder: string, target: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(join(target, relative(folder, path)), await readFile(path, 'utf8'));
  }
  return files;
}
