/**
 * Stands between a client and the API server and misbehaves on demand. It speaks plain HTTP to the client, so that it
 * can see and spoil single requests, and HTTPS to the server; credentials pass through.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeConfiguration } from '../../../src/kube/index.ts';

export interface ProxiedRequest {
  method: string;
  /** With query. */
  path: string;
  watch: boolean;
}

/**
 * What happens to a request: it is answered with a status; `drop`: its connection is reset before the server sees it;
 * `lose-answer`: the server carries it out, then the connection is reset; `hang`: it is never answered; `hold`: it reaches the server when
 * {@link FaultProxy.release} is called, even if whoever sent it has given up: a request that is late.
 */
export type Fault =
  | { status: number; headers?: Record<string, string>; reason?: string }
  | 'drop'
  | 'lose-answer'
  | 'hang'
  | 'hold';

export interface LateRequest extends ProxiedRequest {
  /** What the server said in the end. */
  status: number;
}

export class FaultProxy {
  /** Every request since the last {@link clear}. */
  readonly requests: ProxiedRequest[] = [];
  /** Connections accepted since the last {@link clear}. */
  connections = 0;
  /** Decides about each request. */
  fault: (request: ProxiedRequest) => Fault | undefined = () => undefined;
  readonly #upstream: URL;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<{ upstream: IncomingMessage; response: ServerResponse }>();
  readonly #held: { seen: ProxiedRequest; headers: IncomingMessage['headers']; body: Promise<Buffer> }[] = [];
  #refusing = false;

  private constructor(upstream: URL, ca: string | undefined) {
    this.#upstream = upstream;
    this.#agent = new Agent({ keepAlive: true, ...(ca ? { ca } : {}) });
    this.#server = createServer((request, response) => this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      if (this.#refusing) {
        socket.resetAndDestroy();
        return;
      }
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(configuration: KubeConfiguration): Promise<FaultProxy> {
    const { tls } = await configuration.credentials();
    const proxy = new FaultProxy(configuration.server, tls.ca);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** The same configuration, by way of this proxy. */
  through(configuration: KubeConfiguration): KubeConfiguration {
    return {
      server: new URL(`http://127.0.0.1:${this.#address().port}`),
      namespace: configuration.namespace,
      proxyUrl: undefined,
      credentials: () => configuration.credentials(),
      invalidate: () => configuration.invalidate(),
    };
  }

  clear(): void {
    this.requests.length = 0;
    this.connections = 0;
  }

  /** Resets every connection. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Resets every connection, and new ones until {@link accept}: the server is away. */
  refuse(): void {
    this.#refusing = true;
    this.dropConnections();
  }

  accept(): void {
    this.#refusing = false;
  }

  /** The watches open now say nothing more and do not end: the other side of the connection is gone. */
  silenceWatches(): void {
    for (const { upstream, response } of this.#streams) {
      upstream.unpipe(response);
      upstream.destroy();
    }
    this.#streams.clear();
  }

  /** Requests that are held. */
  get held(): readonly ProxiedRequest[] {
    return this.#held.map(({ seen }) => seen);
  }

  /** Sends what was held to the server, one after another. */
  async release(): Promise<LateRequest[]> {
    const late: LateRequest[] = [];
    for (const { seen, headers, body } of this.#held.splice(0)) {
      const content = await body;
      const status = await new Promise<number>((resolve, reject) => {
        const outgoing = httpsRequest(this.#upstreamOptions(seen, headers), (answer) => {
          answer.resume();
          answer.once('end', () => resolve(answer.statusCode ?? 0));
        });
        outgoing.once('error', reject);
        outgoing.end(content);
      });
      late.push({ ...seen, status });
    }
    return late;
  }

  get openWatches(): number {
    return this.#streams.size;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const seen = { method, path, watch: new URL(path, 'http://proxy').searchParams.get('watch') === 'true' };
    this.requests.push(seen);
    const fault = this.fault(seen);
    if (fault === 'hang') return;
    if (fault === 'hold') {
      this.#held.push({ seen, headers: request.headers, body: bodyOf(request) });
      return;
    }
    if (fault === 'drop') {
      request.socket.resetAndDestroy();
      return;
    }
    if (typeof fault === 'object') {
      request.resume();
      const reason = fault.reason ? { reason: fault.reason } : {};
      const status = { kind: 'Status', apiVersion: 'v1', code: fault.status, message: 'injected', ...reason };
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(JSON.stringify(status));
      return;
    }
    this.#forward(request, response, seen, fault === 'lose-answer');
  }

  #forward(request: IncomingMessage, response: ServerResponse, seen: ProxiedRequest, lose: boolean): void {
    const outgoing = httpsRequest(this.#upstreamOptions(seen, request.headers), (upstream) => {
      if (lose) {
        upstream.resume();
        upstream.once('end', () => request.socket.resetAndDestroy());
        return;
      }
      response.writeHead(upstream.statusCode ?? 502, upstream.headers);
      response.flushHeaders();
      upstream.pipe(response);
      upstream.on('error', () => response.destroy());
      if (!seen.watch) return;
      const stream = { upstream, response };
      this.#streams.add(stream);
      upstream.once('close', () => this.#streams.delete(stream));
    });
    outgoing.on('error', () => request.socket.resetAndDestroy());
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  }

  #upstreamOptions(seen: ProxiedRequest, { host: _, ...headers }: IncomingMessage['headers']) {
    const { hostname, port } = this.#upstream;
    return { agent: this.#agent, hostname, port, method: seen.method, path: seen.path, headers };
  }

  #address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
