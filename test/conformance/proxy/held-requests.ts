import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SeenRequest } from './faults.ts';

export interface LateRequest extends SeenRequest {
  /** What the server said in the end. */
  status: number;
}

export interface HeldRequest {
  seen: SeenRequest;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Requests that wait in the proxy, although whoever sent them may have given up. */
export class HeldRequests {
  #held: { seen: SeenRequest; headers: IncomingHttpHeaders; body: Promise<Buffer> }[] = [];

  get seen(): readonly SeenRequest[] {
    return this.#held.map(({ seen }) => seen);
  }

  hold(seen: SeenRequest, request: IncomingMessage): void {
    this.#held.push({ seen, headers: request.headers, body: bodyOf(request) });
  }

  /** Sends them, one after another; `send` returns the server's status. */
  async release(send: (request: HeldRequest) => Promise<number>): Promise<LateRequest[]> {
    const late: LateRequest[] = [];
    for (const { seen, headers, body } of this.#held.splice(0)) {
      late.push({ ...seen, status: await send({ seen, headers, body: await body }) });
    }
    return late;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
