import type { ServerResponse } from 'node:http';

/** A file that a person gives to a command. */
export interface AttachmentValue {
  filename: string;
  content: string;
  /** @defaultValue what Discord guesses for an unknown ending */
  contentType?: string;
}

interface Stored {
  bytes: Buffer;
  contentType: string;
}

const PREFIX = '/attachments/';

/** What Discord's CDN holds of the files that people attach, at the address that the interaction tells. */
export class Attachments {
  readonly #files = new Map<string, Stored>();

  /** Stores the file; what it returns is the resolved attachment of the interaction. */
  add(ids: { channelId: string; id: string }, file: AttachmentValue, baseUrl: string) {
    const path = `${PREFIX}${ids.channelId}/${ids.id}/${encodeURIComponent(file.filename)}`;
    const bytes = Buffer.from(file.content);
    const contentType = file.contentType ?? 'application/octet-stream';
    this.#files.set(path, { bytes, contentType });
    const url = new URL(path, baseUrl).href;
    return {
      id: ids.id,
      filename: file.filename,
      size: bytes.length,
      url,
      proxy_url: url,
      content_type: contentType,
      ephemeral: true,
    };
  }

  /** Whether the request was for a file, which is answered then. */
  serve(requestUrl: string, response: ServerResponse): boolean {
    const { pathname } = new URL(requestUrl, 'http://cdn');
    if (!pathname.startsWith(PREFIX)) return false;
    const file = this.#files.get(pathname);
    if (file === undefined) response.writeHead(404).end();
    else {
      response.writeHead(200, { 'content-type': file.contentType, 'content-length': file.bytes.length });
      response.end(file.bytes);
    }
    return true;
  }

  clear(): void {
    this.#files.clear();
  }
}
