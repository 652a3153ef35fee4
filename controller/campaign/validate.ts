// What the CRD's schema and CEL rules cannot say about a Campaign, because it needs the Tenant, Secrets or a
// ConfigMap. All problems at once.
import type { Campaign, CampaignReason, Entity, Tenant } from '../../src/api/index.ts';
import { type EffectiveProviders, hostOf, isReservedSecret, PROVIDER_ROLES } from './providers.ts';

export interface Problem {
  readonly reason: CampaignReason;
  readonly message: string;
}

/** Everything that the validation reads, gathered beforehand. */
export interface CampaignFacts {
  readonly campaign: Pick<Campaign, 'spec'>;
  readonly tenant: Pick<Tenant, 'spec'> | undefined;
  readonly providers: EffectiveProviders;
  readonly entities: EntitiesSource;
  /** `<secret>/<key>` of provider keys that do not exist. */
  readonly missingKeys: readonly string[];
}

export type EntitiesSource =
  | { readonly state: 'none' }
  | { readonly state: 'read'; readonly entities: readonly Entity[] }
  | { readonly state: 'missing'; readonly message: string }
  | { readonly state: 'invalid'; readonly message: string };

/** In the order in which one would mend them. */
export function problemsOf(facts: CampaignFacts): Problem[] {
  if (facts.tenant === undefined) {
    return [{ reason: 'TenantMissing', message: 'The namespace belongs to no Tenant.' }];
  }
  return [
    ...duplicateNames(facts.campaign),
    ...unavailableEngines(facts.campaign),
    ...unknownTools(facts.campaign),
    ...entitiesProblem(facts.entities),
    ...hostProblems(facts.campaign, facts.tenant),
    ...keyProblems(facts),
  ];
}

/** The CRD refuses these, too; an older CRD, or one changed by hand, may not. */
function duplicateNames({ spec }: Pick<Campaign, 'spec'>): Problem[] {
  const owner = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { name, aliases = [] } of spec.npcs) {
    for (const called of [name, ...aliases]) {
      const plain = called.toLowerCase();
      const other = owner.get(plain);
      if (other === undefined) owner.set(plain, name);
      else if (other !== name || called === name) {
        problems.push({
          reason: 'DuplicateNames',
          message: `NPCs ${other} and ${name} are both called ${called}.`,
        });
      }
    }
  }
  return problems;
}

function unavailableEngines({ spec }: Pick<Campaign, 'spec'>): Problem[] {
  return spec.npcs
    .filter(({ engine }) => engine !== 'cascaded')
    .map(({ name, engine }) => ({
      reason: 'EngineNotAvailable',
      message: `NPC ${name}: engine ${engine} is not available in this version; use cascaded.`,
    }));
}

function unknownTools({ spec }: Pick<Campaign, 'spec'>): Problem[] {
  if (spec.mcpServers !== undefined && spec.mcpServers.length > 0) return [];
  return spec.npcs
    .filter(({ tools }) => tools !== undefined && tools.length > 0)
    .map(({ name, tools = [] }) => ({
      reason: 'UnknownTool',
      message: `NPC ${name} uses ${tools.join(', ')}, but the campaign has no mcpServers that could offer tools.`,
    }));
}

function entitiesProblem(entities: EntitiesSource): Problem[] {
  if (entities.state === 'missing') return [{ reason: 'EntitiesMissing', message: entities.message }];
  if (entities.state === 'invalid') return [{ reason: 'EntitiesInvalid', message: entities.message }];
  return [];
}

function hostProblems({ spec }: Pick<Campaign, 'spec'>, tenant: Pick<Tenant, 'spec'>): Problem[] {
  const own = PROVIDER_ROLES.map((role) => tenant.spec.providers[role]?.baseURL);
  const allowed = new Set(tenant.spec.providers.allowedHosts?.map((host) => host.toLowerCase()));
  const ofTenant = new Set(own.flatMap((url) => (url === undefined ? [] : (hostOf(url) ?? []))));
  const urls = [
    ...PROVIDER_ROLES.map((role) => [`providers.${role}.baseURL`, spec.providers?.[role]?.baseURL] as const),
    ...(spec.mcpServers ?? []).map(({ name, url }) => [`mcpServers[${name}].url`, url] as const),
  ];
  return urls.flatMap(([field, url]): Problem[] => {
    if (url === undefined) return [];
    const host = hostOf(url);
    if (host === undefined) return [{ reason: 'ProviderNotAllowed', message: `${field} is not a URL.` }];
    // The platform team wrote the Tenant: its own endpoints may be anywhere.
    if (ofTenant.has(host)) return [];
    const name = new URL(url).hostname;
    if (isInternal(name)) {
      const message = `${field}: ${name} is inside the cluster or a metadata service; campaigns cannot use it.`;
      return [{ reason: 'ProviderNotAllowed', message }];
    }
    if (allowed.has(host) || allowed.has(name)) return [];
    const message = `${field}: host ${host} is not in the Tenant's providers.allowedHosts.`;
    return [{ reason: 'ProviderNotAllowed', message }];
  });
}

function keyProblems({ campaign, providers, missingKeys }: CampaignFacts): Problem[] {
  const named = [
    ...PROVIDER_ROLES.map((role) => [`providers.${role}`, providers[role]?.refusedSecret] as const),
    ...(campaign.spec.mcpServers ?? []).map(
      ({ name, apiKeySecretRef: ref }) =>
        [
          `mcpServers[${name}]`,
          ref !== undefined && isReservedSecret(ref.name) ? ref.name : undefined,
        ] as const,
    ),
  ];
  const reserved = named.flatMap(([field, secret]): Problem[] => {
    if (secret === undefined) return [];
    const message = `${field}: Secret ${secret} is Skald's own and cannot be an API key.`;
    return [{ reason: 'ProviderNotAllowed', message }];
  });
  const inVault = PROVIDER_ROLES.filter((role) => providers[role]?.keyInVault).map((role): Problem => {
    const message = `The API key of ${role} is in Vault, and this installation has none.`;
    return { reason: 'VaultNotConfigured', message };
  });
  const missing = missingKeys.map((key): Problem => {
    const message = `Secret key ${key} with a provider's API key does not exist in the namespace.`;
    return { reason: 'ProviderKeyMissing', message };
  });
  return [...reserved, ...inVault, ...missing];
}

/**
 * Names that lead into the cluster, to this machine or to a cloud's metadata service. Private addresses are not
 * among them: a GPU server in the same network is allowed by naming it in allowedHosts.
 */
export function isInternal(hostname: string): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (host.includes(':')) return isInternalIpv6(host);
  const quad = host.match(/^(\d+)\.(\d+)\.\d+\.\d+$/);
  if (quad) {
    const [first, second] = [Number(quad[1]), Number(quad[2])];
    return (
      first === 127 || first === 0 || (first === 169 && second === 254) || (first === 100 && second === 100)
    );
  }
  return (
    !host.includes('.') ||
    host.endsWith('.svc') ||
    host.endsWith('.local') ||
    host.endsWith('.internal') ||
    host.endsWith('.localhost') ||
    /\.svc\./.test(host)
  );
}

/** Loopback, unspecified, link-local, the AWS metadata address, and IPv4 addresses in IPv6 clothing. */
function isInternalIpv6(host: string): boolean {
  return (
    host === '::1' ||
    host === '::' ||
    /^fe[89ab]/.test(host) ||
    host === 'fd00:ec2::254' ||
    host.startsWith('::ffff:')
  );
}
