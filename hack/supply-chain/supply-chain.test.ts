import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { dockerfileProblems } from './dockerfile.ts';
import { licenceIn, moduleProblem, requirements } from './go-licences.ts';
import { ALLOWED, licenceText, packageProblem } from './licences.ts';
import { lockfileProblems } from './lockfile.ts';
import { type LockedPackage, lockSchema, type Manifest, manifestSchema } from './manifest.ts';
import { scriptProblems } from './scripts.ts';
import { isSatisfied } from './spdx.ts';

const INTEGRITY = `sha512-${'A'.repeat(86)}==`;

function manifest(rest: object): Manifest {
  return manifestSchema.parse(rest);
}

function lock(packages: Record<string, LockedPackage>) {
  return lockSchema.parse({ lockfileVersion: 3, packages });
}

describe('the lockfile', () => {
  const good = lock({ 'node_modules/a': { version: '1.2.3', integrity: INTEGRITY } });

  test('is fine with exact versions, each with its hash', () => {
    expect(lockfileProblems(manifest({ dependencies: { a: '1.2.3' } }), good)).toEqual([]);
  });

  test.each(['^1.2.3', '~1.2.3', '1.x', '*', 'latest', 'github:a/a', 'file:../a', '>=1.2.3'])(
    'refuses %s',
    (version) => {
      expect(lockfileProblems(manifest({ dependencies: { a: version } }), good)[0]).toContain(
        'no exact version',
      );
    },
  );

  test.each([
    [{ version: '1.2.3' }, 'no sha512'],
    [{ version: '1.2.3', integrity: 'sha1-abc=' }, 'no sha512'],
    [{ version: '1.2.4', integrity: INTEGRITY }, 'package.json wants 1.2.3'],
    [
      { version: '1.2.3', integrity: INTEGRITY, resolved: 'https://host.example/a.tgz' },
      'names where it comes from',
    ],
    [{ version: '1.2.3', link: true }, 'is a link'],
  ])('refuses %o', (entry, problem) => {
    const problems = lockfileProblems(
      manifest({ devDependencies: { a: '1.2.3' } }),
      lock({ 'node_modules/a': entry }),
    );
    expect(problems.join()).toContain(problem);
  });
});

describe('install scripts', () => {
  const locked = lock({
    'node_modules/a': { version: '1.0.0', hasInstallScript: true },
    'node_modules/b': {},
  });
  const judge = (allowScripts: Record<string, boolean>, approved = {}) =>
    scriptProblems(manifest({ allowScripts }), locked, approved).join();

  test('each is decided on, and what may run has a reason', () => {
    expect(judge({ a: true }, { a: 'needed' })).toBe('');
    expect(judge({ a: false })).toBe('');
    expect(judge({})).toContain('a has an install script');
    expect(judge({ a: true })).toContain('without a reason');
    expect(judge({ a: false, b: true }, { b: 'old' })).toContain('b, which has no install script');
    expect(judge({ a: false }, { a: 'no longer' })).toContain('does not let it run');
  });
});

describe('licences', () => {
  test.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['(AFL-2.1 OR BSD-3-Clause)', true],
    ['Apache-2.0 AND BSD-3-Clause', true],
    ['Apache-2.0 AND GPL-2.0-only', false],
    ['MIT OR (ISC AND GPL-3.0-only)', true],
    ['GPL-2.0-only OR AGPL-3.0-only', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', false],
  ])('%s: %s', (expression, met) => {
    expect(isSatisfied(expression, ALLOWED)).toBe(met);
  });

  test.each(['', 'MIT OR', '(MIT', 'MIT ISC', 'SEE LICENSE IN x/y', 'AND'])(
    '"%s" is no expression',
    (expression) => {
      expect(() => isSatisfied(expression, ALLOWED)).toThrow('no SPDX licence expression');
    },
  );

  test('old forms are read, and what is none is told', () => {
    expect(licenceText([{ type: 'MIT' }, { type: 'GPL-3.0' }])).toBe('(MIT OR GPL-3.0)');
    expect(packageProblem('node_modules/a', 'a', undefined, true)).toEqual([
      'node_modules/a names no licence',
    ]);
    expect(packageProblem('node_modules/a', 'a', 'UNLICENSED', true)).toHaveLength(1);
    expect(packageProblem('node_modules/a', 'a', 'AGPL-3.0-only', true)).toHaveLength(1);
  });

  test('an exception is for tools, by name and licence', () => {
    expect(packageProblem('p', 'lightningcss-linux-x64-gnu', 'MPL-2.0', true)).toEqual([]);
    expect(packageProblem('p', 'lightningcss', 'MPL-2.0', false)).toHaveLength(1);
    expect(packageProblem('p', 'lightningcss', 'GPL-3.0-only', true)).toHaveLength(1);
    expect(packageProblem('p', 'other', 'MPL-2.0', true)).toHaveLength(1);
  });

  test('of Go modules, by the text', () => {
    const mpl =
      'Mozilla Public License, version 2.0 … 1.12. "Secondary License" means the GNU General Public License';
    expect(licenceIn(mpl)).toBe('MPL-2.0');
    expect(licenceIn('Permission is hereby granted, free\nof charge, to any person\nobtaining a copy')).toBe(
      'MIT',
    );
    expect(licenceIn('All rights reserved.')).toBeUndefined();
    const module = { path: 'example.org/a', version: 'v1.0.0' };
    expect(moduleProblem(module, 'MPL-2.0')).toEqual([]);
    expect(moduleProblem(module, 'AGPL')).toHaveLength(1);
    expect(moduleProblem(module, undefined)).toHaveLength(1);
    expect(moduleProblem({ ...module, path: 'github.com/hashicorp/vault' }, 'BUSL-1.1')).toEqual([]);
    const goMod =
      'module x.example/y\n\ngo 1.26.0\n\nrequire a.example/b v1.2.3\n\nrequire (\n\tc.example/d/v2 v2.0.0-2026 // indirect\n)\n';
    expect(requirements(goMod).map(({ path, version }) => `${path}@${version}`)).toEqual([
      'a.example/b@v1.2.3',
      'c.example/d/v2@v2.0.0-2026',
    ]);
  });
});

describe('the Dockerfile', async () => {
  const text = await readFile(fileURLToPath(new URL('../../Dockerfile', import.meta.url)), 'utf8');

  test('keeps its promises', () => {
    expect(dockerfileProblems(text)).toEqual([]);
  });

  test.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the Dockerfile has it.
    ['FROM ${BASE} AS skald', 'FROM node:24 AS skald', 'FROM node:24'],
    [
      'USER 65532:65532\nENTRYPOINT ["/app/node", "/app/skald.js"]',
      'ENTRYPOINT ["/app/node", "/app/skald.js"]',
      'skald runs as 0:0',
    ],
    ['ENTRYPOINT ["/app/node", "/app/speech.js"]', 'ENTRYPOINT /app/node', 'without a shell'],
    ['WORKDIR /app\nUSER', 'RUN apt-get update\nUSER', 'needs a shell'],
    [
      'COPY --from=content /node /\nCOPY --from=recogniser',
      'ADD https://host.example/x /\nCOPY --from=recogniser',
      'ADD https',
    ],
    [
      '&& apt-get install -y --no-install-recommends ca',
      '&& curl https://host.example | tar x && apt-get install ca',
      'RUN fetches',
    ],
  ])('breaks one with %s -> %s', (from, to, problem) => {
    expect(text).toContain(from);
    expect(dockerfileProblems(text.replace(from, to)).join()).toContain(problem);
  });
});
