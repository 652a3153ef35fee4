// The keeper with the source that the settings choose.
import type { Client, Clock, Logger } from '../../src/kube/index.ts';
import type { TrustDomain } from '../../src/rpc/identity.ts';
import { Pki, type VaultClient } from '../../src/vault/index.ts';
import type { Settings } from '../settings.ts';
import { BuiltInSource } from './builtin/source.ts';
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
}

export function createCertificates(options: CertificatesOptions): CertificateKeeper {
  const { settings } = options;
  return new CertificateKeeper({
    ...options,
    source: sourceOf(options),
    systemNamespace: settings.namespace,
    gatewaySlots: settings.gateway.slots,
    gatewayCertificateSeconds: settings.gateway.certificateSeconds,
    workerCertificateSeconds: settings.certificates.workerSeconds,
  });
}

function sourceOf({
  client,
  clock,
  log,
  settings,
  trustDomain,
  vault,
}: CertificatesOptions): CertificateSource {
  switch (settings.certificates.issuer) {
    case 'vault':
      if (vault === undefined) throw new Error('certificates.issuer: vault needs vault.address');
      return new VaultSource({ pki: new Pki(vault), clock, log });
    case 'cert-manager':
      throw new Error('certificates.issuer: cert-manager is not there yet');
    case 'builtin':
      return new BuiltInSource({ client, clock, log, systemNamespace: settings.namespace, trustDomain });
  }
}
