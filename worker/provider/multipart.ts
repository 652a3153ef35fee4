/** A form as the bytes of its request. The built-in `Request` reads it through a stream, which takes milliseconds. */
import { randomBytes } from 'node:crypto';

export interface Multipart {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** RFC 7578; names and file names are escaped as browsers do. */
export async function multipart(form: FormData): Promise<Multipart> {
  const boundary = `skald-${randomBytes(16).toString('hex')}`;
  const parts: Uint8Array[] = [];
  for (const [name, value] of form) {
    const disposition = `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === 'string') {
      parts.push(Buffer.from(`${disposition}\r\n\r\n${value}\r\n`));
    } else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      const file = `; filename="${escaped(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`;
      parts.push(Buffer.from(disposition + file), await value.bytes(), Buffer.from('\r\n'));
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) };
}

function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
