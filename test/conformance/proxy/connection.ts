import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** How long bytes that were written may take to leave before the connection is reset under them, milliseconds. */
const flushMs = 20;

/** A client's connection to the proxy, as TLS and as the TCP below it, which alone can be reset. */
export class Connection {
  readonly socket: TLSSocket;
  readonly #tcp: Socket;

  constructor(socket: TLSSocket, tcp: Socket) {
    this.socket = socket;
    this.#tcp = tcp;
  }

  write(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** RST, after the bytes that were written have had the time to arrive: an RST overtakes what is in the receiver's buffer. */
  reset(): void {
    setTimeout(() => this.resetNow(), flushMs);
  }

  resetNow(): void {
    if (!this.#tcp.destroyed) this.#tcp.resetAndDestroy();
    this.socket.destroy();
  }

  /** The connection ends in order, the HTTP message does not. */
  close(): void {
    this.socket.end();
  }
}
