// Which provider keys a tenant's Secret should hold, from what its Tenant and Campaigns name: pure.
import { effectiveProviders, placed } from '../../src/admission/providers.ts';
import { tenantVaultPath, type VaultLayout } from '../../src/admission/vault-path.ts';
import { type Campaign, providerKeyName, type Tenant, type VaultRef } from '../../src/api/index.ts';

export interface WantedKey {
  /** Key of the Secret. */
  readonly name: string;
  /** Below the tenant's folder of provider keys in Vault. */
  readonly path: string;
  /** Key of the secret in Vault. */
  readonly key: string;
}

/** Each once, in the order of their names. Paths that are not the tenant's are not among them. */
export function wantedKeys(
  tenant: Pick<Tenant, 'spec'>,
  campaigns: readonly Pick<Campaign, 'spec'>[],
  namespace: string,
  layout: VaultLayout,
): WantedKey[] {
  const wanted = new Map<string, WantedKey>();
  for (const ref of [...ownRefs(tenant), ...campaigns.flatMap((campaign) => refsOf(tenant, campaign))]) {
    const allowed = tenantVaultPath(ref.path, layout, namespace, 'providers');
    const name = providerKeyName(ref);
    if (allowed.ok) wanted.set(name, { name, path: allowed.path, key: ref.key });
  }
  return [...wanted.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the Tenant itself names, whether a Campaign uses it or not: a warm worker has no Campaign. */
export function ownRefs(tenant: Pick<Tenant, 'spec'>): VaultRef[] {
  return refsOf(tenant, undefined);
}

function refsOf(tenant: Pick<Tenant, 'spec'>, campaign: Pick<Campaign, 'spec'> | undefined): VaultRef[] {
  return placed(effectiveProviders(tenant, campaign)).flatMap(({ provider }) => provider.vaultRef ?? []);
}
