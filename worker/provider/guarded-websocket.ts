/**
 * One WebSocket to a provider: its key in a header, the address judged as for a request, no redirects, a limit on the
 * wait until it is open, an abort that reaches the network, and errors that say what was asked of whom without the key.
 */
import type { ClientRequestArgs } from 'node:http';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { AddressRefusedError, guardedLookup, requireReachable } from './guarded-lookup.ts';
import {
  excerpt,
  type KeyHeader,
  keyHeaders,
  type ProviderEndpoint,
  reasonOf,
  withheldNote,
  withQuery,
} from './http.ts';
import { ProviderError, retryAfterMs } from './retry.ts';

export interface SocketRequest {
  /** E.g. `/listen`. */
  readonly path: string;
  /** Not shown in errors. */
  readonly query?: URLSearchParams;
  /** @defaultValue `Authorization: Bearer` */
  readonly keyHeader?: KeyHeader;
  /** Ends the connection at once, whenever it aborts. */
  readonly signal: AbortSignal;
  /** Longest wait until it is open, milliseconds. */
  readonly timeoutMs: number;
  /** Each message, from the first on; also one that comes with the handshake. */
  readonly onText: (text: string) => void;
  /** It ended by other than `close`: a ProviderError, or the abort reason. Called once at most, and only after it was open. */
  readonly onEnd: (reason: unknown) => void;
}

export interface GuardedSocket {
  /** Does nothing once it has ended. */
  send(data: string | Uint8Array): void;
  /** Bytes that the network has not taken yet. */
  readonly waiting: number;
  /** At once, without ceremony: what was asked for is not wanted any more, or is here. */
  close(): void;
}

/** Larger than any message that is a part of speech. */
const MOST_BYTES = 1024 * 1024;
/** As much of a refusal is read; less is shown. */
const MOST_DETAIL = 4096;

/** @throws ProviderError when it does not open; the abort reason when `signal` aborts. */
export async function openSocket(endpoint: ProviderEndpoint, request: SocketRequest): Promise<GuardedSocket> {
  const { signal } = request;
  signal.throwIfAborted();
  const url = `${endpoint.baseUrl.replace(/^http/, 'ws')}${request.path}`;
  const failed = (why: string, options: ConstructorParameters<typeof ProviderError>[2] = {}): ProviderError =>
    new ProviderError(endpoint.role, `${endpoint.role}: ${url}: ${why}`, options);
  const socket = connect(endpoint, request, url, failed);
  return await new Promise<GuardedSocket>((resolve, reject) => {
    let open = false;
    let over = false;
    const end = (reason: unknown): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // A handshake under way is torn down as well.
      socket.terminate();
      if (open) request.onEnd(reason);
      else reject(reason);
    };
    const onAbort = (): void => end(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => end(failed(`not open within ${request.timeoutMs} ms`)), request.timeoutMs);
    socket.on('error', (cause) => {
      const refused = cause instanceof AddressRefusedError ? { retryable: false } : {};
      end(failed(reasonOf(cause), { cause, ...refused }));
    });
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      const answered = (): void => {
        const status = response.statusCode ?? 0;
        const detail = excerpt(body, endpoint.apiKey);
        const wait = retryAfterMs(response.headers['retry-after']);
        end(failed(`answered ${status}: ${detail}${withheldNote(endpoint)}`, { status, retryAfterMs: wait }));
      };
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
        if (body.length > MOST_DETAIL) answered();
      });
      response.once('end', answered);
      response.once('error', answered);
    });
    socket.on('close', (code, reason) => {
      const said = excerpt(reason.toString('utf8'), endpoint.apiKey);
      end(failed(`the connection ended with ${code}: ${said}`));
    });
    socket.on('message', (data: RawData) => {
      if (!over) request.onText(data.toString());
    });
    socket.on('open', () => {
      open = true;
      clearTimeout(timer);
      resolve({
        send: (data) => {
          if (!over) socket.send(data);
        },
        get waiting() {
          return socket.bufferedAmount;
        },
        close: () => {
          over = true;
          signal.removeEventListener('abort', onAbort);
          socket.terminate();
        },
      });
    });
  });
}

function connect(
  endpoint: ProviderEndpoint,
  request: SocketRequest,
  url: string,
  failed: (why: string, options: { cause: unknown; retryable: false }) => ProviderError,
): WebSocket {
  const options: ClientOptions & Pick<ClientRequestArgs, 'lookup'> = {
    headers: keyHeaders(endpoint, request.keyHeader),
    lookup: guardedLookup(endpoint.reach),
    maxPayload: MOST_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  };
  try {
    requireReachable(new URL(url).hostname, endpoint.reach);
    return new WebSocket(withQuery(url, request.query), options);
  } catch (cause) {
    throw failed(reasonOf(cause), { cause, retryable: false });
  }
}
