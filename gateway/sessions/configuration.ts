/**
 * What a worker needs to know of its session: VoiceSession, Campaign and Tenant folded into one message. Pure.
 */
import { createHash } from 'node:crypto';
import { monthlySpendReached } from '../../src/admission/budget.ts';
import { type Reach, reachOf } from '../../src/admission/hosts.ts';
import { mergedProvider, type ProviderSettings } from '../../src/admission/providers.ts';
import { findCondition } from '../../src/api/conditions.ts';
import type { Campaign } from '../../src/api/generated/campaign.ts';
import type { Tenant } from '../../src/api/generated/tenant.ts';
import type { VoiceSession } from '../../src/api/generated/voicesession.ts';
import { DEFAULT_KIND, type ProviderRole, providerSidecarUrl } from '../../src/api/provider-roles.ts';
import type { StoredEntity } from '../../src/entities/entity.ts';
import { entitiesForWorker, manifestEntities, scopesOfNpc } from '../../src/entities/merge.ts';
import type { Live } from '../../src/kube/index.ts';
import {
  AddressReach,
  type Player,
  Provider,
  SessionConfiguration,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import { consentNotice, spokenSpendNotice, withheldLine } from './notices/texts.ts';

export interface ConfigurationInput {
  readonly session: Live<VoiceSession>;
  readonly campaign: Live<Campaign>;
  readonly tenant: Live<Tenant>;
  readonly botUserId: string;
  /** User ids of those who are not to be heard, next to those whom the campaign names; undefined: not known yet. */
  readonly optOuts: ReadonlySet<string> | undefined;
  /** What people keep of the campaign, over what its manifest says. */
  readonly entities: readonly StoredEntity[];
}

/**
 * Whether the operator has looked at exactly this Campaign and found nothing against it. Whoever may write a Campaign
 * may name any endpoint in it: before the operator has compared it with the Tenant's providers.allowedHosts, it must
 * not reach a worker, which holds API keys. An older Ready says nothing of what was changed since.
 */
export function isApproved({ metadata, status }: Live<Campaign>): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  const observed = ready?.observedGeneration;
  return ready?.status === 'True' && observed !== undefined && observed === metadata.generation;
}

/**
 * `revision` is the Campaign's, so that a person can compare `status.voice.configRevision` with it. What it does not
 * cover (mutes, limits of the Tenant) is in the configuration, too: whether that changed, {@link fingerprintOf} says.
 */
export function buildConfiguration(input: ConfigurationInput): SessionConfiguration {
  const { session, campaign, tenant, botUserId } = input;
  const { spec } = campaign;
  const profile = session.spec.profile ?? tenant.spec.worker.profile;
  const ofRole = (role: ProviderRole) => roleProvider(role, tenant, campaign, profile);
  return {
    sessionUid: session.metadata.uid,
    namespace: session.metadata.namespace ?? '',
    name: session.metadata.name,
    tenant: tenant.metadata.name,
    guildId: session.spec.guildId,
    voiceChannelId: session.spec.voiceChannelId ?? '',
    textChannelId: session.spec.textChannelId ?? '',
    botUserId,
    revision: campaign.status?.revision ?? '',
    campaign: {
      name: campaign.metadata.name,
      title: spec.title ?? campaign.metadata.name,
      description: spec.description ?? '',
      language: spec.language,
      npcs: spec.npcs.map((npc) => ({
        name: npc.name,
        title: npc.title ?? '',
        aliases: [...(npc.aliases ?? [])],
        personality: npc.personality ?? '',
        rules: [...(npc.rules ?? [])],
        secrets: [...(npc.secrets ?? [])],
        knowledge: scopesOfNpc(npc),
        voice: { id: npc.voice.id ?? '', pitch: npc.voice.pitch, speed: npc.voice.speed },
        engine: npc.engine,
        budget: npc.budget,
        addressOnly: npc.addressOnly,
        gameMasterHelper: npc.gameMasterHelper,
        tools: [...(npc.tools ?? [])],
      })),
      players: playersOf(campaign, input.optOuts),
      entities: entitiesForWorker(manifestEntities(campaign), input.entities).map((entity) => ({
        ...entity,
        knowledge: [...entity.knowledge],
      })),
      ambience: spec.ambience && {
        url: spec.ambience.url,
        volume: spec.ambience.volume,
        reach: REACH[reachOf(spec.ambience.url, tenant)],
      },
      mcpServers: (spec.mcpServers ?? []).map(({ name, url }) => ({
        name,
        url,
        reach: REACH[reachOf(url, tenant)],
      })),
    },
    mutedNpcs: [...(session.spec.mutedNpcs ?? [])].sort(),
    stt: ofRole('stt') ?? defaultProvider('stt', profile),
    llm: ofRole('llm') ?? defaultProvider('llm', profile),
    tts: ofRole('tts') ?? defaultProvider('tts', profile),
    moderation: ofRole('moderation'),
    speechToSpeech: ofRole('speechToSpeech'),
    idleTimeoutSeconds: tenant.spec.limits.idleTimeoutSeconds,
    recordTranscripts: tenant.spec.privacy.recordTranscripts,
    spendSoftUsd: tenant.spec.limits.spendPerSession?.soft,
    spendHardUsd: tenant.spec.limits.spendPerSession?.hard,
    monthSoftReached: monthlySpendReached(tenant, 'soft') !== undefined,
    spendNotice: spokenSpendNotice(campaign),
    withheldLine: withheldLine(campaign),
    moderationIgnoresFailures: tenant.spec.providers.moderationFailurePolicy === 'Ignore',
    consentNotice: consentNotice({ tenant, campaign }),
    hearNobody: input.optOuts === undefined,
    turnTaking: spec.turnTaking,
    recapOf: session.spec.mode === 'Recap' ? (session.spec.recapOf ?? '') : '',
  };
}

/** Those of the campaign, and whoever else does not want to be heard. */
function playersOf({ spec }: Live<Campaign>, optOuts: ReadonlySet<string> = new Set()): Player[] {
  const players = (spec.players ?? []).map(({ discordUserId, character = '', optOut }) => ({
    discordUserId,
    character,
    optOut: optOut || optOuts.has(discordUserId),
  }));
  const named = new Set(players.map(({ discordUserId }) => discordUserId));
  const others = [...optOuts].filter((userId) => !named.has(userId)).sort();
  return [...players, ...others.map((discordUserId) => ({ discordUserId, character: '', optOut: true }))];
}

const REACH: { readonly [reach in Reach]: AddressReach } = {
  public: AddressReach.UNSPECIFIED,
  private: AddressReach.PRIVATE,
  any: AddressReach.ANY,
};

/** The Campaign's settings over the Tenant's. Keys are not here: they are files in the worker's pod. */
function roleProvider(
  role: ProviderRole,
  tenant: Live<Tenant>,
  campaign: Live<Campaign>,
  profile: string,
): Provider | undefined {
  const own = tenant.spec.providers[role];
  const override = campaign.spec.providers?.[role];
  const message = (first: ProviderSettings | undefined, second: ProviderSettings | undefined) => {
    const merged = mergedProvider(first, second);
    if (merged === undefined) return undefined;
    const { kind, model = '', baseURL, pricePerUnitUSD = 0 } = merged;
    return {
      kind,
      model,
      baseUrl: baseURL ?? providerSidecarUrl(role, kind, profile) ?? '',
      pricePerUnitUsd: pricePerUnitUSD,
      reach: REACH[reachOf(baseURL, tenant)],
      fallback: undefined,
    };
  };
  const provider = message(own, override);
  return provider && { ...provider, fallback: message(own?.fallback, override?.fallback) };
}

/** Of a role that every session has and nobody has said anything of. */
function defaultProvider(role: ProviderRole, profile: string): Provider {
  return Provider.create({
    kind: DEFAULT_KIND,
    baseUrl: providerSidecarUrl(role, DEFAULT_KIND, profile) ?? '',
  });
}

/** Equal for equal configurations only: a worker is told when it changes. */
export function fingerprintOf(configuration: SessionConfiguration): string {
  return createHash('sha256').update(SessionConfiguration.encode(configuration).finish()).digest('hex');
}
