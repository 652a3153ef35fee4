// What npm installs is what was reviewed: exact versions, each with the hash of its content, from nowhere in particular.
import { type Lock, lockedPackages, type Manifest } from './manifest.ts';

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** @returns one sentence for each thing that is wrong */
export function lockfileProblems(manifest: Manifest, lock: Lock): string[] {
  const problems: string[] = [];
  if (lock.lockfileVersion !== 3)
    problems.push(`package-lock.json has lockfileVersion ${lock.lockfileVersion}, not 3`);
  const direct = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  for (const [name, version] of Object.entries(direct)) {
    if (!EXACT.test(version))
      problems.push(`package.json: ${name} is "${version}", which is no exact version`);
    const locked = lock.packages[`node_modules/${name}`];
    if (locked === undefined) problems.push(`package-lock.json has no ${name}`);
    else if (locked.version !== version) {
      problems.push(`package-lock.json has ${name} ${locked.version}, package.json wants ${version}`);
    }
  }
  for (const { path, entry } of lockedPackages(lock)) {
    if (entry.link === true) problems.push(`${path} is a link to a folder`);
    else if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(entry.integrity ?? '')) {
      problems.push(`${path} has no sha512 of its content`);
    }
    // A host in the lockfile would be asked, whatever registry an installation is told to use.
    if (entry.resolved !== undefined) problems.push(`${path} names where it comes from: ${entry.resolved}`);
  }
  return problems;
}
