import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { requireProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { markedEnvironment } from './daemon.ts';
import type { Layout } from './layout.ts';
import { readTarFile } from './tar-reader.ts';

/** Names and digests that the import of one archive gave, by SHA-256 of the archive. */
type Imported = Record<string, Record<string, string>>;

/**
 * Imports image archives (docker-archive or oci-archive) into the node's containerd. One whose names still point at
 * what it holds is not imported again.
 */
export async function loadIntoContainerd(
  paths: Layout,
  archives: readonly string[],
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const ctr = requireProgram('ctr', 'Install the Debian package containerd.');
  const call = (...args: string[]): Promise<string> =>
    run(ctr, ['--address', paths.containerdSocket, '--namespace', 'k8s.io', ...args], {
      signal,
      environment: markedEnvironment(paths),
    });
  const imported = parseImported(await readFile(paths.imported, 'utf8').catch(() => '{}'));
  for (const archive of archives) {
    const hash = await fileHash(archive);
    const present = parseImageList(await call('images', 'list'));
    const known = imported[hash];
    if (known && Object.entries(known).every(([ref, digest]) => present[ref] === digest)) continue;
    onProgress(`Loading ${archive} into the node`);
    const name = await ociName(archive);
    await call('images', 'import', ...(name ? ['--index-name', name] : []), archive);
    const after = parseImageList(await call('images', 'list'));
    imported[hash] = Object.fromEntries(
      Object.entries(after).filter(([ref, digest]) => present[ref] !== digest || ref === name),
    );
    await writeFile(paths.imported, JSON.stringify(imported));
  }
}

/** @param text what `ctr images list` prints: a header, then REF TYPE DIGEST ... */
export function parseImageList(text: string): Record<string, string> {
  const images: Record<string, string> = {};
  for (const line of text.split('\n').slice(1)) {
    const [ref, , digest] = line.split(/\s+/);
    // The runtime also lists each image under its id, which may point at a manifest or at an index that holds it.
    if (ref && digest && !ref.startsWith('sha256:')) images[ref] = digest;
  }
  return images;
}

/**
 * The full name under which an oci-archive is to be imported; undefined for a docker-archive, which carries its
 * names itself. ctr would call the image "import-<date>:<ref.name>" otherwise, a name that no pod asks for.
 */
async function ociName(archive: string): Promise<string | undefined> {
  const file = await open(archive, 'r');
  try {
    const index = await readTarFile(file, 'index.json');
    return index === undefined ? undefined : ociReference(index.toString('utf8'));
  } finally {
    await file.close();
  }
}

/** @param index text of an OCI layout's index.json */
export function ociReference(index: string): string | undefined {
  const parsed: unknown = JSON.parse(index);
  if (typeof parsed !== 'object' || parsed === null || !('manifests' in parsed)) return undefined;
  if (!Array.isArray(parsed.manifests)) return undefined;
  const first: unknown = parsed.manifests[0];
  if (typeof first !== 'object' || first === null || !('annotations' in first)) return undefined;
  const annotations = first.annotations;
  if (typeof annotations !== 'object' || annotations === null) return undefined;
  const named = new Map<string, unknown>(Object.entries(annotations));
  if (typeof named.get('io.containerd.image.name') === 'string') return undefined;
  const ref = named.get('org.opencontainers.image.ref.name');
  return typeof ref === 'string' && ref.includes(':') ? qualifiedName(ref) : undefined;
}

/** The name that a container runtime gives "skald:dev": docker.io/library/skald:dev. */
export function qualifiedName(ref: string): string {
  const slash = ref.indexOf('/');
  const host = ref.slice(0, Math.max(slash, 0));
  if (slash > 0 && (host.includes('.') || host.includes(':') || host === 'localhost')) return ref;
  return slash > 0 ? `docker.io/${ref}` : `docker.io/library/${ref}`;
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

function parseImported(text: string): Imported {
  const imported: Imported = {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return imported; // Killed while it was being written: importing again does no harm.
  }
  if (typeof value !== 'object' || value === null) return imported;
  for (const [hash, refs] of Object.entries(value)) {
    if (typeof refs !== 'object' || refs === null) continue;
    imported[hash] = Object.fromEntries(
      Object.entries(refs).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }
  return imported;
}
