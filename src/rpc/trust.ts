/** Bundles of CA certificates, and whether a chain still ends in one. */
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws {Error} when the text holds no certificate, or what looks like one is none. */
export function readBundle(pem: string): X509Certificate[] {
  const found = pem.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new Error('there is no certificate in the CA bundle');
  return found.map((one) => new X509Certificate(one));
}

/**
 * Whether a chain that was verified once would be so again: one of its certificates is in the bundle, or was signed by
 * one that is.
 * @param chain leaf first
 */
export function isTrusted(chain: readonly X509Certificate[], bundle: readonly X509Certificate[]): boolean {
  return chain.some((certificate) =>
    bundle.some(
      (authority) =>
        authority.fingerprint256 === certificate.fingerprint256 ||
        (certificate.checkIssued(authority) && certificate.verify(authority.publicKey)),
    ),
  );
}

/**
 * The chain of a verified peer, leaf first, as far up as each has really signed the one before: a peer may send what it
 * likes after its leaf, and a certificate that has nothing to do with it must not vouch for it.
 */
export function chainOf(socket: Pick<TLSSocket, 'getPeerCertificate'>): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined) {
    const certificate = new X509Certificate(next.raw);
    const last = chain.at(-1);
    const linked =
      last === undefined || (last.checkIssued(certificate) && last.verify(certificate.publicKey));
    // The last one names itself as its issuer.
    if (!linked || certificate.fingerprint256 === last?.fingerprint256) break;
    chain.push(certificate);
    next = next.issuerCertificate;
  }
  return chain;
}
