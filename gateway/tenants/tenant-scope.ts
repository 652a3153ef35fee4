/**
 * Everything that this gateway does for one tenant, from the moment the tenant is assigned to its slot until it is
 * not: caches, the bot, commands, signalling and the streams of its workers.
 */
import type { APIInteraction } from 'discord-api-types/v10';
import { findCondition } from '../../src/api/conditions.ts';
import { BOT_TOKEN_SECRET, type Campaign, type Tenant, type VoiceSession } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  Informers,
  type Live,
  secrets,
} from '../../src/kube/index.ts';
import type { GetTenantStatusResponse } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { type DatabaseUrl, InteractionStore } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { authorize } from '../commands/authorization.ts';
import type { CommandHost } from '../commands/command.ts';
import type { FeedbackMetrics } from '../commands/feedback/metrics.ts';
import { StatusCards } from '../commands/session/cards.ts';
import { isLive } from '../commands/session/progress.ts';
import { GuildCache } from '../discord/guild-cache.ts';
import { CampaignEntities } from '../entities/campaign-entities.ts';
import { InteractionDesk } from '../interactions/desk.ts';
import { InteractionLedger } from '../interactions/ledger.ts';
import { campaigns, voiceSessions } from '../resources.ts';
import { ParkingLot } from '../sessions/parking.ts';
import { SessionRuntime } from '../sessions/session-runtime.ts';
import { SessionRuntimes } from '../sessions/session-runtimes.ts';
import { GuildVoice } from '../voice/guild-voice.ts';
import { OrphanSweep } from '../voice/orphan-sweep.ts';
import { Bot, type BotCommons } from './bot.ts';
import { BotEvents } from './bot-events.ts';
import { statusResponse } from './bot-state.ts';
import { storedTokenOf } from './bot-token.ts';
import { BotTokenSource } from './bot-token-source.ts';
import { commandHost } from './command-host.ts';
import { GuildCommands } from './guild-commands.ts';
import { OptOuts } from './opt-outs.ts';
import { TenantSessions } from './session-store.ts';
import { TenantDatabase } from './tenant-database.ts';
import { type GatewayVault, TenantVault } from './tenant-vault.ts';

export interface TenantScopeOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly apiUrl: string;
  readonly databaseUrl: DatabaseUrl | undefined;
  readonly commons: BotCommons;
  /** Undefined: the installation has none. */
  readonly vault?: GatewayVault | undefined;
  readonly feedback?: FeedbackMetrics | undefined;
}

/** Index of VoiceSessions by status.worker.jobName. */
const BY_JOB = 'job';

export class TenantScope {
  readonly name: string;
  readonly namespace: string;
  readonly applicationId: string;
  /** Warm workers of the tenant that no session has claimed. */
  readonly parking = new ParkingLot();
  readonly #options: TenantScopeOptions;
  readonly #log: Logger;
  readonly #closed = new AbortController();
  readonly #informers: Informers;
  readonly #campaigns: Informer<Campaign>;
  readonly #sessions: Informer<VoiceSession>;
  readonly #tokenSecret: ReturnType<typeof secretInformer>;
  readonly #store: TenantSessions;
  readonly #entities: CampaignEntities;
  readonly #optOuts: OptOuts;
  readonly #guilds = new GuildCache();
  readonly #cards: StatusCards;
  readonly #voice: GuildVoice;
  readonly #bot: Bot;
  readonly #token: BotTokenSource;
  readonly #database: TenantDatabase;
  readonly #ledger: InteractionLedger;
  readonly #desk: InteractionDesk;
  readonly #runtimes = new SessionRuntimes((session) => this.#newRuntime(session));
  readonly #orphans: OrphanSweep;
  readonly #commands: GuildCommands;
  readonly #events: BotEvents;
  #toldTransport = false;
  #tenant: Live<Tenant>;
  constructor(tenant: Live<Tenant>, namespace: string, options: TenantScopeOptions) {
    this.#tenant = tenant;
    this.name = tenant.metadata.name;
    this.namespace = namespace;
    this.applicationId = tenant.spec.discord.applicationId;
    this.#options = options;
    this.#log = options.log.child({ tenant: this.name });
    const { client, clock } = options;
    this.#informers = new Informers({ client, clock, log: this.#log });
    this.#campaigns = this.#informers.get(campaigns, { namespace });
    this.#sessions = this.#informers.get(voiceSessions, { namespace });
    this.#tokenSecret = secretInformer(this.#informers, namespace);
    this.#database = new TenantDatabase({ informers: this.#informers, namespace, log: this.#log });
    this.#ledger = new InteractionLedger({
      store: () => this.#database.current && new InteractionStore(this.#database.current),
      clock,
      log: this.#log,
    });
    this.#desk = new InteractionDesk({
      host: () => this.#host(),
      discord: () => this.#tenant.spec.discord,
      ledger: this.#ledger,
      clock,
      log: this.#log,
    });
    this.#optOuts = new OptOuts({
      database: () => this.#database.current,
      settled: () => this.#database.settled,
      changed: () => this.#runtimes.configure(),
      clock,
      log: this.#log,
    });
    this.#entities = new CampaignEntities({
      database: () => this.#database.current,
      settled: () => this.#database.settled,
      played: () => this.#runtimes.all().map(({ session }) => session.spec.campaignRef.name),
      changed: () => this.#runtimes.configure(),
      clock,
      log: this.#log,
    });
    this.#sessions.addIndex(BY_JOB, (session) => {
      const job = session.status?.worker?.jobName;
      return job === undefined ? [] : [job];
    });
    this.#store = new TenantSessions(client, this.#sessions, clock);
    this.#bot = new Bot({
      applicationId: this.applicationId,
      apiUrl: options.apiUrl,
      databaseUrl: options.databaseUrl,
      log: this.#log,
      clock,
      commons: options.commons,
      snapshot: (ofShard) => this.#guilds.snapshot(ofShard),
      onRestored: (snapshot) => this.#events.onRestored(snapshot),
      onReady: (data, shardId) => this.#events.onReady(data, shardId),
      onResumed: () => this.#events.onResumed(),
      onDispatch: (payload) => this.#events.onDispatch(payload),
    });
    this.#cards = new StatusCards({
      guilds: this.#guilds,
      channels: () => this.#bot.connection?.api.channels,
      campaign: (name) => this.#campaigns.get({ namespace, name }),
      tenantReason: () => this.#notReadyReason,
      close: async (session) => await this.#store.closeStatusMessage(session),
      clock,
      log: this.#log,
    });
    const { vault } = options;
    this.#token = new BotTokenSource({
      vault: vault && new TenantVault({ vault, namespace, client, clock, log: this.#log }),
      refreshMs: vault?.refreshMs ?? 0,
      log: this.#log,
      onToken: (token) => this.#bot.setToken(token),
    });
    this.#voice = new GuildVoice({
      clock,
      guilds: this.#guilds,
      botUserId: () => this.#bot.botUserId,
      // Until GUILD_CREATE the request waits: what comes before would be wiped out by it.
      send: (guildId, payload) =>
        this.#guilds.get(guildId) !== undefined && (this.#bot.connection?.send(guildId, payload) ?? false),
      forward: (guildId, message) => this.#runtimes.inGuild(guildId)?.send(message),
    });
    this.#orphans = new OrphanSweep({
      clock,
      guilds: this.#guilds,
      liveGuilds: () => this.#liveGuilds(),
      leave: (guildId) => this.#voice.of(guildId).leave(),
      log: this.#log,
    });
    this.#commands = new GuildCommands({
      applicationId: this.applicationId,
      api: () => this.#bot.connection?.api,
      allowed: (guildId) => this.#tenant.spec.discord.guilds.includes(guildId),
      signal: this.#closed.signal,
      log: this.#log,
    });
    this.#events = new BotEvents({
      guilds: this.#guilds,
      voice: this.#voice,
      runtimes: this.#runtimes,
      cards: this.#cards,
      commands: this.#commands,
      botUserId: () => this.#bot.botUserId,
      shardOf: (guildId) => this.#bot.connection?.shardOf(guildId),
      onInteraction: (interaction) => {
        this.#onWebsocketInteraction();
        this.take(interaction);
      },
    });
    this.#follow();
  }

  /** Starts the caches, and with the token the bot. */
  start(): void {
    this.#informers.start(this.#closed.signal);
    // A token in Vault needs no Secret, and none that may be read.
    this.#readToken();
    this.#informers.whenSynced(this.#closed.signal).then(
      () => {
        this.#orphans.start(this.#closed.signal);
        this.#optOuts.prepare();
      },
      () => {},
    );
  }

  /** Whether workers can be served: the caches are full and the bot's own user is known. */
  get ready(): boolean {
    return this.#sessions.hasSynced && this.#campaigns.hasSynced && this.#bot.botUserId !== '';
  }

  get tenant(): Live<Tenant> {
    return this.#tenant;
  }

  get status(): GetTenantStatusResponse {
    return statusResponse(this.#bot.state, { botUserId: this.#bot.botUserId, guilds: this.#guilds.size });
  }

  /** Whether the bot's lock was lost and is being taken again. */
  get lockLost(): boolean {
    return this.#bot.lockLost;
  }

  /** An interaction that Discord has posted. @returns false: the bot is not connected, so nobody could answer */
  take(interaction: APIInteraction): boolean {
    const api = this.#bot.connection?.api;
    if (api === undefined) return false;
    void this.#desk.take(interaction, api);
    return true;
  }

  /** Streams that are open now. */
  get attachedWorkers(): number {
    return this.#runtimes.all().filter(({ attachedPodUid }) => attachedPodUid !== undefined).length;
  }

  /** The Tenant changed in a way that keeps this scope. */
  update(tenant: Live<Tenant>): void {
    const before = this.#tenant.spec.discord.guilds;
    const after = tenant.spec.discord.guilds;
    this.#tenant = tenant;
    this.#readToken();
    this.#cards.refresh();
    for (const { id } of this.#guilds.values()) {
      if (before.includes(id) !== after.includes(id)) this.#commands.register(id);
    }
    this.#runtimes.configure();
  }

  /** The session that the Job works for. A name that a session of old had is found last. */
  sessionOfJob(jobName: string): Live<VoiceSession> | undefined {
    const sessions = this.#sessions.byIndex(BY_JOB, jobName);
    return sessions.find((session) => isLive(session)) ?? sessions[0];
  }

  attachedPodUid(session: Live<VoiceSession>): string | undefined {
    return this.#runtimes.find(session)?.attachedPodUid;
  }

  runtime(session: Live<VoiceSession>): SessionRuntime {
    return this.#runtimes.of(session);
  }

  #newRuntime(session: Live<VoiceSession>): SessionRuntime {
    const { client, clock } = this.#options;
    const { guildId } = session.spec;
    return new SessionRuntime(session, {
      client,
      clock,
      log: this.#log,
      signalling: this.#voice.of(guildId),
      botUserId: () => this.#bot.botUserId,
      tenant: () => this.#tenant,
      campaign: (name) => this.#campaigns.get({ namespace: this.namespace, name }),
      entities: (campaign) => this.#entities.known(campaign),
      optOuts: () => this.#optOuts.known(),
      members: (channelId) => this.#guilds.membersOf(guildId, channelId),
      gameMaster: (userId) => this.#isGameMaster(guildId, userId),
      setMutes: (running, change) => this.#store.setMutes(running, change),
      write: (channelId, text, mentions) => this.#write(guildId, channelId, text, mentions),
    });
  }

  /** Somebody in voice who may run `/npc mute`. */
  #isGameMaster(guildId: string, userId: string): boolean {
    const permissions = this.#guilds.memberPermissions(guildId, userId);
    const roles = this.#guilds.get(guildId)?.members.get(userId)?.roles;
    if (permissions === undefined || roles === undefined) return false;
    return authorize('npc mute', this.#tenant.spec.discord, { roles, permissions }).allowed;
  }

  /** Ends streams, the bot and the caches. @param keepVoice another pod takes over: voice connections shall last */
  async close(keepVoice: boolean): Promise<void> {
    this.#runtimes.close();
    this.#cards.close();
    this.parking.close('this gateway no longer serves the tenant; dial again');
    this.#voice.close();
    this.#ledger.close();
    this.#entities.close();
    this.#optOuts.close();
    await Promise.all([this.#bot.close(keepVoice), this.#token.close(), this.#database.close()]);
    this.#closed.abort();
    await this.#informers.stopped();
  }

  #follow(): void {
    const onOver = (session: Live<VoiceSession>): void => {
      const ended = this.#runtimes.end(session);
      if (ended !== undefined && !ended.isRecap) this.#orphans.leaveUnused(ended.guildId);
    };
    const onSession = (session: Live<VoiceSession>): void => {
      this.#cards.onSession(session);
      if (!isLive(session)) {
        onOver(session);
        return;
      }
      const known = this.#runtimes.find(session);
      if (known !== undefined) known.onSession(session);
      // It was served before this gateway started: its worker is expected back.
      else if (session.status?.voice !== undefined) this.runtime(session);
      const { jobName } = session.status?.worker ?? {};
      if (jobName !== undefined) this.parking.claimed(jobName);
    };
    this.#sessions.addHandler({
      add: (session) => onSession(session),
      update: (_, session) => onSession(session),
      delete: (session) => {
        onOver(session);
        this.#cards.onGone(session);
      },
    });
    const onCampaign = (): void => {
      this.#cards.refresh();
      this.#runtimes.configure();
    };
    this.#campaigns.addHandler({ add: onCampaign, update: onCampaign });
    const onSecret = (): void => this.#readToken();
    this.#tokenSecret.addHandler({ add: onSecret, update: onSecret, delete: onSecret });
    const firstList = this.#tokenSecret.onProgress(() => {
      if (!this.#tokenSecret.hasSynced) return;
      firstList();
      this.#readToken();
    });
  }

  get #notReadyReason(): string | undefined {
    const ready = findCondition(this.#tenant.status?.conditions, 'Ready');
    return ready?.status === 'True' ? undefined : ready?.reason;
  }

  #readToken(): void {
    const secret = this.#tokenSecret.get({ namespace: this.namespace, name: BOT_TOKEN_SECRET });
    const readable = secret !== undefined || this.#tokenSecret.hasSynced;
    this.#token.update(storedTokenOf(this.#tenant.spec.discord, secret, readable));
  }

  async #write(guildId: string, channelId: string, text: string, mentions: readonly string[]): Promise<void> {
    const api = this.#bot.connection?.api;
    if (api === undefined) throw new Error('the bot is not connected to Discord');
    // A VoiceSession that somebody has applied may name any channel.
    if (this.#guilds.get(guildId)?.channels.has(channelId) !== true)
      throw new Error(`channel ${channelId} is not on the session's server`);
    const body = { content: text, allowed_mentions: { parse: [], users: [...mentions] } };
    await api.channels.createMessage(channelId, body, { signal: this.#closed.signal });
  }

  #onWebsocketInteraction(): void {
    if (this.#tenant.spec.discord.interactions !== 'http' || this.#toldTransport) return;
    this.#toldTransport = true;
    this.#log.warn(
      'The Tenant says interactions: http, and Discord brings them over the websocket: the application has no interactions endpoint URL. They are answered all the same',
    );
  }

  #host(): CommandHost {
    return commandHost({
      tenant: this.#tenant,
      reason: this.#notReadyReason,
      namespace: this.namespace,
      ready: this.#sessions.hasSynced && this.#campaigns.hasSynced,
      apiUrl: this.#options.apiUrl,
      guilds: this.#guilds,
      campaigns: this.#campaigns,
      store: this.#store,
      database: this.#database,
      entities: this.#entities,
      optOuts: this.#optOuts,
      runtimes: this.#runtimes,
      cards: this.#cards,
      feedback: this.#options.feedback,
    });
  }

  #liveGuilds(): ReadonlySet<string> {
    const live = this.#store.list().filter((session) => isLive(session) && session.spec.mode === 'Live');
    return new Set(live.map(({ spec }) => spec.guildId));
  }
}

function secretInformer(informers: Informers, namespace: string) {
  return informers.get(secrets, { namespace, fieldSelector: `metadata.name=${BOT_TOKEN_SECRET}` });
}
