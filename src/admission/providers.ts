// The providers that a session of a campaign uses: the Tenant's, overridden field by field by the Campaign's.
import {
  BOT_TOKEN_SECRET,
  type Campaign,
  type CampaignProvider,
  type SecretKeyRef,
  type Tenant,
  type TenantProvider,
} from '../api/index.ts';

export type ProviderRole = 'stt' | 'llm' | 'tts';
export const PROVIDER_ROLES: readonly ProviderRole[] = ['stt', 'llm', 'tts'];

/** What remains of a provider when both are taken together. The key itself is never in it. */
export interface EffectiveProvider {
  readonly kind: string;
  readonly model?: string;
  readonly baseURL?: string;
  readonly apiKeySecretRef?: SecretKeyRef;
  /** True when the key is in Vault. */
  readonly keyInVault: boolean;
  /** A Secret that is named as the key but must not leave its room: see {@link isReservedSecret}. */
  readonly refusedSecret?: string;
  readonly pricePerUnitUSD?: number;
}

/**
 * Secrets that no provider may be given: whoever can write a Campaign could otherwise have the bot token, or a
 * worker's own certificate, sent to an endpoint as an API key.
 */
export function isReservedSecret(name: string): boolean {
  return name === BOT_TOKEN_SECRET || /-([0-9a-f]{8}|[0-9a-f]{10})-session$/.test(name);
}

export type EffectiveProviders = { readonly [role in ProviderRole]?: EffectiveProvider };

export function effectiveProviders(
  tenant: Pick<Tenant, 'spec'> | undefined,
  campaign: Pick<Campaign, 'spec'> | undefined,
): EffectiveProviders {
  return {
    ...entry('stt', tenant?.spec.providers.stt, campaign?.spec.providers?.stt),
    ...entry('llm', tenant?.spec.providers.llm, campaign?.spec.providers?.llm),
    ...entry('tts', tenant?.spec.providers.tts, campaign?.spec.providers?.tts),
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
): EffectiveProviders {
  if (own === undefined && override === undefined) return {};
  // A campaign that names another endpoint must bring its own key: the tenant's would be sent to a stranger.
  const elsewhere = override?.baseURL !== undefined && override.baseURL !== own?.baseURL;
  const key = keyOf(override) ?? (elsewhere ? undefined : keyOf(own));
  const model = override?.model ?? own?.model;
  const baseURL = override?.baseURL ?? own?.baseURL;
  const pricePerUnitUSD = override?.pricePerUnitUSD ?? own?.pricePerUnitUSD;
  return {
    [role]: {
      kind: override?.kind ?? own?.kind ?? 'openai',
      ...(model === undefined ? {} : { model }),
      ...(baseURL === undefined ? {} : { baseURL }),
      ...keyRefOf(key?.apiKeySecretRef),
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

function keyOf(
  provider: TenantProvider | CampaignProvider | undefined,
): Pick<TenantProvider, 'apiKeySecretRef' | 'vault'> | undefined {
  return provider?.apiKeySecretRef === undefined && provider?.vault === undefined ? undefined : provider;
}
