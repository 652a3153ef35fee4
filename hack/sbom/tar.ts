// The entries of a tar archive, or of one within another, in order: ustar, with the long names of GNU and of pax.
import type { FileHandle } from 'node:fs/promises';

const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  /** '0' a file, '1' a hard link, '2' a symbolic link, '5' a folder. */
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  /** Of a link. */
  readonly target: string;
  /** Where the content begins, from the beginning of the file. */
  readonly offset: number;
}

/** @throws Error when a header cannot be read: the archive is compressed, or broken. */
export async function* readTar(handle: FileHandle, start: number, length: number): AsyncGenerator<TarEntry> {
  const end = start + length;
  let long: { path?: string; linkpath?: string } = {};
  for (let at = start; at + BLOCK <= end; ) {
    const header = await read(handle, at, BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const size = number(header, 124, 136);
    const type = String.fromCharCode(header[156] ?? 0).replace('\0', '0');
    const offset = at + BLOCK;
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') long = { ...long, ...paxRecords(await read(handle, offset, size)) };
    else if (type === 'L') long = { ...long, path: text(await read(handle, offset, size), 0, size) };
    else if (type === 'K') long = { ...long, linkpath: text(await read(handle, offset, size), 0, size) };
    else if (type !== 'g') {
      const prefix = text(header, 345, 500);
      const short = text(header, 0, 100);
      const name = long.path ?? (prefix === '' ? short : `${prefix}/${short}`);
      yield {
        name: name.replace(/^(\.?\/)+/, '').replace(/\/$/, ''),
        type,
        mode: number(header, 100, 108),
        size,
        target: long.linkpath ?? text(header, 157, 257),
        offset,
      };
      long = {};
    }
  }
}

/** `<length> <key>=<value>\n`, one after the other. */
function paxRecords(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) throw new Error('the archive has a pax header that cannot be read');
    const [, key = '', value = ''] =
      /^\d+ ([^=]+)=([\s\S]*)\n$/.exec(content.toString('utf8', at, at + length)) ?? [];
    records[key] = value;
    at += length;
  }
  return records;
}

async function read(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead < length) throw new Error('the archive ends in the middle of an entry');
  return buffer;
}

function number(header: Buffer, start: number, end: number): number {
  // Above 8 GiB GNU writes binary numbers; no image of ours has such a file.
  const value = Number.parseInt(text(header, start, end).trim() || '0', 8);
  if (!Number.isSafeInteger(value)) throw new Error('the archive has a header that cannot be read');
  return value;
}

function text(buffer: Buffer, start: number, end: number): string {
  const field = buffer.subarray(start, end);
  const zero = field.indexOf(0);
  return field.toString('utf8', 0, zero < 0 ? field.length : zero);
}
