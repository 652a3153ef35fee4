import type { IncomingMessage } from 'node:http';
import { RestError } from './errors.ts';
import type { UploadedFile } from './router.ts';

/** Discord's upload limit for bots without boosts. */
const MAX_BYTES = 25 * 1024 * 1024;

export interface ParsedBody {
  body: unknown;
  files: UploadedFile[];
}

/** Reads JSON, or multipart with `payload_json` and `files[n]`. */
export async function readBody(request: IncomingMessage): Promise<ParsedBody> {
  const bytes = await collect(request);
  if (bytes.length === 0) return { body: undefined, files: [] };
  const contentType = request.headers['content-type'] ?? 'application/json';
  if (contentType.startsWith('multipart/form-data')) return multipart(bytes, contentType);
  return { body: json(bytes.toString('utf8')), files: [] };
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk);
    size += buffer.length;
    if (size > MAX_BYTES) throw new RestError(413, 40005, 'Request entity too large');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

async function multipart(bytes: Buffer, contentType: string): Promise<ParsedBody> {
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => {
      throw invalidJson();
    });
  const files: UploadedFile[] = [];
  let body: unknown;
  for (const [field, value] of form.entries()) {
    if (typeof value === 'string') {
      if (field === 'payload_json') body = json(value);
    } else {
      const contents = Buffer.from(await value.arrayBuffer());
      files.push({ field, name: value.name, contentType: value.type, bytes: contents });
    }
  }
  return { body, files };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidJson();
  }
}

const invalidJson = () => new RestError(400, 50109, 'The request body contains invalid JSON.');
