import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../cache.ts';
import { findProgram } from '../process/find-program.ts';
import { withLock } from '../process/lock.ts';
import { RunError, run } from '../process/run.ts';

/**
 * Installs the Debian packages that are missing, and nothing when none is.
 * @param why completes "... are needed to", for the error of a machine where they cannot be installed.
 * @throws when apt is absent, we are not root, or apt fails (with its last lines).
 */
export async function ensureDebianPackages(
  names: readonly string[],
  why: string,
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const query = findProgram('dpkg-query');
  const installer = findProgram('apt-get');
  if (!query || !installer) {
    throw new Error(
      `The programs of the Debian packages ${names.join(', ')} are needed to ${why}, and this system has no apt: install their equivalents.`,
    );
  }
  const missing = missingPackages(names, await installed(query, names));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `The Debian packages ${missing.join(', ')} are needed to ${why}: run "apt-get install --no-install-recommends ${missing.join(' ')}" as root.`,
    );
  }
  // The cluster and the image builder ask at the same time, and apt lets one in.
  await withLock(
    join(cacheDir(), 'apt.lock'),
    async () => {
      // Whoever held the lock before us may have installed some of them.
      const needed = missingPackages(missing, await installed(query, missing));
      if (needed.length > 0) await install(installer, needed, onProgress, signal);
    },
    { signal, onWait: (pid) => onProgress(`Waiting for process ${pid}, which is installing packages`) },
  );
}

async function install(
  installer: string,
  names: readonly string[],
  onProgress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const apt = (...args: string[]): Promise<string> =>
    run(installer, args, {
      signal,
      stopSignal: 'SIGTERM',
      environment: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
    });
  const get = (): Promise<string> =>
    apt(
      'install',
      '--yes',
      '--quiet',
      '--no-install-recommends',
      // Never at the cost of what is there: Docker's containerd.io, for one, conflicts with Debian's containerd.
      '--no-remove',
      // Seconds for somebody else's apt to finish, such as the system's own upgrades.
      '--option=DPkg::Lock::Timeout=120',
      ...names,
    );
  onProgress(`Installing Debian packages: ${names.join(', ')}`);
  if (!hasPackageLists()) await apt('update', '--quiet');
  try {
    await get();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    // The lists are older than the mirror, the usual reason; a second failure is final.
    onProgress('Refreshing the package lists (apt-get update)');
    await apt('update', '--quiet');
    await get();
  }
}

/** `queryOutput`: lines of "<package> <status>", as `dpkg-query -W -f '${Package} ${db:Status-Status}\n'` prints. */
export function missingPackages(names: readonly string[], queryOutput: string): string[] {
  const present = new Set(
    queryOutput
      .split('\n')
      .map((line) => line.trim().split(' '))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  );
  return names.filter((name) => !present.has(name));
}

async function installed(query: string, names: readonly string[]): Promise<string> {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
    return await run(query, ['--show', '--showformat=${Package} ${db:Status-Status}\\n', ...names]);
  } catch (error) {
    // It fails when it does not know one of the names, after printing what it knows.
    if (error instanceof RunError) return error.output;
    throw error;
  }
}

function hasPackageLists(): boolean {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
}
