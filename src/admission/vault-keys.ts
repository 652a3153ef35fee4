// Provider keys in Vault, as far as a Campaign can be judged by them.
import type { CampaignReason, ProviderPlace } from '../api/index.ts';
import type { Problem } from './campaign.ts';
import { type EffectiveProviders, placed } from './providers.ts';
import { tenantVaultPath, type VaultLayout } from './vault-path.ts';

/** What is known of the installation's Vault. */
export type VaultFacts =
  | { readonly kind: 'none' }
  /** Files are judged without a cluster: how Vault is laid out is not known. */
  | { readonly kind: 'unknown'; readonly namespace: string }
  | {
      readonly kind: 'configured';
      readonly namespace: string;
      readonly layout: VaultLayout;
      /** Why keys that should be there are not. */
      readonly missing: readonly MissingVaultKey[];
    };

export interface MissingVaultKey {
  readonly place: ProviderPlace;
  readonly reason: CampaignReason;
  readonly message: string;
}

export function vaultKeyProblems(providers: EffectiveProviders, vault: VaultFacts): Problem[] {
  return placed(providers).flatMap(({ place, field, path, provider }): Problem[] => {
    const { vaultRef, refusedVaultPath } = provider;
    if (refusedVaultPath !== undefined) {
      const message = `${field}: the key at ${refusedVaultPath} in Vault is the Tenant's own for another baseURL and is not sent to this one.`;
      return [{ reason: 'VaultPathNotAllowed', message, path }];
    }
    if (vaultRef === undefined) return [];
    if (vault.kind === 'none') {
      const message = `The API key of ${field} is in Vault, and this installation has none.`;
      return [{ reason: 'VaultNotConfigured', message, path }];
    }
    const refused = refusal(vaultRef.path, vault);
    if (refused !== undefined) {
      return [{ reason: 'VaultPathNotAllowed', message: `${field}: ${refused}`, path }];
    }
    const missing = vault.kind === 'configured' ? vault.missing.filter((key) => key.place === place) : [];
    return missing.map(({ reason, message }) => ({ reason, message: `${field}: ${message}`, path }));
  });
}

function refusal(path: string, vault: Exclude<VaultFacts, { kind: 'none' }>): string | undefined {
  if (vault.kind === 'configured') {
    const allowed = tenantVaultPath(path, vault.layout, vault.namespace, 'providers');
    return allowed.ok ? undefined : allowed.message;
  }
  // Mount and prefix are the installation's; what comes after them is the same everywhere.
  const [, own] = path.split(`/${vault.namespace}/providers/`, 2);
  if (own !== undefined && own !== '' && path.includes('/data/')) return undefined;
  return `The path ${path} in Vault is not allowed: it must be <mount>/data/<prefix>/${vault.namespace}/providers/ and a name`;
}
