/**
 * `fetch` for providers, on node:http, because it must be said what the built-in one cannot be told: which addresses a
 * connection may lead to. It follows no redirect (another host would be given the prompt, if not the key), heeds no
 * proxy from the environment (behind one the address is not ours to judge), and keeps connections open.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Reach } from '../../src/admission/hosts.ts';
import { guardedLookup, type Resolve, requireReachable } from './guarded-lookup.ts';
import { type Multipart, multipart } from './multipart.ts';

/** Idle connections are kept this long, milliseconds: a table thinks before it asks again. */
const KEEP_ALIVE_MS = 60_000;

/**
 * @param resolve takes the place of the system's name resolution
 * @throws (the returned function) AddressRefusedError; whatever node:http throws; the abort reason
 */
export function guardedFetch(reach: Reach, resolve?: Resolve): typeof fetch {
  // One set of connections for each reach: what a wider one has opened a narrower one must not use.
  const options = { keepAlive: true, timeout: KEEP_ALIVE_MS, lookup: guardedLookup(reach, resolve) };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return async (input, init) => {
    const { url, method, headers, body, signal } = await askedOf(input, init);
    requireReachable(url.hostname, reach);
    const secure = url.protocol === 'https:';
    const send = secure ? httpsRequest : httpRequest;
    return await new Promise<Response>((resolveAnswer, reject) => {
      const request = send(url, {
        method,
        agent: secure ? agents.https : agents.http,
        // An answer is read as it comes: nothing here would decompress it.
        headers: { ...headers, 'accept-encoding': 'identity', 'content-length': body?.byteLength ?? 0 },
        signal,
      });
      request.once('error', (error) => reject(signal.aborted ? signal.reason : error));
      request.once('response', (message) => resolveAnswer(responseOf(message)));
      request.end(body);
    });
  };
}

interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

async function askedOf(input: string | URL | Request, init: RequestInit = {}): Promise<Asked> {
  const { body, method = 'POST', signal } = init;
  if (!(input instanceof Request) && (typeof body === 'string' || body instanceof FormData)) {
    const { body: bytes, contentType } = typeof body === 'string' ? textBody(body) : await multipart(body);
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', contentType);
    return {
      ...{ url: new URL(input), method, headers: Object.fromEntries(headers), body: bytes },
      signal: signal ?? new AbortController().signal,
    };
  }
  // Reads bodies of all kinds. It does not connect; it takes a millisecond or two, which the usual ones are spared.
  const given = new Request(input, init);
  return {
    ...{ url: new URL(given.url), method: given.method, headers: Object.fromEntries(given.headers) },
    body: given.body === null ? undefined : new Uint8Array(await given.arrayBuffer()),
    signal: given.signal,
  };
}

function textBody(text: string): Multipart {
  return { contentType: 'text/plain;charset=UTF-8', body: Buffer.from(text) };
}

/** Statuses that have no body; `Response` takes none with them. */
const BODILESS = new Set([204, 205, 304]);

function responseOf(message: IncomingMessage): Response {
  const status = message.statusCode ?? 500;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if (BODILESS.has(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  const body: NodeReadableStream<Uint8Array> = Readable.toWeb(message);
  return new Response(body as ReadableStream<Uint8Array>, { status, headers });
}

const shared = new Map<Reach, typeof fetch>();

/** The process' own, with its connections. */
export function fetchWithin(reach: Reach): typeof fetch {
  const known = shared.get(reach) ?? guardedFetch(reach);
  shared.set(reach, known);
  return known;
}
