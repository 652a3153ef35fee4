/**
 * Why a connection or a stream is not served. Each has a value of `reason` in the metric
 * `skald_gateway_refused_connections_total` and log lines of its own.
 */
import type { PeerFacts } from './peer-certificate.ts';

/** Reasons of the TLS layer: gRPC never sees these. */
export const tlsRefusals = {
  no_certificate: 'the client has shown no certificate',
  expired: "the client's certificate has expired",
  not_yet_valid: "the client's certificate is not valid yet",
  unknown_authority: 'no authority of the bundle has signed the certificate',
  wrong_usage: 'the certificate is not one for clients',
  not_verified: 'the certificate could not be verified',
  no_http2: 'the client does not speak HTTP/2',
  handshake: 'the TLS handshake failed',
} as const;

export type TlsRefusalReason = keyof typeof tlsRefusals;

export interface TlsRefusal {
  readonly reason: TlsRefusalReason;
  readonly peer: PeerFacts;
  /** OpenSSL's or Node's own code or words. */
  readonly detail: string;
}

/** @param code `authorizationError` of the socket */
export function reasonOfVerification(code: string, hasCertificate: boolean): TlsRefusalReason {
  if (!hasCertificate) return 'no_certificate';
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'expired';
    case 'CERT_NOT_YET_VALID':
      return 'not_yet_valid';
    case 'INVALID_PURPOSE':
      return 'wrong_usage';
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'unknown_authority';
    default:
      return 'not_verified';
  }
}
