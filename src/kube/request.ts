/**
 * One request to the API server with its retries. A request is repeated only when that cannot do harm:
 *
 * - 429: always, since the server did not run it. After `Retry-After`, or exponential back-off without one.
 * - no connection could be made: always.
 * - 5xx, a broken connection or no answer in time: only when `repeatable`, since the first may have been carried out.
 * - 401: once, with fresh credentials.
 */
import { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { ApiError, messageOf, TransportError } from './errors.ts';
import type { HttpResponse, Transport } from './http.ts';
import type { Logger } from './log.ts';
import type { Counter, Histogram, Metrics } from './metrics.ts';
import type { Reachability } from './reachability.ts';
import { apiErrorFrom } from './status.ts';

/** First try included. */
const maxAttempts = 4;
/** A server that asks for more patience than this gets its answer passed on to the caller. */
const longestRetryAfterMs = 30_000;

export interface ApiRequest {
  method: string;
  path: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  body?: unknown;
  contentType?: string | undefined;
  accept?: string | undefined;
  /** Sending it twice has the same effect as once. */
  repeatable: boolean;
  /** False leaves all retrying to the caller. */
  retry?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Checked before each attempt; throws when the request must not be sent any more. */
  fence?: (() => void) | undefined;
}

export class Requester {
  readonly reachability: Reachability;
  readonly #http: Transport;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #userAgent: string;
  readonly #timeoutMs: number;
  readonly #requests: Counter;
  readonly #durations: Histogram;
  readonly #warnings = new Set<string>();

  constructor(parts: {
    http: Transport;
    clock: Clock;
    log: Logger;
    metrics: Metrics;
    reachability: Reachability;
    userAgent: string;
    timeoutMs: number;
  }) {
    this.#http = parts.http;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#userAgent = parts.userAgent;
    this.#timeoutMs = parts.timeoutMs;
    this.reachability = parts.reachability;
    this.#requests = parts.metrics.counter({
      name: 'rest_client_requests_total',
      help: 'Requests to the API server by method and status code; <error> when no answer came',
      labelNames: ['method', 'code'],
    });
    this.#durations = parts.metrics.histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Time until the whole answer of one request was there, seconds',
      labelNames: ['verb'],
    });
  }

  /** The parsed body of a success (undefined when it is empty). Throws ApiError or TransportError. */
  async json(request: ApiRequest): Promise<unknown> {
    const path = request.path + queryString(request.query);
    const response = await this.#withRetries(request, path);
    if (response.text === '') return undefined;
    try {
      return JSON.parse(response.text);
    } catch (cause) {
      const { method } = request;
      throw new TransportError({ method, path, message: 'the answer is not JSON', cause });
    }
  }

  /** The byte stream of a success. Not retried, but for one repetition with fresh credentials after a 401. */
  async stream(request: ApiRequest): Promise<AsyncGenerator<Buffer, void, void>> {
    const path = request.path + queryString(request.query);
    for (let attempt = 1; ; attempt += 1) {
      request.fence?.();
      const answer = await this.#observe(request.method, () =>
        this.#http.stream({ ...this.#outgoing(request, path), method: request.method, path }),
      );
      if (answer.status < 300) {
        this.#warn(answer.headers);
        return answer.chunks;
      }
      const parts: Buffer[] = [];
      for await (const chunk of answer.chunks) parts.push(chunk);
      const text = Buffer.concat(parts).toString('utf8');
      const retryAfter = answer.headers['retry-after'];
      const error = apiErrorFrom({ status: answer.status, text, retryAfter, method: request.method, path });
      if (error.status !== 401 || attempt > 1) throw error;
      this.#http.invalidateCredentials();
    }
  }

  async #withRetries(request: ApiRequest, path: string): Promise<HttpResponse> {
    const { method, signal } = request;
    const backoff = new Backoff({ baseMs: 100, maxMs: 5_000, jitter: 0.5 });
    let renewedCredentials = false;
    for (let attempt = 1; ; attempt += 1) {
      request.fence?.();
      try {
        const response = await this.#observe(method, () =>
          this.#http.request({ ...this.#outgoing(request, path), method, path }),
        );
        if (response.status < 300) {
          this.#warn(response.headers);
          return response;
        }
        const retryAfter = response.headers['retry-after'];
        throw apiErrorFrom({ status: response.status, text: response.text, retryAfter, method, path });
      } catch (error) {
        if (error instanceof ApiError && error.status === 401 && !renewedCredentials) {
          renewedCredentials = true;
          this.#http.invalidateCredentials();
          continue;
        }
        if (request.retry === false || attempt >= maxAttempts || !mayRepeat(error, request.repeatable))
          throw error;
        const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
        if (asked !== undefined && asked > longestRetryAfterMs) throw error;
        const delayMs = Math.max(backoff.next(), asked ?? 0);
        this.#log.debug(
          { method, path, attempt, delayMs, error: messageOf(error) },
          'API request will be repeated',
        );
        await this.#clock.sleep(delayMs, signal);
      }
    }
  }

  #outgoing(request: ApiRequest, path: string) {
    const headers: Record<string, string> = {
      'user-agent': this.#userAgent,
      accept: request.accept ?? 'application/json',
    };
    let body: string | undefined;
    if (request.body !== undefined) {
      body = JSON.stringify(request.body);
      headers['content-type'] = request.contentType ?? 'application/json';
      headers['content-length'] = String(Buffer.byteLength(body));
    }
    return { headers, body, path, timeoutMs: this.#timeoutMs, signal: request.signal };
  }

  async #observe<R extends { status: number }>(method: string, send: () => Promise<R>): Promise<R> {
    const start = this.#clock.monotonic();
    try {
      const answer = await send();
      this.#requests.inc({ method, code: String(answer.status) });
      if (answer.status === 429 || answer.status >= 500) this.reachability.failed();
      else this.reachability.answered();
      return answer;
    } catch (error) {
      this.#requests.inc({ method, code: '<error>' });
      if (error instanceof TransportError) this.reachability.failed();
      throw error;
    } finally {
      this.#durations.observe((this.#clock.monotonic() - start) / 1000, { verb: method });
    }
  }

  /** The API server warns of deprecated versions and suspicious fields in headers: each text is logged once. */
  #warn(headers: HttpResponse['headers']): void {
    const header = headers.warning;
    if (typeof header !== 'string' || this.#warnings.has(header) || this.#warnings.size >= 100) return;
    this.#warnings.add(header);
    this.#log.warn({ warning: header }, 'the API server warns');
  }
}

function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof TransportError) return error.unsent || repeatable;
  if (error instanceof ApiError) return error.status === 429 || (error.status >= 500 && repeatable);
  return false;
}

function queryString(query: ApiRequest['query']): string {
  let text = '';
  for (const name in query) {
    const value = query[name];
    if (value === undefined || value === '') continue;
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}
