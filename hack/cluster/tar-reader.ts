import type { FileHandle } from 'node:fs/promises';

/** The content of one regular file of a tar archive (not compressed); undefined when it is not in it. */
export async function readTarFile(archive: FileHandle, name: string): Promise<Buffer | undefined> {
  const header = Buffer.alloc(512);
  for (let offset = 0; ; ) {
    const { bytesRead } = await archive.read(header, 0, 512, offset);
    if (bytesRead < 512 || header[0] === 0) return undefined;
    const entry = text(header, 0, 100).replace(/^\.\//, '');
    const size = Number.parseInt(text(header, 124, 136), 8);
    if (!Number.isSafeInteger(size)) throw new Error('The archive has a tar header that cannot be read');
    if (entry === name) {
      const content = Buffer.alloc(size);
      await archive.read(content, 0, size, offset + 512);
      return content;
    }
    offset += 512 + Math.ceil(size / 512) * 512;
  }
}

function text(header: Buffer, start: number, end: number): string {
  const field = header.subarray(start, end);
  const zero = field.indexOf(0);
  return field.toString('utf8', 0, zero < 0 ? field.length : zero).trim();
}
