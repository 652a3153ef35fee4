import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matches, missingCompiler, outerPath, stampOf } from './bootstrap.mjs';

const lockfile = (packages: object): string =>
  JSON.stringify({ packages: { '': { name: 'skald' }, ...packages } });
const a = { version: '1.0.0', integrity: 'sha512-a' };

describe('the stamp of node_modules', () => {
  test('changes with the lockfile, the platform and the architecture', () => {
    const stamps = [
      stampOf('{}', 'linux', 'x64'),
      stampOf('{ }', 'linux', 'x64'),
      stampOf('{}', 'darwin', 'x64'),
      stampOf('{}', 'linux', 'arm64'),
    ];
    expect(new Set(stamps).size).toBe(4);
  });
});

describe('an installation that was made by hand', () => {
  test('is taken when it holds every package of the lockfile', () => {
    expect(matches(lockfile({ 'node_modules/a': a }), lockfile({ 'node_modules/a': a }))).toBe(true);
  });

  test('is taken without the optional packages of other platforms', () => {
    const other = { version: '1.0.0', optional: true };
    expect(
      matches(lockfile({ 'node_modules/a': a, 'node_modules/b': other }), lockfile({ 'node_modules/a': a })),
    ).toBe(true);
  });

  test('is replaced when a package is missing, differs in version or in content, or was never finished', () => {
    const wanted = lockfile({ 'node_modules/a': a });
    expect(matches(wanted, lockfile({}))).toBe(false);
    expect(matches(wanted, lockfile({ 'node_modules/a': { ...a, version: '1.0.1' } }))).toBe(false);
    expect(matches(wanted, lockfile({ 'node_modules/a': { ...a, integrity: 'sha512-b' } }))).toBe(false);
    expect(matches(wanted, '')).toBe(false);
  });
});

test('npm runs without the folder on PATH that it replaces', () => {
  const path = ['/project/node_modules/.bin', '/usr/bin', '/opt/node_modules/.bin/', '/bin'].join(delimiter);
  expect(outerPath(path)).toBe(['/usr/bin', '/bin'].join(delimiter));
});

test('a compiler is missing by the programs that no folder of PATH has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skald-bootstrap-test-'));
  for (const [name, mode] of [
    ['g++', 0o755],
    ['make', 0o644],
  ] as const) {
    await writeFile(join(folder, name), '');
    await chmod(join(folder, name), mode);
  }
  expect(missingCompiler(['/nowhere', folder].join(delimiter))).toEqual(['make', 'python3']);
  await rm(folder, { recursive: true });
});
