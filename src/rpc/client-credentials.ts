/**
 * The dialling side of mutual TLS. Credentials are made afresh for each dial from what the files (or the operator's
 * memory) hold then, so a renewed certificate is used at the next connection.
 */
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { type GatewayPlace, gatewayReference, sameGateway } from '../api/gateway-place.ts';
import { identityFromSubjectAltName, spiffeUris, type TrustDomain } from './identity.ts';
import { type PemIdentity, verifyPemIdentity } from './pem-identity.ts';

export interface GatewayExpectation {
  readonly trustDomain: TrustDomain;
  /** Only this one is accepted. @defaultValue any slot, and a tenant's own gateway at its own name */
  readonly place?: GatewayPlace;
}

/**
 * Credentials that accept a gateway and nothing else that the same CA has signed.
 * @throws {Error} when the identity is not a matching pair of certificate and key.
 */
export function clientCredentials(identity: PemIdentity, expected: GatewayExpectation): ChannelCredentials {
  verifyPemIdentity(identity);
  const context = createSecureContext({
    ca: identity.authority,
    cert: identity.certificate,
    key: identity.privateKey,
    minVersion: 'TLSv1.3',
  });
  return ChannelCredentials.createFromSecureContext(context, {
    checkServerIdentity: (host, certificate) => checkGateway(host, certificate, expected),
  });
}

/**
 * The gateway is its SPIFFE id. A certificate without any URI (from an issuer that cannot set one) is judged by its
 * DNS names; one with the id of a worker or of the operator is refused whatever DNS names it has.
 */
export function checkGateway(
  host: string,
  certificate: Pick<PeerCertificate, 'subjectaltname'> & Partial<PeerCertificate>,
  expected: GatewayExpectation,
): Error | undefined {
  const uris = spiffeUris(certificate.subjectaltname);
  if (uris.length === 0) return checkServerIdentity(host, certificate as PeerCertificate);
  const identity = identityFromSubjectAltName(certificate.subjectaltname, expected.trustDomain);
  if (identity?.kind !== 'gateway') {
    return new Error(
      `${host} is not a gateway of trust domain ${expected.trustDomain}: its certificate is for ${uris.join(' and ')}`,
    );
  }
  const { place } = identity;
  if (expected.place !== undefined) {
    if (sameGateway(place, expected.place)) return undefined;
    const [found, wanted] = [place, expected.place].map(gatewayReference);
    return new Error(`${host} is gateway ${found}, expected ${wanted}`);
  }
  // A gateway of another tenant's own must not answer for this one's: its names are its own namespace's.
  return place.kind === 'dedicated' ? checkServerIdentity(host, certificate as PeerCertificate) : undefined;
}
