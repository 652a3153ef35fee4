/**
 * HTTP to one API server over connections that are kept: a TLS handshake costs the API server more than the
 * request it carries. Ordinary requests share a bounded pool; watches, which hold a connection for minutes,
 * have their own, so that they can never starve requests (there is one per reflector).
 */
import {
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Clock } from './clock.ts';
import type { Credentials, KubeConfiguration } from './configuration.ts';
import { messageOf, RequestTimeoutError, TransportError } from './errors.ts';

/** Kernel probes start after this long without traffic; libuv then probes every second, ten times. */
const tcpKeepAliveMs = 15_000;
/** Idle pooled sockets are closed before the API server's own idle limit (90 s) closes them under a request. */
const idleSocketMs = 60_000;
/** Token files, certificates and CA are read again after this long, as client-go does. */
const credentialsMs = 60_000;

export interface HttpRequest {
  method: string;
  /** Path with query, without the server's base path. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Limit for the whole answer, or for the headers only when streaming. Milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

export interface HttpStream {
  status: number;
  headers: IncomingMessage['headers'];
  chunks: AsyncGenerator<Buffer, void, void>;
}

interface Pool {
  /** Those that were last found to have this pool's material. */
  credentials: Credentials;
  fingerprint: string;
  requests: PlainAgent;
  watches: PlainAgent;
}

/** What the client needs of HTTP. */
export interface Transport {
  /** Sends a request and reads the whole answer, whatever its status. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /**
   * Sends a request and hands over the answer's byte stream. The time limit covers the headers only. The stream
   * throws a TransportError when it breaks, the signal's reason when aborted, and ends when the server ends it.
   */
  stream(request: HttpRequest): Promise<HttpStream>;
  /** The server answered 401: read credentials again before the next request. */
  invalidateCredentials(): void;
  /** Closes all connections; requests under way fail. */
  close(): void;
}

export class HttpTransport implements Transport {
  readonly #configuration: KubeConfiguration;
  readonly #clock: Clock;
  readonly #maxSockets: number;
  readonly #basePath: string;
  readonly #secure: boolean;
  #credentials: { value: Promise<Credentials>; at: number } | undefined;
  #pool: Pool | undefined;
  #retired: Pool | undefined;
  #closed = false;

  constructor(configuration: KubeConfiguration, options: { clock: Clock; maxSockets: number }) {
    this.#configuration = configuration;
    this.#clock = options.clock;
    this.#maxSockets = options.maxSockets;
    this.#basePath = configuration.server.pathname.replace(/\/$/, '');
    this.#secure = configuration.server.protocol === 'https:';
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const exchange = await this.#send(request, false);
    try {
      const text = await textOf(exchange.response);
      return { status: exchange.response.statusCode ?? 0, headers: exchange.response.headers, text };
    } catch (cause) {
      throw exchange.failure(cause);
    } finally {
      exchange.finish();
    }
  }

  async stream(request: HttpRequest): Promise<HttpStream> {
    const exchange = await this.#send(request, true);
    async function* chunks(): AsyncGenerator<Buffer, void, void> {
      try {
        for await (const chunk of exchange.response) yield chunk;
      } catch (cause) {
        throw exchange.failure(cause);
      } finally {
        exchange.finish();
      }
    }
    return {
      status: exchange.response.statusCode ?? 0,
      headers: exchange.response.headers,
      chunks: chunks(),
    };
  }

  invalidateCredentials(): void {
    this.#credentials = undefined;
    this.#configuration.invalidate();
  }

  close(): void {
    this.#closed = true;
    for (const pool of [this.#pool, this.#retired]) {
      pool?.requests.destroy();
      pool?.watches.destroy();
    }
  }

  async #send(request: HttpRequest, watch: boolean): Promise<Exchange> {
    const { method, path } = request;
    request.signal?.throwIfAborted();
    let credentials: Credentials;
    try {
      credentials = await this.#currentCredentials();
    } catch (cause) {
      throw new TransportError({
        method,
        path,
        message: `no credentials: ${messageOf(cause)}`,
        unsent: true,
        cause,
      });
    }
    if (this.#closed)
      throw new TransportError({ method, path, message: 'the client is closed', unsent: true });
    request.signal?.throwIfAborted();
    const pool = this.#poolFor(credentials);
    return exchange({
      request,
      start: this.#secure ? tlsRequest : plainRequest,
      options: {
        method,
        hostname: this.#configuration.server.hostname.replace(/^\[|\]$/g, ''),
        port: this.#configuration.server.port || (this.#secure ? '443' : '80'),
        path: this.#basePath + path,
        agent: watch ? pool.watches : pool.requests,
        headers: { ...request.headers, ...credentials.headers },
      },
      headersOnly: watch,
      clock: this.#clock,
    });
  }

  async #currentCredentials(): Promise<Credentials> {
    const now = this.#clock.monotonic();
    if (!this.#credentials || now - this.#credentials.at > credentialsMs) {
      const entry = { value: this.#configuration.credentials(), at: now };
      this.#credentials = entry;
      entry.value.catch(() => {
        if (this.#credentials === entry) this.#credentials = undefined;
      });
    }
    return this.#credentials.value;
  }

  /** Pools belong to one set of TLS material. New material gets new ones; in the old ones work ends and sockets idle out. */
  #poolFor(credentials: Credentials): Pool {
    if (this.#pool?.credentials === credentials) return this.#pool;
    const fingerprint = JSON.stringify(credentials.tls);
    if (this.#pool?.fingerprint === fingerprint) {
      this.#pool.credentials = credentials;
      return this.#pool;
    }
    this.#retired = this.#pool;
    const proxy = this.#configuration.proxyUrl;
    const shared = {
      keepAlive: true,
      keepAliveMsecs: tcpKeepAliveMs,
      timeout: idleSocketMs,
      scheduling: 'lifo' as const,
      ...(proxy ? { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } } : {}),
    };
    const make = (sockets: { maxSockets?: number; maxFreeSockets: number }) =>
      this.#secure
        ? new OneServerTlsAgent({ ...shared, ...sockets, ...credentials.tls })
        : new PlainAgent({ ...shared, ...sockets });
    this.#pool = {
      credentials,
      fingerprint,
      requests: make({ maxSockets: this.#maxSockets, maxFreeSockets: this.#maxSockets }),
      watches: make({ maxFreeSockets: 4 }),
    };
    return this.#pool;
  }
}

/**
 * An agent names the server of each request, to find a connection to it, by joining everything that its connections
 * depend on, CA and keys included. This one has connections to one server, with one set of material.
 */
class OneServerTlsAgent extends TlsAgent {
  override getName(): string {
    return 'api-server';
  }
}

/** By events: an async iterator costs as much again as the request. Rejects when the answer breaks off. */
function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.once('error', reject);
    response.once('close', () => {
      // After `end` this changes nothing.
      reject(new Error('the connection was closed before the answer was complete'));
    });
  });
}

interface Exchange {
  response: IncomingMessage;
  /** Turns what the stream threw into what callers are promised. */
  failure(cause: unknown): unknown;
  finish(): void;
}

function exchange(setup: {
  request: HttpRequest;
  start: typeof plainRequest;
  options: RequestOptions;
  headersOnly: boolean;
  clock: Clock;
}): Promise<Exchange> {
  const { request, clock } = setup;
  const { method, path, signal } = request;
  return new Promise((resolve, reject) => {
    let connected = false;
    let timedOut = false;
    const outgoing = setup.start(setup.options);
    const timer = clock.setTimeout(() => {
      timedOut = true;
      outgoing.destroy(new Error('time limit'));
    }, request.timeoutMs);
    const onAbort = () => void outgoing.destroy(new Error('aborted'));
    signal?.addEventListener('abort', onAbort, { once: true });
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const failure = (cause: unknown): unknown => {
      if (signal?.aborted) return signal.reason;
      const unsent = !connected;
      if (timedOut) {
        const message = `no answer within ${request.timeoutMs} ms`;
        return new RequestTimeoutError({ method, path, message, unsent, cause });
      }
      return new TransportError({ method, path, message: messageOf(cause), unsent, cause });
    };
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) connected = true;
      else socket.once(setup.start === plainRequest ? 'connect' : 'secureConnect', () => (connected = true));
    });
    outgoing.once('error', (cause) => {
      finish();
      reject(failure(cause));
    });
    outgoing.once('response', (response) => {
      if (setup.headersOnly) timer.cancel();
      // From here on errors reach the reader of the response; late ones of the request must not be unhandled.
      outgoing.on('error', () => {});
      resolve({ response, failure, finish });
    });
    outgoing.end(request.body);
  });
}
