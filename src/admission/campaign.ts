// What the CRD's schema and CEL rules cannot say about a Campaign, because it needs the Tenant, Secrets or a
// ConfigMap. All problems at once. The operator and `skald validate` say the same.
import {
  builtInTools,
  type Campaign,
  type CampaignReason,
  DEFAULT_KIND,
  defaultBaseUrl,
  type Entity,
  foreignTool,
  NEEDED_ROLES,
  PROVIDER_ROLES,
  type ProviderKind,
  type ProviderRole,
  type Tenant,
} from '../api/index.ts';
import { hostProblem } from './hosts.ts';
import { mcpKeys } from './mcp.ts';
import {
  allOf,
  type EffectiveProviders,
  isReservedSecret,
  mergedProvider,
  type ProviderSettings,
  placed,
} from './providers.ts';
import { type VaultFacts, vaultKeyProblems } from './vault-keys.ts';

export interface Problem {
  readonly reason: CampaignReason;
  readonly message: string;
  /** The field of the Campaign that is to blame. */
  readonly path: readonly (string | number)[];
}

/** Everything that the validation reads, gathered beforehand. */
export interface CampaignFacts {
  readonly campaign: Pick<Campaign, 'spec'>;
  readonly tenant: Pick<Tenant, 'spec'> | undefined;
  readonly providers: EffectiveProviders;
  readonly entities: EntitiesSource;
  /** `<secret>/<key>` of provider keys that do not exist. */
  readonly missingKeys: readonly string[];
  readonly vault: VaultFacts;
}

export type EntitiesSource =
  | { readonly state: 'none' }
  | { readonly state: 'read'; readonly entities: readonly Entity[] }
  | { readonly state: 'missing'; readonly message: string }
  | { readonly state: 'invalid'; readonly message: string };

/** In the order in which one would mend them. */
export function problemsOf(facts: CampaignFacts): Problem[] {
  if (facts.tenant === undefined) {
    return [{ reason: 'TenantMissing', message: 'The namespace belongs to no Tenant.', path: [] }];
  }
  return [
    ...ownProblemsOf(facts),
    ...unavailableEngines(facts),
    ...hostProblems(facts.campaign, facts.tenant),
    ...keyProblems(facts),
  ];
}

/** Those that need no Tenant. */
export function ownProblemsOf({
  campaign,
  entities,
}: Pick<CampaignFacts, 'campaign' | 'entities'>): Problem[] {
  return [...duplicateNames(campaign), ...unknownTools(campaign), ...entitiesProblem(entities)];
}

/** The CRD refuses these, too; an older CRD, or one changed by hand, may not. */
function duplicateNames({ spec }: Pick<Campaign, 'spec'>): Problem[] {
  const owner = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [index, { name, aliases = [] }] of spec.npcs.entries()) {
    for (const called of [name, ...aliases]) {
      const plain = called.toLowerCase();
      const other = owner.get(plain);
      if (other === undefined) owner.set(plain, name);
      else if (other !== name || called === name) {
        problems.push({
          reason: 'DuplicateNames',
          message: `NPCs ${other} and ${name} are both called ${called}.`,
          path: ['spec', 'npcs', index],
        });
      }
    }
  }
  return problems;
}

function unavailableEngines({ campaign: { spec }, providers }: CampaignFacts): Problem[] {
  if (providers.speechToSpeech !== undefined) return [];
  return spec.npcs.flatMap(({ name, engine }, index): Problem[] => {
    if (engine === 'cascaded') return [];
    const message = `NPC ${name} has the engine ${engine}, but neither the Campaign nor the Tenant has spec.providers.speechToSpeech; name one there, or use cascaded.`;
    return [{ reason: 'EngineNotAvailable', message, path: ['spec', 'npcs', index, 'engine'] }];
  });
}

function unknownTools({ spec }: Pick<Campaign, 'spec'>): Problem[] {
  const servers = new Set((spec.mcpServers ?? []).map(({ name }) => name));
  const offered = [...builtInTools, ...servers].join(', ');
  return spec.npcs.flatMap(({ name, tools = [] }, index): Problem[] => {
    const unknown = tools.filter((tool) => {
      const foreign = foreignTool(tool);
      return foreign !== undefined && (!servers.has(foreign.server) || foreign.tool === '');
    });
    if (unknown.length === 0) return [];
    const message = `NPC ${name} uses ${unknown.join(', ')}, but neither a built-in tool nor one of mcpServers is called so; there is: ${offered}.`;
    return [{ reason: 'UnknownTool', message, path: ['spec', 'npcs', index, 'tools'] }];
  });
}

function entitiesProblem(entities: EntitiesSource): Problem[] {
  const path = ['spec', 'entitiesFrom', 'configMapRef'];
  if (entities.state === 'missing') return [{ reason: 'EntitiesMissing', message: entities.message, path }];
  if (entities.state === 'invalid') return [{ reason: 'EntitiesInvalid', message: entities.message, path }];
  return [];
}

function hostProblems({ spec }: Pick<Campaign, 'spec'>, tenant: Pick<Tenant, 'spec'>): Problem[] {
  const used = kindsInUse(tenant.spec.providers);
  const urls = [
    ...PROVIDER_ROLES.flatMap((role) => {
      const field = `providers.${role}`;
      const path = ['spec', 'providers', role];
      const [own, override] = [tenant.spec.providers[role], spec.providers?.[role]];
      return [
        endpointOf(role, field, path, own, override, used),
        endpointOf(role, `${field}.fallback`, [...path, 'fallback'], own?.fallback, override?.fallback, used),
      ];
    }),
    ['ambience.url', spec.ambience?.url, ['spec', 'ambience', 'url']] as const,
    ...(spec.mcpServers ?? []).map(
      ({ name, url }, index) =>
        [`mcpServers[${name}].url`, url, ['spec', 'mcpServers', index, 'url']] as const,
    ),
  ];
  return urls.flatMap(([field, url, path]): Problem[] => {
    const message = url === undefined ? undefined : hostProblem(field, url, tenant);
    return message === undefined ? [] : [{ reason: 'ProviderNotAllowed', message, path }];
  });
}

/** The URL that the Campaign chooses for a provider, by its base URL or by a kind whose own endpoint the Tenant does not use. */
function endpointOf(
  role: ProviderRole,
  field: string,
  path: readonly string[],
  own: ProviderSettings | undefined,
  override: ProviderSettings | undefined,
  used: ReadonlySet<ProviderKind>,
): readonly [field: string, url: string | undefined, path: readonly string[]] {
  if (override?.baseURL !== undefined) return [`${field}.baseURL`, override.baseURL, [...path, 'baseURL']];
  const merged = override && mergedProvider(own, override);
  if (merged === undefined || merged.baseURL !== undefined || used.has(merged.kind))
    return [field, undefined, path];
  return [`${field} (kind ${merged.kind})`, defaultBaseUrl(role, merged.kind, 'cloud'), path];
}

/** Whose own endpoints the Tenant's sessions ask anyway. */
function kindsInUse(providers: Tenant['spec']['providers']): ReadonlySet<ProviderKind> {
  const unnamed = NEEDED_ROLES.some((role) => providers[role] === undefined);
  const kinds = allOf(providers).flatMap(({ kind = DEFAULT_KIND, baseURL }): ProviderKind[] =>
    baseURL === undefined ? [kind] : [],
  );
  return new Set<ProviderKind>([...kinds, ...(unnamed ? [DEFAULT_KIND] : [])]);
}

function keyProblems({ campaign, providers, missingKeys, vault }: CampaignFacts): Problem[] {
  const named = [
    ...placed(providers).map(({ field, path, provider }) => [field, provider.refusedSecret, path] as const),
    ...(campaign.spec.mcpServers ?? []).map(
      ({ name, apiKeySecretRef: ref }, index) =>
        [
          `mcpServers[${name}]`,
          ref !== undefined && isReservedSecret(ref.name) ? ref.name : undefined,
          ['spec', 'mcpServers', index, 'apiKeySecretRef'],
        ] as const,
    ),
  ];
  const reserved = named.flatMap(([field, secret, path]): Problem[] => {
    if (secret === undefined) return [];
    const message = `${field}: Secret ${secret} is Skald's own and cannot be an API key.`;
    return [{ reason: 'ProviderNotAllowed', message, path }];
  });
  const ofServers = new Map(
    mcpKeys(campaign).map(({ name, apiKeySecretRef: ref }) => [`${ref.name}/${ref.key}`, name]),
  );
  const missing = missingKeys.map((key): Problem => {
    const server = ofServers.get(key);
    const whose = server === undefined ? "a provider's API key" : `the API key of mcpServers[${server}]`;
    const message = `Secret key ${key} with ${whose} does not exist in the namespace.`;
    const path = ['spec', server === undefined ? 'providers' : 'mcpServers'];
    return { reason: 'ProviderKeyMissing', message, path };
  });
  return [...reserved, ...vaultKeyProblems(providers, vault), ...missing];
}
