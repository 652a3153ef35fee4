import type { Metafile } from 'esbuild';

/** The parts of esbuild's metafile that say what a bundle is made of. */
export type BundleContents = Pick<Metafile, 'inputs' | 'outputs'>;

/**
 * Names of the npm packages whose code is in an output file, or in any chunk that it imports, now or later.
 *
 * @param entry the output's name, such as `worker.js`.
 * @throws an Error when the metafile has no such output.
 */
export function bundledPackages(metafile: BundleContents, entry: string): Set<string> {
  const packages = new Set<string>();
  for (const input of bundledFiles(metafile, entry)) {
    const name = packageOf(input);
    if (name !== undefined) packages.add(name);
  }
  return packages;
}

/** Source files, relative to the root, whose code is in an output file or in a chunk that it imports. */
export function bundledFiles({ outputs }: BundleContents, entry: string): Set<string> {
  const start = Object.keys(outputs).find((path) => path === entry || path.endsWith(`/${entry}`));
  if (start === undefined) {
    throw new Error(`The metafile has no output ${entry}; it has ${Object.keys(outputs).join(', ')}.`);
  }
  const files = new Set<string>();
  const seen = new Set([start]);
  for (const path of seen) {
    const output = outputs[path];
    for (const [input, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
      if (bytesInOutput > 0) files.add(input);
    }
    for (const imported of output?.imports ?? []) if (imported.external !== true) seen.add(imported.path);
  }
  return files;
}

/** `node_modules/@scope/name/index.js` belongs to `@scope/name`; a nested copy to itself, not to its owner. */
export function packageOf(file: string): string | undefined {
  const match = /.*(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file);
  return match?.[1];
}

/** The folder of the package that a file belongs to, relative to the root. */
export function packageFolderOf(file: string): string | undefined {
  return /^.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}
