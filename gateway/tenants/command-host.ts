/** What the commands of one tenant may see and do, put together from the parts that do it. */
import { mergedProvider } from '../../src/admission/providers.ts';
import { type Campaign, DEFAULT_KIND, defaultModel, type Tenant } from '../../src/api/index.ts';
import type { Informer, Live } from '../../src/kube/index.ts';
import type { CommandHost } from '../commands/command.ts';
import type { FeedbackMetrics } from '../commands/feedback/metrics.ts';
import type { StatusCards } from '../commands/session/cards.ts';
import { fetchAttachment } from '../discord/attachments.ts';
import type { GuildCache } from '../discord/guild-cache.ts';
import type { CampaignEntities } from '../entities/campaign-entities.ts';
import type { SessionRuntimes } from '../sessions/session-runtimes.ts';
import { NO_WORKER } from '../sessions/speeches.ts';
import type { OptOuts } from './opt-outs.ts';
import type { TenantSessions } from './session-store.ts';
import { startRefusal } from './start-refusal.ts';
import type { TenantDatabase } from './tenant-database.ts';

export interface CommandHostParts {
  /** As it is now. */
  readonly tenant: Live<Tenant>;
  /** Of its condition Ready, when that is not True. */
  readonly reason: string | undefined;
  readonly namespace: string;
  /** Whether the caches are filled. */
  readonly ready: boolean;
  readonly apiUrl: string;
  readonly guilds: GuildCache;
  readonly campaigns: Informer<Campaign>;
  readonly store: TenantSessions;
  readonly database: TenantDatabase;
  readonly entities: CampaignEntities;
  readonly optOuts: OptOuts;
  readonly runtimes: SessionRuntimes;
  readonly cards: StatusCards;
  readonly feedback: FeedbackMetrics | undefined;
}

export function commandHost(parts: CommandHostParts): CommandHost {
  const { tenant, store, runtimes, database, entities, optOuts } = parts;
  return {
    tenant: { name: tenant.metadata.name, namespace: parts.namespace, reason: parts.reason },
    guilds: parts.guilds,
    ready: parts.ready,
    database: () => database.current,
    attachment: (url) => fetchAttachment(url, parts.apiUrl),
    setOptOut: (userId, out, connected) => optOuts.change(userId, out, connected),
    forget: async (userId) => {
      await Promise.all(runtimes.all().map((runtime) => runtime.forget(userId)));
    },
    readEntities: (campaign, connected) => entities.read(campaign, connected),
    campaigns: () => parts.campaigns.list(),
    languageModel: ({ spec }) => {
      const { kind = DEFAULT_KIND, model } =
        mergedProvider(tenant.spec.providers.llm, spec.providers?.llm) ?? {};
      return model ?? defaultModel('llm', kind) ?? '';
    },
    sessions: () => store.list().filter(({ spec }) => spec.mode === 'Live'),
    recaps: () => store.list().filter(({ spec }) => spec.mode === 'Recap'),
    createSession: (session) => store.create(session),
    checkSession: (session) => store.check(session),
    startRefusal: () => startRefusal(tenant),
    stopSession: (session) => store.stop(session),
    setMutes: (session, change) => store.setMutes(session, change),
    speak: async (session, request) => (await runtimes.find(session)?.speak(request)) ?? NO_WORKER,
    rated: (ratings) => parts.feedback?.(ratings),
    cards: parts.cards,
    followSession: (session, signal, onChange) => store.follow(session, signal, onChange),
  };
}
