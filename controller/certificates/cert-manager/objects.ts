// Which Certificate cert-manager is asked for, and what its Secret and its requests say. Pure.
import { createHash } from 'node:crypto';
import { labels } from '../../../src/api/index.ts';
import type { Live, Secret } from '../../../src/kube/index.ts';
import { chainsTo, splitPem } from '../../../src/pki/bundle.ts';
import { readCertificate } from '../../../src/pki/ca.ts';
import { renewalTime } from '../../../src/pki/renewal.ts';
import { secretText } from '../secrets.ts';
import type { CertificateSettings } from '../settings.ts';
import { type Leaf, type LeafRequest, usagesOf } from '../source.ts';
import { type Certificate, type CertificateRequest, certificateLabels } from './resources.ts';

/** `worker.<namespace>.<job>`, `gateway.<namespace>.<secret>`, `operator.<namespace>.<name>`: Certificate and Secret. */
export function certificateName(kind: LeafRequest['kind'], place: LeafRequest['place']): string {
  return `${kind}.${place.namespace}.${place.name}`;
}

export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

export function certificateFor(
  request: LeafRequest,
  namespace: string,
  issuer: CertificateSettings['certManager'],
): Certificate {
  const { kind, place, uri, dnsNames = [], lifetimeSeconds } = request;
  const name = certificateName(kind, place);
  const own = {
    [labels.component]: 'certificate',
    [certificateLabels.kind]: kind,
    [certificateLabels.hash]: hashOf(name),
    ...(kind === 'worker'
      ? { [certificateLabels.namespace]: place.namespace, [certificateLabels.job]: place.name }
      : {}),
  };
  const duration = Math.floor(lifetimeSeconds);
  const usages = usagesOf(kind).map((usage) => `${usage} auth` as const);
  return {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { namespace, name, labels: own },
    spec: {
      secretName: name,
      secretTemplate: { labels: own },
      uris: [uri],
      ...(dnsNames.length === 0 ? {} : { dnsNames: [...dnsNames] }),
      duration: `${duration}s`,
      // After two thirds of the life, as everywhere: it has renewed when the operator comes for the next one.
      renewBefore: `${Math.floor(duration / 3)}s`,
      usages: ['digital signature', ...usages],
      privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8', rotationPolicy: 'Always' },
      revisionHistoryLimit: 1,
      issuerRef: {
        name: issuer.issuerName ?? '',
        kind: issuer.issuerKind,
        group: issuer.issuerGroup,
      },
    },
  };
}

/**
 * The certificate in the Secret, when it is what was asked for and has more than a third of its life left.
 * @throws Error when the issuer leaves out whom to trust
 */
export function leafIn(secret: Live<Secret>, request: LeafRequest, now: number): Leaf | undefined {
  const certPem = secretText(secret, 'tls.crt');
  const keyPem = secretText(secret, 'tls.key');
  // cert-manager keeps the next key in a Secret of its own until it is signed.
  if (!certPem || !keyPem) return undefined;
  const certificate = readCertificate(certPem);
  const { dnsNames = [], uri } = request;
  if (certificate.uriSans.join() !== uri) return undefined;
  if (!dnsNames.every((name) => certificate.dnsSans.includes(name))) return undefined;
  if (renewalTime(certificate).getTime() <= now) return undefined;
  const authorities = splitPem(secretText(secret, 'ca.crt') ?? '');
  if (!authorities.some((authority) => chainsTo(certPem, authority))) {
    throw new Error(
      `cert-manager: the issuer does not say whom to trust: ca.crt of Secret ${secret.metadata.namespace}/${secret.metadata.name} ` +
        'does not verify its certificate. Use an issuer of type ca or vault',
    );
  }
  const { notBefore, notAfter, serial } = certificate;
  return { certPem, keyPem, authorities, notBefore, notAfter, serial };
}

/** Why the request will never be signed; undefined: it may. */
export function refusalOf(request: CertificateRequest): string | undefined {
  const conditions = request.status?.conditions ?? [];
  const refused = conditions.find(
    ({ type, status, reason }) =>
      (status === 'True' && (type === 'Denied' || type === 'InvalidRequest')) ||
      (type === 'Ready' && status === 'False' && (reason === 'Failed' || reason === 'Denied')),
  );
  return refused === undefined ? undefined : (refused.message ?? refused.reason ?? 'no reason given');
}

/** What the request waits for, in cert-manager's words. */
export function pendingReason(request: CertificateRequest): string | undefined {
  return request.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False')
    ?.message;
}
