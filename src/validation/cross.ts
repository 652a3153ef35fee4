// What is wrong between objects, each of which the API server would accept: what the operator would refuse
// (src/admission), and what is named but not there.
import { ownProblemsOf, problemsOf, type Problem as Refusal } from '../admission/campaign.ts';
import { entitiesFrom } from '../admission/entities.ts';
import { mcpKeys } from '../admission/mcp.ts';
import { effectiveProviders, placed } from '../admission/providers.ts';
import { guildRefusal } from '../admission/session.ts';
import { sharedBy } from '../admission/tenant.ts';
import { COMMAND_NAMES, tenantNamespace } from '../api/index.ts';
import type { Path } from './json.ts';
import type { Problem, Rule } from './problem.ts';
import {
  type Among,
  type Judged,
  type NamespacedCampaign,
  type NamespacedSession,
  sort,
} from './repository.ts';

export interface CrossProblem {
  /** Of the object among those given. */
  readonly index: number;
  readonly problem: Problem;
  /** Of another object that is part of it. */
  readonly with?: number;
}

/** @param objects Tenants, Campaigns and VoiceSessions; others serve as what these name (ConfigMaps, Secrets) */
export async function crossProblems(objects: readonly Judged[]): Promise<CrossProblem[]> {
  const among = sort(objects);
  const campaigns = await Promise.all(among.campaigns.map((campaign) => ofCampaign(campaign, among)));
  return [
    ...twice(objects),
    ...ofTenants(among),
    ...among.tenants.flatMap(rolesOfNoCommand),
    ...campaigns.flat(),
    ...among.sessions.flatMap((session) => ofSession(session, among)),
    ...rivals(among),
  ];
}

function twice(objects: readonly Judged[]): CrossProblem[] {
  const first = new Map<string, number>();
  return objects.flatMap(({ kind, namespace, name }, index) => {
    if (name === '' || !OWN.has(kind)) return [];
    const key = [kind, kind === 'Tenant' ? '' : namespace, name].join('/');
    const other = first.get(key);
    if (other === undefined) first.set(key, index);
    if (other === undefined) return [];
    const message = `${kind} ${name} is there twice`;
    return [{ ...said(index, 'cross', ['metadata', 'name'], message), with: other }];
  });
}

const OWN: ReadonlySet<string> = new Set(['Tenant', 'Campaign', 'VoiceSession']);

/** In a cluster the younger one is refused; files have no age, so it is the later one. */
function ofTenants({ tenants }: Among): CrossProblem[] {
  return tenants.flatMap((tenant, position) => {
    const { name } = tenant.metadata;
    const earlier = tenants.slice(0, position).filter((other) => other.metadata.name !== name);
    return earlier.flatMap((other) => {
      const shared = sharedBy(tenant, other);
      if (shared === undefined) return [];
      const [path, message] =
        shared === 'namespace'
          ? [
              ['spec', 'namespace'],
              `Namespace ${tenantNamespace(tenant)} is Tenant ${other.metadata.name}'s, too; each Tenant needs one of its own`,
            ]
          : [
              ['spec', 'discord', 'applicationId'],
              `Discord application ${tenant.spec.discord.applicationId} is Tenant ${other.metadata.name}'s, too; one application serves one Tenant`,
            ];
      return [{ ...said(tenant.index, 'cross', path, message), with: other.index }];
    });
  });
}

/** A rule about a command that does not exist changes nothing: what it was meant for needs the game master's role. */
function rolesOfNoCommand({ index, spec }: Among['tenants'][number]): CrossProblem[] {
  const unknown = Object.keys(spec.discord.roles ?? {}).filter((name) => !COMMAND_NAMES.includes(name));
  return unknown.map((name) => {
    const message = `there is no command ${JSON.stringify(name)}; this rule has no effect`;
    return said(index, 'advice', ['spec', 'discord', 'roles', name], message);
  });
}

async function ofCampaign(campaign: NamespacedCampaign, among: Among): Promise<CrossProblem[]> {
  const { index } = campaign;
  const { namespace } = campaign.metadata;
  const tenant = among.tenantOf(namespace);
  const ref = campaign.spec.entitiesFrom?.configMapRef;
  const configMap = ref && among.configMapOf(namespace, ref.name);
  const entities =
    ref === undefined || configMap !== undefined
      ? await entitiesFrom(campaign, configMap)
      : ({ state: 'none' } as const);
  const providers = effectiveProviders(tenant, campaign);
  const named = [
    // What is in Vault is copied by the operator: no file has it.
    ...placed(providers).flatMap(({ provider: { apiKeySecretRef: key, vaultRef } }) =>
      vaultRef === undefined ? (key ?? []) : [],
    ),
    ...mcpKeys(campaign).map(({ apiKeySecretRef }) => apiKeySecretRef),
  ];
  const missingKeys = named.flatMap((key) => {
    const keys = among.secretKeysOf(namespace, key.name);
    return keys === undefined || keys.has(key.key) ? [] : [`${key.name}/${key.key}`];
  });
  const vault = { kind: 'unknown', namespace } as const;
  const facts = { campaign, tenant, providers, entities, missingKeys, vault };
  const refusals: readonly Refusal[] = tenant === undefined ? ownProblemsOf(facts) : problemsOf(facts);
  const notices: CrossProblem[] = [];
  if (tenant === undefined) notices.push(...noTenant(index, namespace, among));
  if (ref !== undefined && configMap === undefined) {
    const path = ['spec', 'entitiesFrom', 'configMapRef', 'name'];
    notices.push(said(index, 'reference', path, `ConfigMap ${ref.name} is not among the files`));
  }
  for (const { role, place, path, provider } of placed(providers)) {
    const first = tenant?.spec.providers[role];
    const own = place === role ? first : first?.fallback;
    const hasKey = own?.apiKeySecretRef !== undefined || own?.vault !== undefined;
    const { apiKeySecretRef, keyInVault, refusedSecret } = provider;
    if (!hasKey || apiKeySecretRef !== undefined || keyInVault === true || refusedSecret !== undefined)
      continue;
    const field = provider.kind === own?.kind ? 'baseURL' : 'kind';
    const message = `the Tenant's API key is for its own ${field} and is not sent to this one`;
    notices.push(said(index, 'advice', [...path, field], message));
  }
  return [...refusals.map(({ path, message }) => said(index, 'cross', path, message)), ...notices];
}

function ofSession(session: NamespacedSession, among: Among): CrossProblem[] {
  const { index, spec } = session;
  const { namespace } = session.metadata;
  const tenant = among.tenantOf(namespace);
  const refusal = tenant && guildRefusal(session, tenant);
  const refusals = refusal === undefined ? [] : [said(index, 'cross', refusal.path, refusal.message)];
  const { name } = spec.campaignRef;
  const notices = tenant === undefined ? noTenant(index, namespace, among) : [];
  if (!among.hasCampaign(namespace, name)) {
    notices.push(
      said(index, 'reference', ['spec', 'campaignRef', 'name'], `Campaign ${name} is not among the files`),
    );
  }
  const campaign = among.campaigns.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
  const npcs = campaign && new Set(campaign.spec.npcs.map((npc) => npc.name));
  for (const [position, npc] of (spec.mutedNpcs ?? []).entries()) {
    if (npcs === undefined || npcs.has(npc)) continue;
    notices.push(
      said(index, 'reference', ['spec', 'mutedNpcs', position], `Campaign ${name} has no NPC ${npc}`),
    );
  }
  return [...refusals, ...notices];
}

/** One session at a time for a Discord server, and for a campaign. */
function rivals({ sessions }: Among): CrossProblem[] {
  const running = sessions.filter(({ spec }) => spec.desiredState === 'Running' && spec.mode === 'Live');
  return running.flatMap((session, position) =>
    running.slice(0, position).flatMap((other): CrossProblem[] => {
      const [{ metadata: own, spec }, { metadata: theirs }] = [session, other];
      if (own.namespace !== theirs.namespace || own.name === theirs.name) return [];
      const what = { path: ['spec', 'guildId'], uses: 'uses this Discord server' };
      if (spec.guildId !== other.spec.guildId) {
        if (spec.campaignRef.name !== other.spec.campaignRef.name) return [];
        Object.assign(what, { path: ['spec', 'campaignRef', 'name'], uses: 'plays this campaign' });
      }
      const message = `VoiceSession ${theirs.name} ${what.uses}, too; only one of them can run at a time`;
      return [{ ...said(session.index, 'advice', what.path, message), with: other.index }];
    }),
  );
}

/** Nothing can be said of a namespace that the files do not tell, or when a Tenant could not be read. */
function noTenant(index: number, namespace: string, among: Among): CrossProblem[] {
  if (namespace === '' || among.someTenantIsRefused) return [];
  const message = `no Tenant among the files has the namespace ${namespace}`;
  return [said(index, 'reference', ['metadata', 'namespace'], message)];
}

function said(index: number, rule: Rule, path: Path, message: string): CrossProblem {
  const field = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  return { index, problem: { rule, path, field: field.replace(/^\./, ''), message } };
}
