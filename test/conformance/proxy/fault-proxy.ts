/**
 * Stands between a client and the API server and misbehaves as it is told. It ends the client's TLS with a
 * certificate of its own, sees whole requests, and writes the answers of watches and spoiled lists as bytes, so that
 * an answer can end anywhere: see faults.ts. Credentials pass through.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ClusterCa } from '../../../hack/cluster/certificates.ts';
import { kubeconfig } from '../../../hack/cluster/kubeconfig.ts';
import type { KubeConfiguration } from '../../../src/kube/index.ts';
import { type Random, seeded } from '../random.ts';
import { BodyWriter } from './body-writer.ts';
import { Connection } from './connection.ts';
import type { CutHow, Fault, SeenRequest } from './faults.ts';
import { eventLine, head, statusBody } from './frames.ts';
import { HeldRequests, type LateRequest } from './held-requests.ts';
import { WatchStream } from './watch-stream.ts';

const hows: readonly CutHow[] = ['reset', 'close', 'end'];

/** One authority for all proxies of this process. */
let identity: Promise<{ ca: string; key: string; certificate: string }> | undefined;

async function createIdentity() {
  const ca = await ClusterCa.create('fault-proxy-ca');
  const server = await ca.issue({ commonName: 'fault-proxy', hosts: ['127.0.0.1', 'localhost'] });
  return { ca: ca.certificate, ...server };
}

export class FaultProxy {
  /** Every request since the last {@link clear}. */
  readonly requests: SeenRequest[] = [];
  /** Connections accepted since the last {@link clear}. */
  connections = 0;
  /** What befalls a request. */
  decide: (request: SeenRequest) => readonly Fault[] = () => [];
  readonly #upstream: URL;
  readonly #agent: TlsAgent;
  readonly #ca: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #connections = new Map<number, Socket>();
  readonly #watches = new Set<WatchStream>();
  /** Lists under way that trickle. */
  readonly #bodies = new Set<BodyWriter>();
  readonly #held = new HeldRequests();
  #random: Random = seeded(1);
  #refusing = false;
  #withholding = false;
  #forgotten: { before: bigint; how: 'event' | 'status' } | undefined;

  private constructor(
    upstream: URL,
    upstreamCa: string | undefined,
    own: { ca: string; key: string; certificate: string },
  ) {
    this.#upstream = upstream;
    this.#ca = own.ca;
    this.#agent = new TlsAgent({ keepAlive: true, ...(upstreamCa ? { ca: upstreamCa } : {}) });
    this.#server = createServer({ key: own.key, cert: own.certificate }, (request, response) =>
      this.#handle(request, response),
    );
    this.#server.on('connection', (socket: Socket) => this.#accept(socket));
    this.#server.on('tlsClientError', () => {});
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(configuration: KubeConfiguration): Promise<FaultProxy> {
    const { tls } = await configuration.credentials();
    identity ??= createIdentity();
    const proxy = new FaultProxy(configuration.server, tls.ca, await identity);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get url(): URL {
    return new URL(`https://127.0.0.1:${this.#address().port}`);
  }

  /** The same configuration, by way of this proxy. */
  through(configuration: KubeConfiguration): KubeConfiguration {
    const ca = this.#ca;
    return {
      server: this.url,
      namespace: configuration.namespace,
      proxyUrl: undefined,
      credentials: async () => {
        const { headers, tls } = await configuration.credentials();
        return { headers, tls: { ...tls, ca } };
      },
      invalidate: () => configuration.invalidate(),
    };
  }

  /** A kubeconfig by way of this proxy, for another process. */
  kubeconfig(token: string): string {
    return kubeconfig({
      name: 'fault-proxy',
      server: this.url.href.replace(/\/$/, ''),
      ca: this.#ca,
      credentials: { token },
    });
  }

  clear(): void {
    this.requests.length = 0;
    this.connections = 0;
  }

  seed(random: Random): void {
    this.#random = random;
  }

  /** Requests that are held. */
  get held(): readonly SeenRequest[] {
    return this.#held.seen;
  }

  /** Sends what was held to the server, one after another. */
  release(): Promise<LateRequest[]> {
    return this.#held.release(
      ({ seen, headers, body }) =>
        new Promise((resolve, reject) => {
          const outgoing = tlsRequest(this.#upstreamOptions(seen, headers), (answer) => {
            answer.resume();
            answer.once('end', () => resolve(answer.statusCode ?? 0));
          });
          outgoing.once('error', reject);
          outgoing.end(body);
        }),
    );
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Resets every connection. */
  dropConnections(): void {
    for (const socket of this.#connections.values()) socket.resetAndDestroy();
  }

  /** Resets every connection, and new ones until {@link accept}: the server is away. */
  refuse(): void {
    this.#refusing = true;
    this.dropConnections();
  }

  accept(): void {
    this.#refusing = false;
  }

  /** The watches open now end in order, as at their time limit. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
    this.#watches.clear();
  }

  /** The watches open now say nothing more and do not end: the other side of the connection is gone. */
  silenceWatches(): void {
    for (const watch of this.#watches) watch.silence();
    this.#watches.clear();
  }

  /** Events wait in the proxy until {@link heal} delivers or {@link forget} loses them. */
  withhold(): void {
    this.#withholding = true;
    for (const watch of this.#watches) watch.withhold();
  }

  /**
   * The server's history begins at `version` from now on: open watches end with an ERROR event, and a watch from
   * before is refused, by an ERROR event or by the answer's status.
   */
  forget(version: string, how: 'event' | 'status'): void {
    this.#withholding = false;
    this.#forgotten = { before: BigInt(version), how };
    for (const watch of this.#watches) watch.fail(410, 'Expired');
    this.#watches.clear();
  }

  /** The faults are over. Watches that are silent stay so, and what was forgotten stays forgotten. */
  heal(): void {
    this.decide = () => [];
    this.#refusing = false;
    this.#withholding = false;
    for (const watch of this.#watches) watch.heal();
    for (const body of this.#bodies) body.drain();
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.dropConnections();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#refusing) {
      socket.resetAndDestroy();
      return;
    }
    const port = socket.remotePort;
    if (port === undefined) return;
    this.connections += 1;
    this.#connections.set(port, socket);
    socket.once('close', () => this.#connections.delete(port));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const tcp = this.#connections.get(socket.remotePort ?? -1);
    if (!(socket instanceof TLSSocket) || !tcp) return;
    const connection = new Connection(socket, tcp);
    const seen = describe(request);
    this.requests.push(seen);
    const faults = this.decide(seen);
    if (faults.some((fault) => fault.do === 'hang')) return;
    if (faults.some((fault) => fault.do === 'hold')) {
      this.#held.hold(seen, request);
      return;
    }
    const answer = faults.find((fault) => fault.do === 'answer') ?? this.#expired(seen);
    if (answer) {
      request.resume();
      this.#answer(connection, response, seen, answer);
      return;
    }
    if (faults.some((fault) => fault.do === 'cut' && fault.at === 'before-headers')) {
      connection.resetNow();
      return;
    }
    this.#forward({ request, response, connection, seen, faults });
  }

  /** The answer to a watch from before the beginning of history. */
  #expired(seen: SeenRequest): Extract<Fault, { do: 'answer' }> | undefined {
    const from = seen.resourceVersion;
    if (!seen.watch || !this.#forgotten || !/^[1-9][0-9]*$/.test(from)) return undefined;
    if (BigInt(from) >= this.#forgotten.before) return undefined;
    return { do: 'answer', status: this.#forgotten.how === 'event' ? 200 : 410, reason: 'Expired' };
  }

  #answer(
    connection: Connection,
    response: ServerResponse,
    seen: SeenRequest,
    { status, reason = 'InternalError', retryAfterSeconds }: Extract<Fault, { do: 'answer' }>,
  ): void {
    seen.answered = { status, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
    if (status === 200) {
      const line = eventLine('ERROR', statusBody(410, reason, 'too old resource version (injected)'));
      const body = new BodyWriter(connection.socket, { chunked: true });
      connection.write(head(200, { 'content-type': 'application/json' }));
      body.write(line);
      body.end();
      return;
    }
    const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    response.writeHead(status, { 'content-type': 'application/json', ...retryAfter });
    response.end(JSON.stringify(statusBody(status, reason, 'injected', retryAfterSeconds)));
  }

  #forward(exchange: {
    request: IncomingMessage;
    response: ServerResponse;
    connection: Connection;
    seen: SeenRequest;
    faults: readonly Fault[];
  }): void {
    const { request, response, connection, seen, faults } = exchange;
    const outgoing = tlsRequest(this.#upstreamOptions(seen, request.headers), (upstream) => {
      if (faults.some((fault) => fault.do === 'lose-answer')) {
        upstream.resume();
        upstream.once('end', () => connection.resetNow());
      } else if (seen.watch && upstream.statusCode === 200)
        this.#watch({ connection, upstream, seen, faults });
      else if (faults.some((fault) => fault.do === 'truncate' || fault.do === 'trickle')) {
        this.#spoil(connection, upstream, faults);
      } else {
        response.writeHead(upstream.statusCode ?? 502, upstream.headers);
        upstream.pipe(response);
        upstream.on('error', () => response.destroy());
      }
    });
    outgoing.on('error', () => connection.resetNow());
    const clientLeft = () => outgoing.destroy();
    connection.socket.once('close', clientLeft);
    outgoing.once('close', () => connection.socket.off('close', clientLeft));
    request.pipe(outgoing);
  }

  #watch(exchange: {
    connection: Connection;
    upstream: IncomingMessage;
    seen: SeenRequest;
    faults: readonly Fault[];
  }): void {
    const watch = new WatchStream({
      connection: exchange.connection,
      upstream: exchange.upstream,
      faults: exchange.faults,
      bookmarks: exchange.seen.bookmarks,
      how: hows[Math.floor(this.#random() * hows.length)] ?? 'reset',
      onOver: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    if (this.#withholding) watch.withhold();
    watch.begin();
  }

  /** A list that comes slowly, or not to its end. */
  #spoil(connection: Connection, upstream: IncomingMessage, faults: readonly Fault[]): void {
    const trickle = faults.find((fault) => fault.do === 'trickle');
    const truncate = faults.find((fault) => fault.do === 'truncate');
    const parts: Buffer[] = [];
    upstream.on('data', (part: Buffer) => parts.push(part));
    upstream.on('error', () => connection.resetNow());
    upstream.once('end', () => {
      const whole = Buffer.concat(parts);
      connection.write(head(upstream.statusCode ?? 502, upstream.headers, whole.length));
      const body = new BodyWriter(connection.socket, { chunked: false, trickle });
      this.#bodies.add(body);
      connection.socket.once('close', () => {
        body.stop();
        this.#bodies.delete(body);
      });
      body.write(truncate ? whole.subarray(0, Math.floor(whole.length * truncate.share)) : whole);
      body.end();
    });
  }

  #upstreamOptions({ method, path }: SeenRequest, received: IncomingHttpHeaders) {
    const { hostname, port } = this.#upstream;
    // The proxy writes JSON as it is: no compression, no other host's name.
    const { host: _, 'accept-encoding': __, ...headers } = received;
    return { agent: this.#agent, hostname, port, method, path, headers };
  }

  #address(): AddressInfo {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address;
  }
}

function describe(request: IncomingMessage): SeenRequest {
  const path = request.url ?? '/';
  const method = request.method ?? 'GET';
  const { pathname, searchParams } = new URL(path, 'https://proxy');
  const watch = ['true', '1'].includes(searchParams.get('watch') ?? '');
  return {
    method,
    path,
    watch,
    list: method === 'GET' && !watch && isCollection(pathname),
    resourceVersion: searchParams.get('resourceVersion') ?? '',
    continued: searchParams.has('continue'),
    bookmarks: ['true', '1'].includes(searchParams.get('allowWatchBookmarks') ?? ''),
    at: performance.now(),
  };
}

/** `/api/v1/namespaces/x/configmaps` and `/apis/g/v/things`, not one object of them. */
function isCollection(pathname: string): boolean {
  const parts = pathname.split('/').filter(Boolean);
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  return rest.length === 1 || (rest.length === 3 && rest[0] === 'namespaces');
}
