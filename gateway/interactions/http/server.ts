/**
 * The endpoint that Discord posts interactions to: POST /interactions/<application id>. Everybody on the Internet can
 * reach it, so what is not signed is turned away as early and as cheaply as it can be.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from '../../../src/telemetry/log.ts';
import type { Receipt } from './intake.ts';
import { checkHeaders, type SignedRequest } from './signature.ts';

export interface InteractionServerOptions {
  /** host:port, port 0 takes a free one. */
  readonly listen: string;
  readonly receive: (request: SignedRequest) => Promise<Receipt>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** Told of each request's answer. */
  readonly onAnswer: (status: number) => void;
}

export interface InteractionServer {
  readonly port: number;
  /** Takes no more requests; those that are open are answered. */
  close(): Promise<void>;
}

/** Largest body, bytes. A form's five fields of 4000 characters stay far below it; files are not in it. */
export const MAX_BODY_BYTES = 256 * 1024;
const PATH = /^\/interactions\/(\d{15,22})\/?$/;
const LIMITS = {
  /** A head that takes longer than this is not waited for, milliseconds. */
  headersTimeout: 5_000,
  /** Head and body: Discord gives up after 3 s. */
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 8 * 1024,
  connectionsCheckingInterval: 1_000,
} as const;
const MAX_CONNECTIONS = 1_024;
/** How long open requests have at the end, milliseconds. */
const GOODBYE_MS = 2_000;

/** @throws {Error} when the port cannot be bound. */
export async function startInteractionServer(options: InteractionServerOptions): Promise<InteractionServer> {
  const server = createServer(LIMITS, (request, response) => {
    response.once('finish', () => options.onAnswer(response.statusCode));
    answer(request, options).then(
      (receipt) => send(response, receipt),
      (error: unknown) => {
        // The client is gone, or has sent less than it said.
        options.log.debug({ err: error }, 'A request could not be read');
        send(response, { status: 400 });
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  const colon = options.listen.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      { host: options.listen.slice(0, colon), port: Number(options.listen.slice(colon + 1)) },
      () => {
        server.off('error', reject);
        resolve();
      },
    );
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), GOODBYE_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

type Answer = Receipt | { readonly status: 404 | 405 | 413 };

async function answer(request: IncomingMessage, { receive, now }: InteractionServerOptions): Promise<Answer> {
  const path = request.url?.split('?', 1)[0] ?? '';
  const applicationId = PATH.exec(path)?.[1];
  if (applicationId === undefined) return { status: 404 };
  if (request.method !== 'POST') return { status: 405 };
  const timestamp = headerOf(request, 'x-signature-timestamp');
  const signature = headerOf(request, 'x-signature-ed25519');
  if (checkHeaders({ timestamp, signature }, now()) !== undefined) return { status: 401 };
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return { status: 413 };
  const body = await bodyOf(request);
  if (body === undefined) return { status: 413 };
  return await receive({ applicationId, timestamp, signature, body });
}

/** Undefined: it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function send(response: ServerResponse, answered: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const { status } = answered;
  // What was not read is not read to its end either.
  if (status >= 400) response.setHeader('connection', 'close');
  if (status === 405) response.setHeader('allow', 'POST');
  if ('body' in answered) {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answered.body));
  } else {
    response.writeHead(status, { 'content-length': 0 });
    response.end();
  }
}
