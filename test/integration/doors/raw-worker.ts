/**
 * A worker that speaks HTTP/2 by hand, so that it can do what grpc-js would not: send anything, nothing, or too much, and
 * go on when it was told that it is over.
 */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type Settings } from 'node:http2';
import { AttachRequest, type Hello } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { PemIdentity } from '../../../src/rpc/pem-identity.ts';

export interface RawStatus {
  /** `grpc-status`; undefined: the stream or the connection broke without one. */
  readonly code: number | undefined;
  readonly message: string;
}

export class RawStream {
  readonly stream: ClientHttp2Stream;
  readonly status: Promise<RawStatus>;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on('error', () => {});
    this.status = new Promise((resolve) => {
      const said = (headers: Record<string, unknown>): void => {
        const code = headers['grpc-status'];
        if (code === undefined) return;
        resolve({ code: Number(code), message: decodeURI(String(headers['grpc-message'] ?? '')) });
      };
      stream.on('response', said);
      stream.on('trailers', said);
      stream.on('close', () => resolve({ code: undefined, message: 'broken' }));
    });
  }

  /** Bytes as the body of one gRPC message. */
  sendBytes(body: Uint8Array, compressed = false): boolean {
    return this.sendFrame(frame(body, compressed));
  }

  /** Bytes as they are. */
  sendFrame(bytes: Uint8Array): boolean {
    return this.stream.writable && this.stream.write(bytes);
  }

  send(message: AttachRequest['message']): boolean {
    return this.sendBytes(AttachRequest.encode(AttachRequest.create({ message })).finish());
  }

  hello(changes: Partial<Hello> = {}): boolean {
    const value = { protocolVersion: 1, podName: 'pod', podUid: 'pod-1', buildSha: 'test', ...changes };
    return this.send({ $case: 'hello', value });
  }
}

export class RawWorker {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  /** @throws when the connection is refused */
  static async connect(port: number, identity: PemIdentity, settings: Settings = {}): Promise<RawWorker> {
    const session = connect(`https://127.0.0.1:${port}`, {
      ca: identity.authority,
      cert: identity.certificate,
      key: identity.privateKey,
      checkServerIdentity: () => undefined,
      settings,
    });
    const broken = once(session, 'close');
    session.on('error', () => {});
    await Promise.race([
      once(session, 'remoteSettings'),
      broken.then(() => Promise.reject(new Error('the connection was refused'))),
    ]);
    return new RawWorker(session);
  }

  get closed(): boolean {
    return this.session.closed || this.session.destroyed;
  }

  /** @param headers beside gRPC's own */
  attach(headers: Record<string, string> = {}): RawStream {
    return this.call('/skald.v1.GatewayService/Attach', headers);
  }

  call(path: string, headers: Record<string, string> = {}): RawStream {
    return new RawStream(
      this.session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      }),
    );
  }

  /** Until the gateway has hung up. */
  async hungUp(): Promise<void> {
    if (!this.closed) await once(this.session, 'close');
  }

  close(): void {
    this.session.destroy();
  }
}

export function frame(body: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
