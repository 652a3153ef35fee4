// Under which licences others' code may be part of the project: of what is shipped, and of what only builds and tests it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Lock, lockedPackages } from './manifest.ts';
import { isSatisfied } from './spdx.ts';

/** Ask for a notice at most. */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

/** Packages under another licence, with the reason why that is no harm. Their names end at the dash, if they have one. */
export const EXCEPTIONS: Readonly<Record<string, { readonly licence: string; readonly why: string }>> = {
  lightningcss: {
    licence: 'MPL-2.0',
    why: "vitest's bundler brings it; it is loaded in no test and shipped in no image",
  },
};

const packageSchema = z.looseObject({ license: z.unknown().optional(), licenses: z.unknown().optional() });

/** Says what is wrong with the licences of the lockfile's packages, as they name them themselves where installed. */
export async function licenceProblems(root: string, lock: Lock): Promise<string[]> {
  const found = await Promise.all(
    lockedPackages(lock).map(async ({ path, name, entry }) => {
      const own = await ownLicence(join(root, path, 'package.json'));
      const locked = licenceText(entry.license);
      if (own !== undefined && locked !== undefined && own !== locked) {
        return [`${path} says ${own}, and the lockfile says ${locked}`];
      }
      return packageProblem(path, name, own ?? locked, entry.dev === true || entry.devOptional === true);
    }),
  );
  const used = new Set(lockedPackages(lock).map(({ name }) => exceptionOf(name)));
  const idle = Object.keys(EXCEPTIONS).filter((name) => !used.has(name));
  return [...found.flat(), ...idle.map((name) => `the exception for ${name} is needed by no package`)];
}

export function packageProblem(
  path: string,
  name: string,
  licence: string | undefined,
  dev: boolean,
): string[] {
  if (licence === undefined) return [`${path} names no licence`];
  const exception = EXCEPTIONS[exceptionOf(name) ?? ''];
  if (exception?.licence === licence)
    return dev ? [] : [`${path} (${licence}) is no tool only, but part of what is shipped`];
  try {
    return isSatisfied(licence, ALLOWED) ? [] : [`${path} is under ${licence}, which is not on the list`];
  } catch (error) {
    return [`${path}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** `lightningcss-linux-x64-gnu` is `lightningcss` for one platform. */
function exceptionOf(name: string): string | undefined {
  return Object.keys(EXCEPTIONS).find((known) => name === known || name.startsWith(`${known}-`));
}

async function ownLicence(file: string): Promise<string | undefined> {
  // Of another platform: not installed here.
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { license, licenses } = packageSchema.parse(JSON.parse(text));
  return licenceText(license ?? licenses);
}

/** Also of the old forms: `{type}`, and a list of those, any of which may be chosen. */
export function licenceText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const all = value.flatMap((one) => licenceText(one) ?? []);
    return all.length === 0 ? undefined : all.length === 1 ? all[0] : `(${all.join(' OR ')})`;
  }
  if (typeof value === 'object' && value !== null && 'type' in value) return licenceText(value.type);
  return undefined;
}
