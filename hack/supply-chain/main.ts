// npm run check:supply-chain: what others' code gets in by, and under which licence. Offline.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dockerfileProblems } from './dockerfile.ts';
import { goLicences } from './go-licences.ts';
import { licenceProblems } from './licences.ts';
import { lockfileProblems } from './lockfile.ts';
import { lockedPackages, lockSchema, manifestSchema } from './manifest.ts';
import { scriptProblems } from './scripts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), 'utf8'));

const manifest = manifestSchema.parse(await json('package.json'));
const lock = lockSchema.parse(await json('package-lock.json'));
const go = await goLicences(await goFolders());
const problems = [
  ...lockfileProblems(manifest, lock),
  ...scriptProblems(manifest, lock),
  ...(await licenceProblems(root, lock)),
  ...go.problems,
  ...dockerfileProblems(await readFile(join(root, 'Dockerfile'), 'utf8')),
];
for (const problem of problems) console.error(problem);
const absent = go.absent === 0 ? '' : ` (${go.absent} are not on this machine)`;
console.log(
  `supply chain: ${lockedPackages(lock).length} packages, ${go.read} Go modules of tools${absent}, the Dockerfile: ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Where the tools' versions are pinned, each in a go.mod. */
async function goFolders(): Promise<string[]> {
  const found = await Promise.all(
    ['hack', 'bench', 'test'].map(async (top) => {
      const entries = await readdir(join(root, top), { recursive: true });
      return entries.filter((path) => /(^|\/)go\.mod$/.test(path)).map((path) => join(root, top, path, '..'));
    }),
  );
  return found.flat().sort();
}
