/**
 * Who is at the other end of a connection: SPIFFE ids in the URI SAN of X.509 certificates
 * (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md). Nothing that a peer writes into a message
 * can change its identity, so parsing is strict: exactly the four forms below, no query, port, user or `..`.
 */
import {
  dedicatedPlace,
  type GatewayPlace,
  gatewayName,
  gatewayNamespace,
  slotPlace,
} from '../api/gateway-place.ts';

export type TrustDomain = string & { readonly __brand: 'TrustDomain' };
export type WorkerSpiffeId = string & { readonly __brand: 'WorkerSpiffeId' };
export type GatewaySpiffeId = string & { readonly __brand: 'GatewaySpiffeId' };
export type OperatorSpiffeId = string & { readonly __brand: 'OperatorSpiffeId' };

export interface WorkerIdentity {
  readonly kind: 'worker';
  readonly id: WorkerSpiffeId;
  readonly namespace: string;
  readonly jobName: string;
}

export interface GatewayIdentity {
  readonly kind: 'gateway';
  readonly id: GatewaySpiffeId;
  readonly place: GatewayPlace;
}

export interface OperatorIdentity {
  readonly kind: 'operator';
  readonly id: OperatorSpiffeId;
}

export type Identity = WorkerIdentity | GatewayIdentity | OperatorIdentity;

/** RFC 1123 label: what Kubernetes allows as the name of a namespace. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** RFC 1123 subdomain: what Kubernetes allows as the name of a Job. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SLOT = /^(0|[1-9][0-9]{0,4})$/;
/** SPIFFE limits a trust domain to 255 bytes of these characters. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;

/** @throws {RangeError} when the text is not a SPIFFE trust domain. */
export function trustDomain(text: string): TrustDomain {
  if (!TRUST_DOMAIN.test(text)) {
    throw new RangeError(
      `"${text}" is not a SPIFFE trust domain: use lower-case letters, digits, '.', '-' and '_' only, e.g. skald.local`,
    );
  }
  return text as TrustDomain;
}

/** The trust domain when nothing else is configured. */
export const DEFAULT_TRUST_DOMAIN = trustDomain('skald.local');

/** @throws {RangeError} when the namespace or the Job name is not a Kubernetes name. */
export function workerId(domain: TrustDomain, namespace: string, jobName: string): WorkerSpiffeId {
  if (!LABEL.test(namespace)) throw new RangeError(`"${namespace}" is not the name of a namespace`);
  if (!SUBDOMAIN.test(jobName) || jobName.length > 253)
    throw new RangeError(`"${jobName}" is not the name of a Job`);
  return `spiffe://${domain}/ns/${namespace}/worker/${jobName}` as WorkerSpiffeId;
}

/**
 * `spiffe://<domain>/gateway/<slot>`, or `spiffe://<domain>/ns/<namespace>/gateway` for a tenant's own.
 * @throws {RangeError} when the slot is not a whole number from 0 to 99999, or the namespace no name of one.
 */
export function gatewayId(domain: TrustDomain, place: GatewayPlace): GatewaySpiffeId {
  if (place.kind === 'dedicated') {
    if (!LABEL.test(place.namespace))
      throw new RangeError(`"${place.namespace}" is not the name of a namespace`);
    return `spiffe://${domain}/ns/${place.namespace}/gateway` as GatewaySpiffeId;
  }
  if (!SLOT.test(String(place.slot))) throw new RangeError(`${place.slot} is not a gateway slot`);
  return `spiffe://${domain}/gateway/${place.slot}` as GatewaySpiffeId;
}

export function operatorId(domain: TrustDomain): OperatorSpiffeId {
  return `spiffe://${domain}/operator` as OperatorSpiffeId;
}

/** The DNS names that a gateway's server certificate carries beside its SPIFFE id. */
export function gatewayDnsNames(place: GatewayPlace, systemNamespace: string): string[] {
  const service = `${gatewayName(place)}.${gatewayNamespace(place, systemNamespace)}.svc`;
  return [service, `${service}.cluster.local`];
}

/** The identity that a SPIFFE id stands for in this trust domain, or undefined when it stands for none of Skald's. */
export function parseIdentity(uri: string, domain: TrustDomain): Identity | undefined {
  const prefix = `spiffe://${domain}/`;
  if (!uri.startsWith(prefix)) return undefined;
  const path = uri.slice(prefix.length).split('/');
  const [first, second, third, fourth] = path;
  if (path.length === 1 && first === 'operator') return { kind: 'operator', id: operatorId(domain) };
  if (path.length === 2 && first === 'gateway' && second !== undefined && SLOT.test(second)) {
    return gatewayIdentity(domain, slotPlace(Number(second)));
  }
  if (
    path.length === 3 &&
    first === 'ns' &&
    third === 'gateway' &&
    second !== undefined &&
    LABEL.test(second)
  ) {
    return gatewayIdentity(domain, dedicatedPlace(second));
  }
  if (
    path.length === 4 &&
    first === 'ns' &&
    third === 'worker' &&
    second !== undefined &&
    fourth !== undefined
  ) {
    if (!LABEL.test(second) || !SUBDOMAIN.test(fourth) || fourth.length > 253) return undefined;
    return { kind: 'worker', id: workerId(domain, second, fourth), namespace: second, jobName: fourth };
  }
  return undefined;
}

function gatewayIdentity(domain: TrustDomain, place: GatewayPlace): GatewayIdentity {
  return { kind: 'gateway', id: gatewayId(domain, place), place };
}

/**
 * The identity in a certificate's subject alternative names, as Node prints them
 * (`URI:spiffe://…, DNS:…`; Node quotes any value that could be mistaken for two). A certificate with more than
 * one URI has no identity: SPIFFE allows exactly one.
 */
export function identityFromSubjectAltName(
  subjectAltName: string | undefined,
  domain: TrustDomain,
): Identity | undefined {
  const uris = spiffeUris(subjectAltName);
  const [only] = uris;
  if (uris.length !== 1 || only === undefined) return undefined;
  return parseIdentity(only, domain);
}

/** Every URI in the subject alternative names; a quoted one is returned with its quotes, so that it parses as nothing. */
export function spiffeUris(subjectAltName: string | undefined): string[] {
  if (subjectAltName === undefined) return [];
  return subjectAltName
    .split(', ')
    .filter((name) => name.startsWith('URI:'))
    .map((name) => name.slice('URI:'.length));
}
