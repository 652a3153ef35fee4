// package.json and package-lock.json, as far as the checks read them.
import { z } from 'zod';

const versions = z.record(z.string(), z.string()).default({});

export const manifestSchema = z.looseObject({
  dependencies: versions,
  devDependencies: versions,
  optionalDependencies: versions,
  /** npm runs the install scripts of these, and of no others. */
  allowScripts: z.record(z.string(), z.boolean()).default({}),
});

const lockedSchema = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  license: z.unknown().optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional(),
  devOptional: z.boolean().optional(),
  optional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
});

export const lockSchema = z.looseObject({
  lockfileVersion: z.number(),
  packages: z.record(z.string(), lockedSchema),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Lock = z.infer<typeof lockSchema>;
export type LockedPackage = z.infer<typeof lockedSchema>;

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Every package of the lockfile but the project itself, with its place below the root. */
export function lockedPackages(
  lock: Lock,
): { readonly path: string; readonly name: string; readonly entry: LockedPackage }[] {
  return Object.entries(lock.packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({ path, name: nameOf(path), entry }));
}
