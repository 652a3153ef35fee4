// What a worker's pod and its Secret are made of, from the installation's settings and a tenant's: the same for a
// session's own Job and for a warm worker.

import { mcpKeys } from '../../src/admission/mcp.ts';
import { effectiveProviders } from '../../src/admission/providers.ts';
import { type Campaign, gatewayAddress, type Profile, parseGatewayReference } from '../../src/api/index.ts';
import type { WorkerCertificate } from '../certificates/issuer.ts';
import { secretData } from '../certificates/secrets.ts';
import type { LiveTenant } from '../resources.ts';
import type { Settings } from '../settings.ts';
import { EXTRA_CA_KEY, type WorkerPodRequest } from './job.ts';

/** What does not change while the operator runs. */
export interface WorkerInstallation {
  readonly settings: Settings;
  readonly trustDomain: string;
  /** The tenants' namespaces have the Secret with their workers' DSN. */
  readonly hasDatabase: boolean;
  /** PEM of CA certificates that workers trust in addition. */
  readonly extraCa: string | undefined;
}

/**
 * @param campaign undefined for a warm worker, which has the Tenant's providers
 * @throws Error when the Tenant has no gateway: a Tenant that is Ready has one
 */
export function workerPodRequest(
  { settings, trustDomain, extraCa, hasDatabase }: WorkerInstallation,
  tenant: LiveTenant,
  profile: Profile,
  campaign: Pick<Campaign, 'spec'> | undefined,
): Omit<WorkerPodRequest, 'jobName'> & { readonly tenant: LiveTenant } {
  const place = parseGatewayReference(tenant.status?.gateway);
  if (place === undefined) throw new Error(`Tenant ${tenant.metadata.name} has no gateway`);
  return {
    tenant,
    profile,
    providers: effectiveProviders(tenant, campaign),
    mcpKeys: mcpKeys(campaign),
    gatewayAddress: gatewayAddress(settings.gateway.addressTemplate, place, settings.namespace),
    trustDomain,
    terminationGracePeriodSeconds: settings.session.terminationGracePeriodSeconds,
    settings: settings.worker,
    hasExtraCa: extraCa !== undefined,
    hasDatabase,
  };
}

/** `data` of the worker's Secret: its certificate. */
export function workerSecretData(
  { extraCa }: Pick<WorkerInstallation, 'extraCa'>,
  material: Pick<WorkerCertificate, 'certPem' | 'keyPem' | 'caPem'>,
): Record<string, string> {
  return secretData({
    'tls.crt': material.certPem,
    'tls.key': material.keyPem,
    'ca.crt': material.caPem,
    ...(extraCa === undefined ? {} : { [EXTRA_CA_KEY]: extraCa }),
  });
}
