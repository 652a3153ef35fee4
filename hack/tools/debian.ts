import { readdirSync } from 'node:fs';
import { findProgram } from '../process/find-program.ts';
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
  const apt = (...args: string[]): Promise<string> =>
    run(installer, args, {
      signal,
      stopSignal: 'SIGTERM',
      environment: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
    });
  // Never at the cost of what is there: Docker's containerd.io, for one, conflicts with Debian's containerd.
  const options = ['--yes', '--quiet', '--no-install-recommends', '--no-remove'];
  const install = ['install', ...options, ...missing];
  onProgress(`Installing Debian packages: ${missing.join(', ')}`);
  if (!hasPackageLists()) await apt('update', '--quiet');
  try {
    await apt(...install);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    // The lists are older than the mirror, the usual reason; a second failure is final.
    onProgress('Refreshing the package lists (apt-get update)');
    await apt('update', '--quiet');
    await apt(...install);
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
