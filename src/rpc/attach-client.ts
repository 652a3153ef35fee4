/**
 * The worker's end of GatewayService.Attach: one dial, one stream. It sends Hello first, then whatever is given to
 * `send`, and yields what the gateway says. When and how often to dial again is the caller's decision; the
 * {@link AttachError} says whether it makes sense.
 *
 * Imports only grpc-js and the generated code: a worker's start is on the user's clock.
 */
import { isIP } from 'node:net';
import { type ClientDuplexStream, type ServiceError, status } from '@grpc/grpc-js';
import { AttachError } from './attach-error.ts';
import { clientCredentials } from './client-credentials.ts';
import {
  type AttachRequest,
  type AttachResponse,
  GatewayServiceClient,
  type Hello,
} from './generated/skald/v1/gateway.ts';
import type { TrustDomain } from './identity.ts';
import { CLIENT_OPTIONS } from './limits.ts';
import type { PemIdentity } from './pem-identity.ts';

/** One message to the gateway, without Hello, which is sent by {@link attach} itself. */
export type WorkerMessage = Exclude<NonNullable<AttachRequest['message']>, { $case: 'hello' }>;
/** One message from the gateway. */
export type GatewayMessage = NonNullable<AttachResponse['message']>;

export interface AttachOptions {
  /** host:port */
  readonly address: string;
  /** Name in TLS SNI, when it is not the host of the address (e.g. a forwarded port). */
  readonly serverName?: string;
  /** As read for this dial: `await readPemIdentity(files)`. */
  readonly identity: PemIdentity;
  readonly trustDomain: TrustDomain;
  readonly hello: Hello;
  /** Aborting closes the stream at once; iteration then ends without an error. */
  readonly signal?: AbortSignal;
  /**
   * Longest wait for TCP and TLS, milliseconds. While a pod is replaced its Service may lead to an address that
   * nobody has any more: the connection is tried there until it is given up, and only another one is led elsewhere.
   * @defaultValue 3000
   */
  readonly connectTimeoutMs?: number;
  /** Longest wait for the gateway's first message, milliseconds. @defaultValue 10000 */
  readonly openTimeoutMs?: number;
  /** Called when Hello has been handed to the connection, which may still be in the making. */
  readonly onHelloSent?: () => void;
  /** Called when TCP and TLS are done: there is a gateway. */
  readonly onConnected?: () => void;
}

export const PROTOCOL_VERSION = 1;
export const DEFAULT_OPEN_TIMEOUT_MS = 10_000;
export const DEFAULT_CONNECT_TIMEOUT_MS = 3_000;
/** Messages that may wait for a slow connection; beyond it the connection counts as dead. */
export const MAX_QUEUED_MESSAGES = 1024;

/** One stream. Iterate it once; iteration ends when either side closes, and throws {@link AttachError} on failure. */
export interface Attachment extends AsyncIterable<GatewayMessage>, AsyncDisposable {
  /** Queues a message. Returns false, and drops it, when the stream is over. */
  send(message: WorkerMessage): boolean;
  /** Sends what is queued, half-closes, and waits at most `graceMs` (default 2000) for the gateway to end the stream. */
  close(graceMs?: number): Promise<void>;
}

/** Dials the gateway. Never throws for network reasons: those end the iteration. */
export function attach(options: AttachOptions): Attachment {
  return new AttachStream(options);
}

class AttachStream implements Attachment {
  readonly #client: GatewayServiceClient;
  readonly #stream: ClientDuplexStream<AttachRequest, AttachResponse>;
  readonly #options: AttachOptions;
  readonly #ended = Promise.withResolvers<void>();
  readonly #received: GatewayMessage[] = [];
  #openTimer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #over = false;
  #closing = false;
  #error: AttachError | undefined;
  #queued = 0;
  readonly #onAbort = (): void => this.#cancel();

  constructor(options: AttachOptions) {
    this.#options = options;
    const serverName =
      options.serverName ?? (isIP(hostOf(options.address)) === 0 ? undefined : 'skald-gateway');
    this.#client = new GatewayServiceClient(
      options.address,
      clientCredentials(options.identity, { trustDomain: options.trustDomain }),
      {
        ...CLIENT_OPTIONS,
        ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
      },
    );
    this.#stream = this.#client.attach();
    this.#stream.on('data', (response: AttachResponse) => this.#receive(response));
    this.#stream.on('error', (error: ServiceError) => this.#fail(error));
    this.#stream.on('end', () => this.#finish());
    this.#openTimer = setTimeout(
      () => this.#openTimedOut(),
      options.openTimeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS,
    );
    this.#write({ message: { $case: 'hello', value: options.hello } }, options.onHelloSent);
    const connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.#client.waitForReady(Date.now() + connectTimeoutMs, (error) => {
      if (this.#over) return;
      if (error === undefined) options.onConnected?.();
      else this.#connectTimedOut(connectTimeoutMs);
    });
    if (options.signal?.aborted === true) this.#cancel();
    else options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  send(message: WorkerMessage): boolean {
    if (this.#over || this.#closing) return false;
    if (this.#queued >= MAX_QUEUED_MESSAGES) {
      this.#abandon(
        status.UNAVAILABLE,
        `${MAX_QUEUED_MESSAGES} messages wait unsent for ${this.#options.address}`,
      );
      return false;
    }
    this.#write({ message });
    return true;
  }

  async close(graceMs = 2_000): Promise<void> {
    if (!this.#over && !this.#closing) {
      this.#closing = true;
      this.#stream.end();
    }
    const timer = setTimeout(() => this.#cancel(), graceMs);
    await this.#ended.promise;
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#ended.promise;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GatewayMessage, void, undefined> {
    for (;;) {
      const next = this.#received.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      if (this.#error !== undefined) throw this.#error;
      if (this.#over) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  #write(request: AttachRequest, onSent?: () => void): void {
    this.#queued += 1;
    this.#stream.write(request, () => {
      this.#queued -= 1;
      onSent?.();
    });
  }

  #receive(response: AttachResponse): void {
    clearTimeout(this.#openTimer);
    // A message that a newer gateway may send and this build does not know has no case: skipped.
    if (response.message === undefined) return;
    this.#received.push(response.message);
    this.#wake?.();
  }

  #connectTimedOut(limit: number): void {
    this.#abandon(
      status.UNAVAILABLE,
      `no connection to the gateway at ${this.#options.address} in ${limit} ms`,
    );
  }

  #openTimedOut(): void {
    const limit = this.#options.openTimeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS;
    this.#abandon(
      status.DEADLINE_EXCEEDED,
      `the gateway at ${this.#options.address} did not answer in ${limit} ms`,
    );
  }

  #abandon(code: status, message: string): void {
    if (this.#over) return;
    this.#error = new AttachError(code, message);
    this.#cancel();
  }

  #fail(cause: ServiceError): void {
    if (this.#over) return;
    const message = `Attach to ${this.#options.address} ended: ${cause.details === '' ? cause.message : cause.details}`;
    this.#error = new AttachError(cause.code, message, { cause });
    this.#finish();
  }

  /** Ends the stream from this side; what has been received stays readable. */
  #cancel(): void {
    if (this.#over) return;
    this.#finish();
    this.#stream.cancel();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#openTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#client.close();
    this.#ended.resolve();
    this.#wake?.();
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
