/** What is told of a peer's certificate, in logs and to whoever decides: never more than is public in it. */
import type { X509Certificate } from 'node:crypto';

export interface PeerFacts {
  /** host:port */
  readonly address: string;
  /** One line, e.g. `CN=friday-0badcafe`; empty when the certificate has none. Undefined: there was no certificate. */
  readonly subject?: string;
  /** As Node prints it, e.g. `URI:spiffe://…`. */
  readonly names?: string;
  /** Lower-case hexadecimal. */
  readonly serial?: string;
  readonly notAfter?: Date;
}

/** Long enough for every name that Skald issues; what a stranger has put in must not fill the log. */
const LONGEST = 300;

export function factsOf(address: string, certificate: X509Certificate | undefined): PeerFacts {
  if (certificate === undefined) return { address };
  return {
    address,
    subject: shortened(certificate.subject?.replaceAll('\n', ', ') ?? ''),
    names: shortened(certificate.subjectAltName ?? ''),
    serial: certificate.serialNumber.toLowerCase(),
    notAfter: certificate.validToDate,
  };
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
