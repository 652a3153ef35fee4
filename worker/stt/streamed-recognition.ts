/**
 * An utterance that is recognised over a WebSocket while it is spoken: what every vendor needs, apart from its messages.
 *
 * The connection opens with the first sound and ends with the transcript. As long as nothing final has come, a
 * connection that breaks is replaced by another one that is given all that was said so far.
 */
import { LISTEN_RATE } from '../audio/rates.ts';
import { type GuardedSocket, openSocket } from '../provider/guarded-websocket.ts';
import { excerpt, type KeyHeader, type ProviderEndpoint } from '../provider/http.ts';
import { ProviderError, type RetryPolicy, retryDefaults, withRetries } from '../provider/retry.ts';
import { AudioBacklog } from './audio-backlog.ts';
import type { Recognition, RecognitionRequest } from './speech-to-text.ts';

/** What one message of the vendor's means. Undefined: nothing that matters here. */
export type Heard =
  /** The words since the last final ones, which may change. */
  | { readonly kind: 'interim'; readonly text: string }
  /** Words that stand. `last`: nothing follows. */
  | { readonly kind: 'final'; readonly text: string; readonly last: boolean }
  /** Nothing follows what came before. */
  | { readonly kind: 'over' }
  | { readonly kind: 'failed'; readonly why: string; readonly retryable: boolean }
  | undefined;

/** A vendor's side of it. */
export interface RecognitionDialect {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly keyHeader: KeyHeader;
  /** @param bytes 16-bit little-endian, 16 kHz mono */
  audio(bytes: Uint8Array): string | Uint8Array;
  /** Sent after the last audio: answer with all that is left. */
  readonly end: string;
  /** Sent while no audio comes; undefined: the vendor waits. */
  readonly keepAlive?: string;
  /** Sent in a pause: let stand what was said, for it may have been all. Undefined: the vendor has no such thing. */
  readonly settle?: string;
  /**
   * @param message parsed JSON
   * @param ended whether `end` was sent on this connection
   */
  read(message: unknown, ended: boolean): Heard;
}

export interface RecognitionLimits {
  /** Longest wait until the connection is open, milliseconds. */
  readonly openMs: number;
  /** Longest wait for the transcript after the last audio, milliseconds. */
  readonly finalMs: number;
  /** A connection without audio says so this often, milliseconds. */
  readonly keepAliveMs: number;
  /** Bytes kept while they cannot be sent, or may have to be sent again. */
  readonly mostBytes: number;
  readonly retry: RetryPolicy;
}

const BYTES_PER_MS = (LISTEN_RATE * 2) / 1000;
/** Audio goes out in messages of so much: fewer are cheaper, and what is left goes out with the end. */
const MESSAGE_BYTES = 100 * BYTES_PER_MS;

export const recognitionLimits: RecognitionLimits = {
  openMs: 5_000,
  finalMs: 8_000,
  keepAliveMs: 4_000,
  mostBytes: 30_000 * BYTES_PER_MS,
  retry: retryDefaults,
};

/** One connection that is open. */
interface Connection {
  readonly socket: GuardedSocket;
  readonly result: PromiseWithResolvers<string>;
  readonly idle: NodeJS.Timeout | undefined;
  deadline: NodeJS.Timeout | undefined;
  ended: boolean;
}

export class StreamedRecognition implements Recognition {
  private readonly endpoint: ProviderEndpoint;
  private readonly dialect: RecognitionDialect;
  private readonly request: RecognitionRequest;
  private readonly limits: RecognitionLimits;
  private readonly own = new AbortController();
  private readonly signal: AbortSignal;
  private readonly backlog: AudioBacklog;
  private readonly outcome: Promise<string>;
  private message = new Uint8Array(MESSAGE_BYTES);
  private filled = 0;
  private connection: Connection | undefined;
  private ended = false;
  /** Words that stand. */
  private finals: string[] = [];
  /** Whether another connection could be given all that was said. */
  private replayable = true;

  constructor(
    endpoint: ProviderEndpoint,
    dialect: RecognitionDialect,
    request: RecognitionRequest,
    limits: RecognitionLimits = recognitionLimits,
  ) {
    this.endpoint = endpoint;
    this.dialect = dialect;
    this.request = request;
    this.limits = limits;
    this.signal = AbortSignal.any([request.signal, this.own.signal]);
    this.backlog = new AudioBacklog(limits.mostBytes);
    this.outcome = withRetries(() => this.once(), { signal: this.signal, policy: limits.retry });
    // Whoever calls `finish` learns of it; a recognition that is cancelled is never finished.
    this.outcome.catch(() => {});
  }

  push(samples: Int16Array): void {
    if (this.ended) return;
    for (const sample of samples) {
      this.message[this.filled++] = sample & 0xff;
      this.message[this.filled++] = (sample >> 8) & 0xff;
      if (this.filled === MESSAGE_BYTES) this.flush();
    }
  }

  pause(): void {
    const { settle } = this.dialect;
    this.flush();
    if (settle !== undefined && !this.ended) this.connection?.socket.send(settle);
  }

  async finish(): Promise<string> {
    this.flush();
    this.ended = true;
    const lostMs = this.backlog.dropped / BYTES_PER_MS;
    if (lostMs > 0) {
      this.cancel();
      // The end of a sentence is not the sentence; whoever has the recording can still ask with it.
      throw this.failure(`not open in time: the first ${lostMs} ms of the utterance are lost`, false);
    }
    if (this.connection !== undefined) this.end(this.connection);
    return await this.outcome;
  }

  cancel(): void {
    this.own.abort(new Error('the recognition is not wanted any more'));
  }

  private flush(): void {
    if (this.filled === 0) return;
    const chunk = this.message.subarray(0, this.filled);
    this.message = new Uint8Array(MESSAGE_BYTES);
    this.filled = 0;
    // What was sent cannot be lost, but no longer be repeated as a whole.
    if (this.connection !== undefined && this.backlog.fullFor(chunk)) this.noReplay();
    if (this.replayable) this.backlog.push(chunk);
    if (this.connection !== undefined) this.send(this.connection, chunk);
  }

  private noReplay(): void {
    this.replayable = false;
    this.backlog.clear();
  }

  /** From the handshake to the transcript. */
  private async once(): Promise<string> {
    const result = Promise.withResolvers<string>();
    result.promise.catch(() => {});
    const heard: { connection?: Connection } = {};
    try {
      const socket = await openSocket(this.endpoint, {
        path: this.dialect.path,
        query: this.dialect.query,
        keyHeader: this.dialect.keyHeader,
        signal: this.signal,
        timeoutMs: this.limits.openMs,
        onText: (text) => this.read(text, heard.connection?.ended ?? false, result),
        onEnd: result.reject,
      });
      heard.connection = this.take(socket, result);
      return await result.promise;
    } catch (error) {
      if (this.replayable || !(error instanceof ProviderError)) throw error;
      throw new ProviderError(error.provider, error.message, { cause: error, retryable: false });
    } finally {
      if (heard.connection !== undefined) this.drop(heard.connection);
    }
  }

  private take(socket: GuardedSocket, result: PromiseWithResolvers<string>): Connection {
    const { keepAlive } = this.dialect;
    const connection: Connection = {
      socket,
      result,
      idle:
        keepAlive === undefined
          ? undefined
          : setInterval(() => socket.send(keepAlive), this.limits.keepAliveMs),
      deadline: undefined,
      ended: false,
    };
    this.connection = connection;
    for (const chunk of this.backlog) this.send(connection, chunk);
    if (this.ended) this.end(connection);
    return connection;
  }

  private drop(connection: Connection): void {
    if (this.connection === connection) this.connection = undefined;
    clearInterval(connection.idle);
    clearTimeout(connection.deadline);
    connection.socket.close();
  }

  private send({ socket, result, idle }: Connection, chunk: Uint8Array): void {
    if (socket.waiting > this.limits.mostBytes) {
      result.reject(this.failure('the connection takes no more audio', true));
      return;
    }
    socket.send(this.dialect.audio(chunk));
    idle?.refresh();
  }

  private end(connection: Connection): void {
    if (connection.ended) return;
    connection.ended = true;
    clearInterval(connection.idle);
    connection.socket.send(this.dialect.end);
    const { finalMs } = this.limits;
    connection.deadline = setTimeout(
      () => connection.result.reject(this.failure(`no transcript within ${finalMs} ms`, true)),
      finalMs,
    );
  }

  private read(text: string, ended: boolean, result: PromiseWithResolvers<string>): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      result.reject(this.failure('a message is no JSON', true));
      return;
    }
    const heard = this.dialect.read(message, ended);
    switch (heard?.kind) {
      case 'interim':
        this.request.onInterim?.(this.words(heard.text), false);
        return;
      case 'final':
        if (heard.text.trim() !== '') {
          this.finals.push(heard.text.trim());
          this.noReplay();
          this.request.onInterim?.(this.words(), true);
        }
        if (heard.last) result.resolve(this.words());
        return;
      case 'over':
        result.resolve(this.words());
        return;
      case 'failed':
        result.reject(this.failure(excerpt(heard.why, this.endpoint.apiKey), heard.retryable));
    }
  }

  private words(interim = ''): string {
    return [...this.finals, interim.trim()].filter((part) => part !== '').join(' ');
  }

  private failure(why: string, retryable: boolean): ProviderError {
    const { role, baseUrl } = this.endpoint;
    return new ProviderError(role, `${role}: ${baseUrl}${this.dialect.path}: ${why}`, { retryable });
  }
}
