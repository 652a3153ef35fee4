/** Who calls, as the TLS layer has verified it: nothing in a message can change that. */
import { type Identity, identityFromSubjectAltName, type TrustDomain } from './identity.ts';
import type { PeerFacts } from './peer-certificate.ts';

/** The part of a server call that says who is calling. */
export interface AuthenticatedCall {
  /** Empty unless the socket is one whose certificate was verified. */
  getAuthContext(): {
    readonly sslPeerCertificate?: {
      readonly subjectaltname?: string | undefined;
      readonly serialNumber?: string;
      readonly valid_to?: string;
    };
  };
  /** host:port */
  getPeer(): string;
}

export interface Caller {
  /** Undefined when it is none of Skald's identities. */
  readonly identity: Identity | undefined;
  readonly peer: PeerFacts;
}

export function callerOf(call: AuthenticatedCall, domain: TrustDomain): Caller {
  const { sslPeerCertificate: certificate } = call.getAuthContext();
  const address = call.getPeer();
  if (certificate === undefined) return { identity: undefined, peer: { address } };
  const { subjectaltname, serialNumber, valid_to: validTo } = certificate;
  return {
    identity: identityFromSubjectAltName(subjectaltname, domain),
    peer: {
      address,
      ...(subjectaltname === undefined ? {} : { names: subjectaltname.slice(0, 300) }),
      ...(serialNumber === undefined ? {} : { serial: serialNumber.toLowerCase() }),
      ...(validTo === undefined ? {} : { notAfter: new Date(validTo) }),
    },
  };
}

export function peerIdentity(call: AuthenticatedCall, domain: TrustDomain): Identity | undefined {
  return callerOf(call, domain).identity;
}
