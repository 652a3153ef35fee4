/** HTTP/1.1 on the level of bytes: where a head, a chunk or a line of JSON can be cut in two. */
import type { IncomingHttpHeaders } from 'node:http';
import type { CutPoint } from './faults.ts';

const framing = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** Status line and headers of an answer whose connection is used once. `length`: of the body; chunked without. */
export function head(status: number, headers: IncomingHttpHeaders, length?: number): Buffer {
  const lines = [`HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Error'}`];
  for (const [name, value] of Object.entries(headers)) {
    if (framing.has(name) || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${one}`);
  }
  lines.push(length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`);
  lines.push('connection: close', '', '');
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

export function chunk(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]);
}

export const lastChunk: Buffer = Buffer.from('0\r\n\r\n');

/**
 * The bytes of the chunk that carries this line (with its newline), up to the cut. Cuts that lie outside of a line's
 * chunk return it whole.
 */
export function cutLine(line: Buffer, at: CutPoint): Buffer {
  switch (at) {
    case 'in-object':
      // A chunk of its own that is complete: the JSON in it is not.
      return chunk(line.subarray(0, Math.floor(line.length / 2)));
    case 'in-character':
      return chunk(line.subarray(0, insideCharacter(line)));
    case 'before-newline':
      return chunk(line.subarray(0, line.length - 1));
    case 'in-chunk-header':
      return chunk(line).subarray(0, 1);
    default:
      return chunk(line);
  }
}

/** An offset between two bytes of one UTF-8 character; the middle of the line when all of it is ASCII. */
export function insideCharacter(line: Buffer): number {
  const at = line.findIndex((byte) => byte >= 0xc0);
  return at < 0 ? Math.floor(line.length / 2) : at + 1;
}

/** A watch event as a line. */
export function eventLine(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

export function statusBody(code: number, reason: string, message: string, retryAfterSeconds?: number) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
    code,
  };
}

/** Splits a byte stream into lines, newline included; keeps what has no newline yet. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      lines.push(rest.subarray(0, end + 1));
      rest = rest.subarray(end + 1);
    }
    this.#rest = rest;
    return lines;
  }
}
