import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { cacheDir } from '../cache.ts';
import { withLock } from '../process/lock.ts';
import { BuildahEngine } from './buildah.ts';
import { DockerEngine } from './docker.ts';
import type { ImageEngine, Progress } from './engine.ts';
import { hashInputs, type ImageName, INPUTS } from './inputs.ts';

const imageSchema = z.strictObject({
  /** Name and tag; the tag is the hash of what the image is made of, so `IfNotPresent` is right. */
  ref: z.string(),
  /** A docker-archive of it, in the cache folder. */
  archive: z.string(),
  /** `sha256:…` of the image's configuration. */
  digest: z.string(),
  /** Of the archive. */
  bytes: z.number(),
});

export type Image = z.infer<typeof imageSchema>;

export interface Images {
  readonly skald: Image;
  readonly speech: Image;
}

export interface BuildImagesOptions {
  /** @defaultValue nothing is said */
  readonly onProgress?: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Archives kept of each image: what was just built, and what it can be compared with or rolled back to. */
const KEPT = 3;

/**
 * Builds both images and writes them to archives, with Docker when an engine answers and buildah otherwise. What was
 * built before from the same inputs is given at once.
 *
 * @throws an Error that says what is missing when neither can be used.
 */
export async function buildImages({
  onProgress = () => {},
  signal,
}: BuildImagesOptions = {}): Promise<Images> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const folder = join(cacheDir(), 'images');
  await mkdir(folder, { recursive: true });
  const engine = await chooseEngine(root, folder, onProgress, signal);
  // One after the other, and in one process at a time: all use dist/image, and the engine's store.
  const build = async (): Promise<Images> => ({
    skald: await buildImage(engine, root, folder, 'skald', onProgress, signal),
    speech: await buildImage(engine, root, folder, 'skald-speech', onProgress, signal),
  });
  return withLock(join(folder, 'lock'), build, {
    onWait: (pid) => onProgress(`waiting for process ${pid}, which is building images`),
    signal,
  });
}

async function chooseEngine(
  root: string,
  folder: string,
  onProgress: Progress,
  signal: AbortSignal | undefined,
): Promise<ImageEngine> {
  if (await DockerEngine.available()) return new DockerEngine(root, onProgress);
  await BuildahEngine.prepare(onProgress, signal);
  return new BuildahEngine(root, join(folder, 'buildah'), onProgress);
}

async function buildImage(
  engine: ImageEngine,
  root: string,
  folder: string,
  name: ImageName,
  onProgress: Progress,
  signal: AbortSignal | undefined,
): Promise<Image> {
  const hash = await hashInputs(root, INPUTS[name], [engine.name, process.arch, process.version]);
  const repository = `skald.local/${name}`;
  const ref = `${repository}:${hash}`;
  const record = join(folder, `${name}-${hash}.json`);
  const known = await readRecord(record);
  if (known) {
    onProgress(`${ref} is built already`);
    return known;
  }
  const started = performance.now();
  const { digest } = await engine.build(name, ref, signal);
  const archive = join(folder, `${name}-${hash}.tar`);
  onProgress(`writing ${archive}`);
  await engine.save(ref, `${archive}.part`, signal);
  await rename(`${archive}.part`, archive);
  const { size } = await stat(archive);
  const image: Image = { ref, archive, digest, bytes: size };
  await writeFile(record, JSON.stringify(image));
  onProgress(`${ref}: ${megabytes(size)} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const kept = await pruneArchives(folder, name);
  await engine.prune(
    repository,
    kept.map((tag) => `${repository}:${tag}`),
  );
  return image;
}

/** What was written after an earlier build; `undefined` when there was none, or its archive is gone. */
async function readRecord(file: string): Promise<Image | undefined> {
  try {
    const image = imageSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const { size } = await stat(image.archive);
    return size === image.bytes ? image : undefined;
  } catch {
    return undefined;
  }
}

/** Removes all but the newest archives of an image; gives the hashes of those that stay. */
async function pruneArchives(folder: string, name: ImageName): Promise<string[]> {
  const pattern = new RegExp(`^${name}-([0-9a-f]{12})\\.json$`);
  const hashes = (await readdir(folder)).flatMap((file) => pattern.exec(file)?.[1] ?? []);
  const ages = await Promise.all(
    hashes.map(async (hash) => ({ hash, at: (await stat(join(folder, `${name}-${hash}.json`))).mtimeMs })),
  );
  ages.sort((a, b) => b.at - a.at);
  for (const { hash } of ages.slice(KEPT)) {
    await rm(join(folder, `${name}-${hash}.json`), { force: true });
    await rm(join(folder, `${name}-${hash}.tar`), { force: true });
  }
  return ages.slice(0, KEPT).map(({ hash }) => hash);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
