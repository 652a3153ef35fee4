// The providers that a session of a campaign uses: the Tenant's, overridden field by field by the Campaign's.
import {
  BOT_TOKEN_SECRET,
  type Campaign,
  type CampaignProvider,
  COMMAND_DATABASE_SECRET,
  GATEWAY_DATABASE_SECRET,
  PROVIDER_KEYS_SECRET,
  providerKeyName,
  type SecretKeyRef,
  type Tenant,
  type TenantProvider,
  type VaultRef,
  WORKER_DATABASE_SECRET,
} from '../api/index.ts';

export type ProviderRole = 'stt' | 'llm' | 'tts';
export const PROVIDER_ROLES: readonly ProviderRole[] = ['stt', 'llm', 'tts'];

/** What remains of a provider when both are taken together. The key itself is never in it. */
export interface EffectiveProvider {
  readonly kind: string;
  readonly model?: string;
  readonly baseURL?: string;
  /** Where a worker gets the key. What is in Vault the operator copies into a Secret of its own. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** True when the key is in Vault. */
  readonly keyInVault: boolean;
  readonly vaultRef?: VaultRef;
  /** A path that the Campaign may not name, because the Tenant's own provider has its key there: see {@link entry}. */
  readonly refusedVaultPath?: string;
  /** A Secret that is named as the key but must not leave its room: see {@link isReservedSecret}. */
  readonly refusedSecret?: string;
  readonly pricePerUnitUSD?: number;
}

/**
 * Secrets that no provider may be given: whoever can write a Campaign could otherwise have the bot token, a password of
 * the database, or a worker's own certificate, sent to an endpoint as an API key.
 */
export function isReservedSecret(name: string): boolean {
  return RESERVED.has(name) || /-([0-9a-f]{8}|[0-9a-f]{10})-session$/.test(name);
}

const RESERVED: ReadonlySet<string> = new Set([
  BOT_TOKEN_SECRET,
  PROVIDER_KEYS_SECRET,
  WORKER_DATABASE_SECRET,
  COMMAND_DATABASE_SECRET,
  GATEWAY_DATABASE_SECRET,
]);

export type EffectiveProviders = { readonly [role in ProviderRole]?: EffectiveProvider };

export function effectiveProviders(
  tenant: Pick<Tenant, 'spec'> | undefined,
  campaign: Pick<Campaign, 'spec'> | undefined,
): EffectiveProviders {
  const owns = PROVIDER_ROLES.flatMap((role) => tenant?.spec.providers[role] ?? []);
  return {
    ...entry('stt', tenant?.spec.providers.stt, campaign?.spec.providers?.stt, owns),
    ...entry('llm', tenant?.spec.providers.llm, campaign?.spec.providers?.llm, owns),
    ...entry('tts', tenant?.spec.providers.tts, campaign?.spec.providers?.tts, owns),
  };
}

/** Host and port of a URL in lower case, `host:port` when the port is not the scheme's own; undefined for no URL. */
export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

function entry(
  role: ProviderRole,
  own: TenantProvider | undefined,
  override: CampaignProvider | undefined,
  ofTenant: readonly TenantProvider[],
): EffectiveProviders {
  if (own === undefined && override === undefined) return {};
  // A campaign that names another endpoint must bring its own key: the tenant's would be sent to a stranger.
  const elsewhere = override?.baseURL !== undefined && override.baseURL !== own?.baseURL;
  const key = keyOf(override) ?? (elsewhere ? undefined : keyOf(own));
  const model = override?.model ?? own?.model;
  const baseURL = override?.baseURL ?? own?.baseURL;
  // Nor may it take the tenant's key by its path: the operator would read it from Vault for it.
  const samePath = ofTenant.filter(
    ({ vault }) => vault !== undefined && vault.path === override?.vault?.path,
  );
  const taken = samePath.length > 0 && !samePath.some(({ baseURL: url }) => url === baseURL);
  const pricePerUnitUSD = override?.pricePerUnitUSD ?? own?.pricePerUnitUSD;
  return {
    [role]: {
      kind: override?.kind ?? own?.kind ?? 'openai',
      ...(model === undefined ? {} : { model }),
      ...(baseURL === undefined ? {} : { baseURL }),
      ...(taken
        ? refusedPathOf(key?.vault)
        : { ...keyRefOf(key?.apiKeySecretRef), ...vaultRefOf(key?.vault) }),
      keyInVault: key?.vault !== undefined,
      ...(pricePerUnitUSD === undefined ? {} : { pricePerUnitUSD }),
    },
  };
}

function keyRefOf(
  ref: SecretKeyRef | undefined,
): Pick<EffectiveProvider, 'apiKeySecretRef' | 'refusedSecret'> {
  if (ref === undefined) return {};
  return isReservedSecret(ref.name) ? { refusedSecret: ref.name } : { apiKeySecretRef: ref };
}

function vaultRefOf(ref: VaultRef | undefined): Pick<EffectiveProvider, 'apiKeySecretRef' | 'vaultRef'> {
  if (ref === undefined) return {};
  return { apiKeySecretRef: { name: PROVIDER_KEYS_SECRET, key: providerKeyName(ref) }, vaultRef: ref };
}

function refusedPathOf(ref: VaultRef | undefined): Pick<EffectiveProvider, 'refusedVaultPath'> {
  return ref === undefined ? {} : { refusedVaultPath: ref.path };
}

function keyOf(
  provider: TenantProvider | CampaignProvider | undefined,
): Pick<TenantProvider, 'apiKeySecretRef' | 'vault'> | undefined {
  return provider?.apiKeySecretRef === undefined && provider?.vault === undefined ? undefined : provider;
}
