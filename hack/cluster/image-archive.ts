import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

export interface OneFileImage {
  /** For example local/pause:1. */
  ref: string;
  /** Absolute path of the static program that is the whole image. */
  program: string;
  /** Its name in the image's root folder. */
  name: string;
  /** "uid:gid" in the container. @defaultValue 65532:65532 */
  user?: string;
}

/** Writes an image of a single static program as a docker-archive, which `ctr images import` and kind both take. */
export async function writeImageArchive(image: OneFileImage, archive: string): Promise<void> {
  const temporary = `${archive}.${process.pid}`;
  await writeFile(temporary, imageArchive(image, await readFile(image.program)));
  await rename(temporary, archive);
}

/** The same input gives the same bytes: no times, no names of this machine. */
export function imageArchive(image: Omit<OneFileImage, 'program'>, program: Buffer): Buffer {
  const layer = tar([{ name: image.name, content: program, mode: 0o755 }]);
  const layerDigest = sha256(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: goArchitecture(process.arch),
      os: 'linux',
      config: { Entrypoint: [`/${image.name}`], User: image.user ?? '65532:65532' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layerDigest}`] },
    }),
  );
  const configName = `${sha256(config)}.json`;
  const layerName = `${layerDigest}/layer.tar`;
  const manifest = [{ Config: configName, RepoTags: [image.ref], Layers: [layerName] }];
  return tar([
    { name: configName, content: config, mode: 0o644 },
    { name: layerName, content: layer, mode: 0o644 },
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)), mode: 0o644 },
  ]);
}

interface TarEntry {
  name: string;
  content: Buffer;
  mode: number;
}

/** A POSIX ustar archive of regular files owned by root, dated 1970. Names of at most 100 bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, content, mode } of entries) {
    if (Buffer.byteLength(name) > 100) throw new Error(`"${name}" is too long for a tar header`);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(octal(mode, 7), 100);
    header.write(octal(0, 7), 108);
    header.write(octal(0, 7), 116);
    header.write(octal(content.length, 11), 124);
    header.write(octal(0, 11), 136);
    header.fill(' ', 148, 156);
    header.write('0', 156);
    header.write('ustar\x0000', 257);
    const checksum = header.reduce((sum, byte) => sum + byte, 0);
    header.write(`${octal(checksum, 6)}\0 `, 148);
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  blocks.push(Buffer.alloc(1024));
  return Buffer.concat(blocks);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function goArchitecture(arch: string): string {
  return arch === 'x64' ? 'amd64' : arch;
}
