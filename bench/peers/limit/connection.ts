// HTTP/1.1 by hand on one kept connection, for requests that are written in one piece and answers that are not read.
// node:https costs about twice the CPU for the same requests, node:http2 as much as node:https; what can be measured
// with neither is no limit.
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Credentials } from '../../../src/kube/configuration.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const endOfHead = '\r\n\r\n';
/** JSON has no carriage return, so that this can be nothing else. */
const lastChunk = Buffer.from('\r\n0\r\n\r\n');

export class Connection {
  readonly #socket: Socket;
  readonly #headers: string;
  #received: Buffer[] = [];
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket, headers: string) {
    this.#socket = socket;
    this.#headers = headers;
    socket.on('data', (data: Buffer) => this.#take(data));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the API server closed the connection')));
  }

  static async open(server: URL, { headers, tls }: Credentials): Promise<Connection> {
    const host = server.hostname.replace(/^\[|\]$/g, '');
    const secure = server.protocol === 'https:';
    const port = Number(server.port || (secure ? 443 : 80));
    const socket = secure ? connectTls({ host, port, ...tls }) : connectPlain({ host, port });
    await once(socket, secure ? 'secureConnect' : 'connect');
    socket.setNoDelay(true);
    const all = {
      host: server.host,
      ...headers,
      // The smallest answer there is to a write.
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      'content-type': 'application/json',
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Connection(socket, lines.join(''));
  }

  /** One at a time. Rejects when the connection breaks. */
  send(method: string, path: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      const length = Buffer.byteLength(body);
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\n${this.#headers}content-length: ${length}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#received.push(data);
    const all = this.#received.length === 1 ? data : Buffer.concat(this.#received);
    const headLength = all.indexOf(endOfHead);
    if (headLength < 0) return;
    const head = all.toString('latin1', 0, headLength);
    const body = headLength + endOfHead.length;
    const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const complete =
      length === undefined
        ? all.subarray(-lastChunk.length).equals(lastChunk)
        : all.length >= body + Number(length);
    if (!complete) return;
    this.#received = [];
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    // A text only where somebody will read it.
    waiting?.resolve({ status, body: status < 300 ? '' : all.toString('utf8', body) });
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
