import type { Writable } from 'node:stream';
import { chunk, lastChunk } from './frames.ts';

/** Writes the body of one answer, in HTTP chunks or plain, at once or a few bytes at a time. */
export class BodyWriter {
  readonly #socket: Writable;
  readonly #chunked: boolean;
  readonly #pieceBytes: number;
  readonly #everyMs: number;
  #queue: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(
    socket: Writable,
    options: { chunked: boolean; trickle?: { bytes: number; everyMs: number } | undefined },
  ) {
    this.#socket = socket;
    this.#chunked = options.chunked;
    this.#pieceBytes = options.trickle?.bytes ?? Number.POSITIVE_INFINITY;
    this.#everyMs = options.trickle?.everyMs ?? 0;
  }

  write(body: Buffer): void {
    this.#queue = this.#queue.length === 0 ? body : Buffer.concat([this.#queue, body]);
    if (this.#everyMs > 0) this.#schedule();
    else while (this.#queue.length > 0) this.#next();
  }

  /** Everything at once from here on. */
  drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#queue.length > 0) this.#next();
    this.#emptied();
  }

  /** Bytes that follow no rule, behind all that was written. */
  raw(bytes: Buffer): void {
    this.drain();
    this.#write(bytes);
  }

  /** Ends the message, then the connection, once all is written. */
  end(): void {
    this.#onEmpty = () => {
      if (this.#chunked) this.#write(lastChunk);
      this.#socket.end();
    };
    if (this.#queue.length === 0) this.#emptied();
  }

  /** Writes nothing more, not even what waits. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = Buffer.alloc(0);
  }

  #schedule(): void {
    if (this.#timer || this.#queue.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
      if (this.#queue.length === 0) this.#emptied();
      else this.#schedule();
    }, this.#everyMs);
  }

  #next(): void {
    const piece = this.#queue.subarray(0, Math.min(this.#pieceBytes, this.#queue.length));
    this.#queue = this.#queue.subarray(piece.length);
    this.#write(this.#chunked ? chunk(piece) : piece);
  }

  #emptied(): void {
    const then = this.#onEmpty;
    this.#onEmpty = undefined;
    then?.();
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }
}
