// The files of an image, read from its docker-archive without unpacking it.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { posix } from 'node:path';
import { z } from 'zod';
import { readTar, type TarEntry } from './tar.ts';

export interface ImageFile {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, set-user-ID and the like included. */
  readonly mode: number;
  readonly size: number;
  /** Of a link. */
  readonly target: string;
  read(): Promise<Buffer>;
}

export interface Rootfs {
  /** By absolute path. */
  readonly files: ReadonlyMap<string, ImageFile>;
  readonly config: ImageConfig;
  /** sha256 of the configuration: the image's ID. */
  readonly id: string;
  text(path: string): Promise<string | undefined>;
}

const configSchema = z.looseObject({
  config: z.looseObject({
    User: z.string().default(''),
    Entrypoint: z.array(z.string()).nullish(),
    Cmd: z.array(z.string()).nullish(),
  }),
});

export type ImageConfig = z.infer<typeof configSchema>['config'];

const manifestSchema = z.tuple([z.looseObject({ Config: z.string(), Layers: z.array(z.string()) })]);

/** Calls `use` with what the image's layers give, one over the other; its files can be read until that returns. */
export async function withRootfs<R>(archive: string, use: (rootfs: Rootfs) => Promise<R>): Promise<R> {
  const handle = await open(archive);
  try {
    return await use(await rootfsOf(handle));
  } finally {
    await handle.close();
  }
}

async function rootfsOf(handle: FileHandle): Promise<Rootfs> {
  const { size } = await handle.stat();
  const members = new Map<string, TarEntry>();
  for await (const entry of readTar(handle, 0, size)) members.set(entry.name, entry);
  const member = (name: string): TarEntry => {
    const found = members.get(name);
    if (found === undefined) throw new Error(`the archive has no ${name}`);
    // docker save writes a layer that it has written before as a link to it.
    return found.type === '2' ? member(posix.join(posix.dirname(name), found.target)) : found;
  };
  const content = (entry: TarEntry) => bytes(handle, entry);
  const [manifest] = manifestSchema.parse(JSON.parse(String(await content(member('manifest.json')))));
  const config = await content(member(manifest.Config));
  const files = new Map<string, ImageFile>();
  for (const layer of manifest.Layers) {
    const { offset, size: length } = member(layer);
    for await (const entry of readTar(handle, offset, length)) put(files, entry, () => content(entry));
  }
  return {
    files,
    config: configSchema.parse(JSON.parse(String(config))).config,
    id: createHash('sha256').update(config).digest('hex'),
    text: async (path) => {
      const file = files.get(path);
      return file === undefined ? undefined : String(await file.read());
    },
  };
}

/** One entry of a layer, over those of the layers below. */
function put(files: Map<string, ImageFile>, entry: TarEntry, read: () => Promise<Buffer>): void {
  const path = posix.join('/', entry.name);
  const { dir, base } = posix.parse(path);
  if (base.startsWith('.wh.')) {
    // What the layers below have: all of the folder, or the one name.
    const hidden = base === '.wh..wh..opq' ? dir : posix.join(dir, base.slice('.wh.'.length));
    if (hidden !== dir) files.delete(hidden);
    for (const below of files.keys()) if (below.startsWith(`${hidden}/`)) files.delete(below);
    return;
  }
  const kinds: Readonly<Record<string, ImageFile['kind']>> = {
    '0': 'file',
    '1': 'link',
    '2': 'link',
    '5': 'folder',
  };
  files.set(path, {
    kind: kinds[entry.type] ?? 'other',
    mode: entry.mode,
    size: entry.size,
    target: entry.target,
    read,
  });
}

async function bytes(handle: FileHandle, { offset, size }: TarEntry): Promise<Buffer> {
  const content = Buffer.alloc(size);
  await handle.read(content, 0, size, offset);
  return content;
}
