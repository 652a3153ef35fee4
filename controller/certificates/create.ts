// The keeper with the source that the settings choose.
import {
  type Client,
  type Clock,
  type EventRecorder,
  type Logger,
  type Metrics,
  type ObjectKey,
  secrets,
} from '../../src/kube/index.ts';
import type { TrustDomain } from '../../src/rpc/identity.ts';
import { Pki, type VaultClient } from '../../src/vault/index.ts';
import type { Settings } from '../settings.ts';
import { BuiltInSource } from './builtin/source.ts';
import { CertManagerSource } from './cert-manager/source.ts';
import { CertificateKeeper } from './keeper.ts';
import type { CertificateSource } from './source.ts';
import { VaultSource } from './vault/source.ts';

export interface CertificatesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: Settings;
  readonly trustDomain: TrustDomain;
  readonly vault: VaultClient | undefined;
  readonly metrics: Metrics;
  readonly recorder: EventRecorder;
  /** Secrets of workers and of tenants' own gateways, where they should be. */
  readonly tenantSecrets: () => Iterable<ObjectKey>;
  /** Whether a worker's Job is there. */
  readonly hasJob: (namespace: string, jobName: string) => boolean;
}

export function createCertificates(options: CertificatesOptions): CertificateKeeper {
  const { settings } = options;
  const { certificates, gateway, namespace } = settings;
  return new CertificateKeeper({
    ...options,
    source: sourceOf(options),
    systemNamespace: namespace,
    gatewaySlots: gateway.slots,
    gatewayCertificateSeconds: gateway.certificateSeconds,
    workerCertificateSeconds: certificates.workerSeconds,
    distributionSeconds: certificates.distributionSeconds,
  });
}

function sourceOf(options: CertificatesOptions): CertificateSource {
  const { settings, clock, log, vault, recorder } = options;
  const { certificates, gateway, namespace } = settings;
  switch (certificates.issuer) {
    case 'vault':
      if (vault === undefined) throw new Error('certificates.issuer: vault needs vault.address');
      return new VaultSource({ pki: new Pki(vault), clock, log });
    case 'cert-manager':
      return new CertManagerSource({
        ...options,
        systemNamespace: namespace,
        issuer: certificates.certManager,
      });
    case 'builtin':
      return new BuiltInSource({
        ...options,
        ...certificates,
        systemNamespace: namespace,
        leafSeconds: Math.max(certificates.workerSeconds, gateway.certificateSeconds),
        onEvent: ({ type, reason, note, secret }) =>
          recorder.event(
            { resource: secrets, object: secret },
            { type, reason, action: 'RotateAuthority', note },
          ),
      });
  }
}
