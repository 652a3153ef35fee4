// PEM files that hold several certificates: chains (leaf first) and bundles of authorities. Built on node:crypto alone:
// cheap to import.
import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Each certificate of a PEM file as a PEM of its own, in a normal form: equal certificates give equal texts. */
export function splitPem(pem: string): string[] {
  return (pem.match(CERTIFICATE) ?? []).map(
    (one) => `${one.replaceAll('\r', '').replace(/[ \t]+$/gm, '')}\n`,
  );
}

/** One PEM file of all of them, in their order, each once. */
export function joinPem(pems: readonly string[]): string {
  return [...new Set(pems.flatMap(splitPem))].join('');
}

export function sameBundle(left: string | undefined, right: string): boolean {
  if (left === undefined) return false;
  const [a, b] = [splitPem(left).sort(), splitPem(right).sort()];
  return a.length === b.length && a.every((pem, index) => pem === b[index]);
}

/**
 * Whether a peer that has this bundle accepts the chain, its times left aside: each certificate was signed by the next,
 * and the last by one of the bundle.
 * @returns false, too, for what cannot be read
 */
export function chainsTo(chainPem: string, bundlePem: string): boolean {
  try {
    const chain = splitPem(chainPem).map((pem) => new X509Certificate(pem));
    const trusted = splitPem(bundlePem).map((pem) => new X509Certificate(pem));
    let current = chain[0];
    const seen = new Set<string>();
    while (current !== undefined && !seen.has(current.fingerprint256)) {
      const leaf = current;
      if (trusted.some((authority) => signed(authority, leaf))) return true;
      seen.add(leaf.fingerprint256);
      current = chain.find((next) => signed(next, leaf));
    }
    return false;
  } catch {
    return false;
  }
}

function signed(authority: X509Certificate, certificate: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
