import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir } from '../../hack/cache.ts';
import { requireProgram } from '../../hack/process/find-program.ts';
import { withLock } from '../../hack/process/lock.ts';
import { run } from '../../hack/process/run.ts';

const peers = fileURLToPath(new URL('.', import.meta.url));
/** Milliseconds between two lines about the same installation. */
const progressEveryMs = 5_000;

/** The runtimes that have npm packages of their own, each pinned by the lockfile in `bench/peers/NAME/`. */
export type NpmPeer = 'dot-i' | 'kubernetes-fluent-client' | 'livekit';

/**
 * Makes `bench/peers/NAME/node_modules` what the lockfile beside it says. The packages are no part of the product's
 * own lockfile: they are what it is compared with. No package's install script runs. Some seconds the first time,
 * then the comparison of a hash; one process installs at a time.
 * @returns The peer's folder. A module outside of it reaches the packages with `createRequire(join(folder, 'package.json'))`.
 * @throws when npm is missing or fails, with the end of what it printed.
 */
export async function installPeer(
  name: NpmPeer,
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const folder = join(peers, name);
  const modules = join(folder, 'node_modules');
  const stamp = join(modules, '.skald-stamp');
  const wanted = await stampOf(folder);
  const isCurrent = async (): Promise<boolean> =>
    existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted;
  if (await isCurrent()) return folder;
  await withLock(
    join(cacheDir(), 'peers', `${keyOf(folder)}.lock`),
    async () => {
      // Whoever held the lock before us may have done it.
      if (await isCurrent()) return;
      // Before the packages, so that a process killed in between leaves none that look complete.
      await rm(stamp, { force: true });
      await rm(modules, { recursive: true, force: true });
      await install(name, folder, onProgress, signal);
      await writeFile(stamp, wanted);
    },
    { signal, onWait: (pid) => onProgress(`Waiting for process ${pid}, which is installing ${name}`) },
  );
  return folder;
}

async function install(
  name: NpmPeer,
  folder: string,
  onProgress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const npm = requireProgram('npm', 'It comes with Node.');
  const begin = Date.now();
  const seconds = (): string => `${Math.round((Date.now() - begin) / 1000)} s`;
  onProgress(`Installing the packages of ${name} (once)`);
  const ticker = setInterval(() => onProgress(`Installing ${name}: ${seconds()}`), progressEveryMs);
  try {
    await run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      // This Node, not another one that comes earlier on PATH and may be too old for npm.
      environment: {
        ...process.env,
        PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
      },
      signal,
      stopSignal: 'SIGTERM', // npm removes its temporary files
    });
    onProgress(`Installed ${name} in ${seconds()}`);
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Could not install the packages of ${name} in ${folder}: ${reason}`, { cause });
  } finally {
    clearInterval(ticker);
  }
}

async function stampOf(folder: string): Promise<string> {
  const lockfile = await readFile(join(folder, 'package-lock.json'), 'utf8');
  return keyOf([lockfile, process.platform, process.arch].join('\n'));
}

function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
