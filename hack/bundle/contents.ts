// What an image holds of others, as a file in the image itself: whoever has the image can say what is in it, however it
// was built. `npm run image -- --sbom` reads it.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Its name in /app. */
export const CONTENTS_FILE = 'contents.json';

const packageSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** SPDX expression. */
  licence: z.string(),
  /** sha512 of what the registry has, as the lockfile writes it. */
  integrity: z.string(),
});

export const contentsSchema = z.strictObject({
  /** The project's own. */
  version: z.string(),
  /** Of Node.js. */
  node: z.string(),
  /** npm packages whose code is in the programs or lies beside them. */
  packages: z.array(packageSchema),
  /** Weights, by their path in the image. */
  models: z.array(
    z.strictObject({ path: z.string(), name: z.string(), package: z.string(), sha256: z.string() }),
  ),
});

export type Contents = z.infer<typeof contentsSchema>;

const manifestSchema = z.looseObject({ name: z.string(), version: z.string(), license: z.string() });
const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional() })),
});

/**
 * @param folders of packages, relative to the root: `node_modules/pg`.
 * @param models files of packages, by the path that they get in the image.
 * @throws Error when a package is not in the lockfile: nobody could say where it is from.
 */
export async function contentsOf(
  root: string,
  folders: Iterable<string>,
  models: Readonly<Record<string, string>>,
): Promise<Contents> {
  const lock = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const packages = await Promise.all(
    [...new Set(folders)].sort().map(async (folder) => {
      const { name, version, license } = await manifestIn(root, folder);
      const integrity = lock.packages[folder]?.integrity;
      if (integrity === undefined) throw new Error(`${folder} is bundled and is not in package-lock.json`);
      return { name, version, licence: license, integrity };
    }),
  );
  const weights = await Promise.all(
    Object.entries(models).map(async ([path, source]) => ({
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      package: (await manifestIn(root, source.split('/').slice(0, 2).join('/'))).name,
      sha256: createHash('sha256')
        .update(await readFile(join(root, source)))
        .digest('hex'),
    })),
  );
  const own = z
    .looseObject({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const { version: node } = await manifestIn(root, 'node_modules/node');
  return { version: own.version, node, packages, models: weights };
}

async function manifestIn(root: string, folder: string): Promise<z.infer<typeof manifestSchema>> {
  return manifestSchema.parse(JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')));
}
