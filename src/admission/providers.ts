// The providers that a session of a campaign uses: the Tenant's, overridden field by field by the Campaign's.
import {
  BOT_TOKEN_SECRET,
  type Campaign,
  COMMAND_DATABASE_SECRET,
  DEFAULT_KIND,
  GATEWAY_DATABASE_SECRET,
  PROVIDER_KEYS_SECRET,
  PROVIDER_ROLES,
  type ProviderKind,
  type ProviderPlace,
  type ProviderRole,
  providerKeyName,
  type SecretKeyRef,
  type Tenant,
  type VaultRef,
  WORKER_DATABASE_SECRET,
} from '../api/index.ts';

/** What a Tenant or a Campaign says of a provider, whatever its role. */
export interface ProviderSettings {
  readonly kind?: ProviderKind;
  readonly model?: string;
  readonly baseURL?: string;
  readonly apiKeySecretRef?: SecretKeyRef;
  readonly vault?: VaultRef;
  readonly pricePerUnitUSD?: number;
}

/** Of a role: the provider, and the one that takes its place when it fails. */
export interface RoleSettings extends ProviderSettings {
  readonly fallback?: ProviderSettings;
}

/** Who is asked, where, and at what price. */
export interface MergedProvider {
  readonly kind: ProviderKind;
  readonly model?: string;
  readonly baseURL?: string;
  readonly pricePerUnitUSD?: number;
}

/** What remains of a provider when both are taken together. The key itself is never in it. */
export interface EffectiveProvider extends MergedProvider {
  /** Where a worker gets the key. What is in Vault the operator copies into a Secret of its own. */
  readonly apiKeySecretRef?: SecretKeyRef;
  /** True when the key is in Vault. */
  readonly keyInVault: boolean;
  readonly vaultRef?: VaultRef;
  /** A path that the Campaign may not name, because the Tenant's own provider has its key there: see {@link effective}. */
  readonly refusedVaultPath?: string;
  /** A Secret that is named as the key but must not leave its room: see {@link isReservedSecret}. */
  readonly refusedSecret?: string;
}

export interface EffectiveRole extends EffectiveProvider {
  readonly fallback?: EffectiveProvider;
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

export type EffectiveProviders = { readonly [role in ProviderRole]?: EffectiveRole };

export function effectiveProviders(
  tenant: Pick<Tenant, 'spec'> | undefined,
  campaign: Pick<Campaign, 'spec'> | undefined,
): EffectiveProviders {
  const own = tenant?.spec.providers ?? {};
  const override = campaign?.spec.providers ?? {};
  const ofTenant = allOf(own);
  return Object.fromEntries(
    PROVIDER_ROLES.flatMap((role): [ProviderRole, EffectiveRole][] => {
      const provider = effective(own[role], override[role], ofTenant);
      if (provider === undefined) return [];
      const fallback = effective(own[role]?.fallback, override[role]?.fallback, ofTenant);
      return [[role, fallback === undefined ? provider : { ...provider, fallback }]];
    }),
  );
}

/** All providers of one object, fallbacks among them. */
export function allOf(providers: { readonly [role in ProviderRole]?: RoleSettings }): ProviderSettings[] {
  return PROVIDER_ROLES.flatMap((role) => [providers[role] ?? [], providers[role]?.fallback ?? []].flat());
}

/** A provider of a session, and the field that names it. */
export interface PlacedProvider {
  readonly role: ProviderRole;
  readonly place: ProviderPlace;
  /** E.g. `providers.stt.fallback`. */
  readonly field: string;
  /** Of that field in a Tenant or a Campaign. */
  readonly path: readonly string[];
  readonly provider: EffectiveProvider;
}

/** Each provider with its place, in a fixed order. */
export function placed(providers: EffectiveProviders): PlacedProvider[] {
  return PROVIDER_ROLES.flatMap((role): PlacedProvider[] => {
    const provider = providers[role];
    if (provider === undefined) return [];
    const path = ['spec', 'providers', role];
    const first: PlacedProvider = { role, place: role, field: `providers.${role}`, path, provider };
    if (provider.fallback === undefined) return [first];
    return [
      first,
      {
        role,
        place: `${role}-fallback`,
        field: `providers.${role}.fallback`,
        path: [...path, 'fallback'],
        provider: provider.fallback,
      },
    ];
  });
}

/** The Campaign's settings over the Tenant's, field by field; of another kind it takes nothing. Undefined: neither has one. */
export function mergedProvider(
  own: ProviderSettings | undefined,
  override: ProviderSettings | undefined,
): MergedProvider | undefined {
  if (own === undefined && override === undefined) return undefined;
  const base = isOtherKind(own, override) ? undefined : own;
  const model = override?.model ?? base?.model;
  const baseURL = override?.baseURL ?? base?.baseURL;
  const pricePerUnitUSD = override?.pricePerUnitUSD ?? base?.pricePerUnitUSD;
  return {
    kind: override?.kind ?? base?.kind ?? DEFAULT_KIND,
    ...(model === undefined ? {} : { model }),
    ...(baseURL === undefined ? {} : { baseURL }),
    ...(pricePerUnitUSD === undefined ? {} : { pricePerUnitUSD }),
  };
}

function isOtherKind(own: ProviderSettings | undefined, override: ProviderSettings | undefined): boolean {
  return override?.kind !== undefined && override.kind !== (own?.kind ?? DEFAULT_KIND);
}

/** Host and port of a URL in lower case, `host:port` when the port is not the scheme's own; undefined for no URL. */
export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

function effective(
  own: ProviderSettings | undefined,
  override: ProviderSettings | undefined,
  ofTenant: readonly ProviderSettings[],
): EffectiveProvider | undefined {
  const merged = mergedProvider(own, override);
  if (merged === undefined) return undefined;
  // A campaign that names another endpoint must bring its own key: the tenant's would be sent to a stranger.
  const elsewhere =
    isOtherKind(own, override) || (override?.baseURL !== undefined && override.baseURL !== own?.baseURL);
  const key = keyOf(override) ?? (elsewhere ? undefined : keyOf(own));
  // Nor may it take the tenant's key by its path: the operator would read it from Vault for it.
  const samePath = ofTenant.filter(
    ({ vault }) => vault !== undefined && vault.path === override?.vault?.path,
  );
  const taken = samePath.length > 0 && !samePath.some((provider) => isSameEndpoint(provider, merged));
  return {
    ...merged,
    ...(taken ? refusedPathOf(key?.vault) : { ...keyRefOf(key?.apiKeySecretRef), ...vaultRefOf(key?.vault) }),
    keyInVault: key?.vault !== undefined,
  };
}

/** Without a base URL, the kind says where it is. */
function isSameEndpoint(one: ProviderSettings, other: MergedProvider): boolean {
  if (one.baseURL !== other.baseURL) return false;
  return one.baseURL !== undefined || (one.kind ?? DEFAULT_KIND) === other.kind;
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
  provider: ProviderSettings | undefined,
): Pick<ProviderSettings, 'apiKeySecretRef' | 'vault'> | undefined {
  return provider?.apiKeySecretRef === undefined && provider?.vault === undefined ? undefined : provider;
}
