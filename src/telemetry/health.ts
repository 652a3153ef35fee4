import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Logger } from './log.ts';
import { errorText } from './redact.ts';

/** Undefined when all is well, otherwise the reason in one sentence. Must be quick: the kubelet waits 1 s. */
export type HealthCheck = () => string | undefined;

/** Checks by name, e.g. `{ caches: () => cache.hasSynced() ? undefined : 'caches are not filled yet' }`. */
export type HealthChecks = Readonly<Record<string, HealthCheck>>;

export interface HealthServerOptions {
  /** @defaultValue all addresses: the kubelet probes the pod's own */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Failing means: restart this process. Keep to what a restart mends. */
  readonly livez: HealthChecks;
  /** Failing means: send no work here. */
  readonly readyz: HealthChecks;
  /** Served at `/metrics` when given; a function is called at the first scrape, so that its import can wait. */
  readonly metrics?: Registry | (() => Promise<Registry>);
  readonly log: Logger;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * HTTP for the kubelet and Prometheus: `/livez`, `/readyz`, `/metrics`. 200 with `ok`, or 503 with one line
 * for each failing check. A change between ready and not ready is logged once.
 *
 * @throws when the port cannot be bound.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { log, metrics } = options;
  const lastAnswer = new Map<string, string>();

  function answerChecks(path: string, checks: HealthChecks, response: ServerResponse): void {
    const failures = runChecks(checks);
    const text = failures.length === 0 ? 'ok' : failures.join('\n');
    const previous = lastAnswer.get(path);
    lastAnswer.set(path, text);
    if (text !== previous && (failures.length > 0 || previous !== undefined)) {
      log.info({ probe: path, failures }, failures.length === 0 ? 'Probe passes again' : 'Probe fails');
    }
    respond(response, failures.length === 0 ? 200 : 503, `${text}\n`);
  }

  async function answerMetrics(response: ServerResponse): Promise<void> {
    if (metrics === undefined) return respond(response, 404, 'no metrics here\n');
    const registry = typeof metrics === 'function' ? await metrics() : metrics;
    const text = await registry.metrics();
    response.setHeader('content-type', registry.contentType);
    respond(response, 200, text);
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path =
      request.method === 'GET' || request.method === 'HEAD' ? request.url?.split('?', 1)[0] : undefined;
    switch (path) {
      case '/livez':
        answerChecks('livez', options.livez, response);
        return;
      case '/readyz':
        answerChecks('readyz', options.readyz, response);
        return;
      case '/metrics':
        answerMetrics(response).catch((error: unknown) => {
          log.warn({ err: error }, 'Metrics could not be collected');
          respond(response, 500, `metrics could not be collected: ${errorText(error)}\n`);
        });
        return;
      default:
        respond(response, 404, 'known: GET /livez, GET /readyz, GET /metrics\n');
    }
  }

  const server = createServer(answer);
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const port = portOf(server.address());
  log.debug({ port }, 'Health server listens');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function runChecks(checks: HealthChecks): string[] {
  const failures: string[] = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      const reason = check();
      if (reason !== undefined) failures.push(`${name}: ${reason}`);
    } catch (error) {
      failures.push(`${name}: the check threw: ${errorText(error)}`);
    }
  }
  return failures;
}

function respond(response: ServerResponse, status: number, body: string): void {
  if (response.headersSent) return;
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(body);
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the health server has no TCP address');
}
