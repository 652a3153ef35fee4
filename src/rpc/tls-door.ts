/**
 * The gateway's side of mutual TLS, in front of gRPC: TLS 1.3 only, a client certificate is demanded and verified, and
 * no byte of what is not verified reaches gRPC. A renewed certificate or CA takes effect without a restart, and
 * connections that were made under a CA which is no longer in the bundle end.
 *
 * grpc-js can do TLS itself, but drops what it refuses without a word: who it was and why is known only in the TLS
 * server (docs/adr/0019). So this one is the project's own. Node is told not to hang up by itself on a certificate
 * that it could not verify, because it would forget the certificate first; {@link TlsDoor} reads it and hangs up, in the
 * same turn of the event loop, before anything else has the socket.
 */
import { constants, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import tls, { type SecureContextOptions, type TLSSocket } from 'node:tls';
import { atTime } from './deadline.ts';
import { factsOf, type PeerFacts } from './peer-certificate.ts';
import { type PemIdentity, verifyPemIdentity } from './pem-identity.ts';
import { reasonOfVerification, type TlsRefusal } from './refusal.ts';
import { chainOf, isTrusted, readBundle } from './trust.ts';

/** How long a client may take for its handshake, milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** After a certificate's end its streams are told so; then the connection goes, milliseconds. */
const EXPIRED_GRACE_MS = 2_000;

export interface TlsDoorOptions {
  readonly identity: PemIdentity;
  /** A verified client, speaking HTTP/2. */
  readonly onConnection: (socket: TLSSocket) => void;
  readonly onRefused?: (refusal: TlsRefusal) => void;
  /** A connection that was let in ends, because its certificate has expired or its CA was removed. */
  readonly onEnded?: (why: 'expired' | 'authority_removed', peer: PeerFacts) => void;
}

interface Guest {
  readonly peer: PeerFacts;
  readonly chain: readonly X509Certificate[];
}

export class TlsDoor {
  readonly #options: TlsDoorOptions;
  readonly #server: tls.Server;
  readonly #guests = new Map<TLSSocket, Guest>();

  /** @throws {Error} when the identity is not a matching pair of certificate and key. */
  constructor(options: TlsDoorOptions) {
    this.#options = options;
    verifyPemIdentity(options.identity);
    this.#server = tls.createServer({
      ...contextOptions(options.identity),
      requestCert: true,
      // Every socket passes #admit, which hangs up on what is not authorized.
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#server.on('secureConnection', (socket) => this.#admit(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      this.#refuse({ reason: 'handshake', peer: { address: addressOf(socket) }, detail: codeOf(error) });
    });
  }

  /** A TCP connection, before its first byte. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /**
   * Takes effect for connections made from now on; open ones stay, but for those whose CA is no longer in the bundle.
   * @throws {Error} when the identity cannot be used; the old one stays in force
   */
  replace(identity: PemIdentity): void {
    verifyPemIdentity(identity);
    const bundle = readBundle(identity.authority);
    this.#server.setSecureContext(contextOptions(identity));
    for (const [socket, { peer, chain }] of this.#guests) {
      if (!isTrusted(chain, bundle)) this.#end(socket, 'authority_removed', peer);
    }
  }

  #admit(socket: TLSSocket): void {
    // Without a listener an error on it would end the process; gRPC has its own.
    socket.on('error', () => {});
    const certificate = socket.getPeerX509Certificate();
    const peer = factsOf(addressOf(socket), certificate);
    if (!socket.authorized || certificate === undefined) {
      const code = String(socket.authorizationError ?? 'no certificate');
      const reason = reasonOfVerification(code, certificate !== undefined);
      socket.destroy();
      this.#refuse({ reason, peer, detail: code });
      return;
    }
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy();
      this.#refuse({ reason: 'no_http2', peer, detail: 'ALPN has not settled on h2' });
      return;
    }
    this.#guests.set(socket, { peer, chain: chainOf(socket) });
    const end = new Date(certificate.validToDate.getTime() + EXPIRED_GRACE_MS);
    const cancel = atTime(end, () => this.#end(socket, 'expired', peer));
    socket.once('close', () => {
      cancel();
      this.#guests.delete(socket);
    });
    this.#options.onConnection(socket);
  }

  #end(socket: TLSSocket, why: 'expired' | 'authority_removed', peer: PeerFacts): void {
    this.#guests.delete(socket);
    socket.destroy();
    this.#options.onEnded?.(why, peer);
  }

  #refuse(refusal: TlsRefusal): void {
    this.#options.onRefused?.(refusal);
  }
}

function contextOptions(identity: PemIdentity): SecureContextOptions {
  return {
    ca: identity.authority,
    cert: identity.certificate,
    key: identity.privateKey,
    minVersion: 'TLSv1.3',
    // A resumed session would outlive the CA that vouched for it.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function addressOf({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
