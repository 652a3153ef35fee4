/**
 * Everything that this gateway does for one tenant, from the moment the tenant is assigned to its slot until it is
 * not: caches, the bot, commands, signalling and the streams of its workers.
 */
import { status } from '@grpc/grpc-js';
import {
  type APIInteraction,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayReadyDispatchData,
} from 'discord-api-types/v10';
import { findCondition } from '../../src/api/conditions.ts';
import { DEFAULT_MODELS } from '../../src/api/default-models.ts';
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
import type { CommandHost } from '../commands/command.ts';
import type { FeedbackMetrics } from '../commands/feedback/metrics.ts';
import { registerCommands } from '../commands/register.ts';
import { commandBodies } from '../commands/registry.ts';
import { StatusCards } from '../commands/session/cards.ts';
import { isLive } from '../commands/session/progress.ts';
import { fetchAttachment } from '../discord/attachments.ts';
import { statusOf } from '../discord/connection.ts';
import { GuildCache } from '../discord/guild-cache.ts';
import type { GuildSnapshot } from '../discord/guild-snapshot.ts';
import { CampaignEntities } from '../entities/campaign-entities.ts';
import { InteractionDesk } from '../interactions/desk.ts';
import { InteractionLedger } from '../interactions/ledger.ts';
import { campaigns, voiceSessions } from '../resources.ts';
import { effectiveProvider } from '../sessions/configuration.ts';
import { ParkingLot } from '../sessions/parking.ts';
import { SessionRuntime } from '../sessions/session-runtime.ts';
import { NO_WORKER } from '../sessions/speeches.ts';
import { GuildVoice } from '../voice/guild-voice.ts';
import { ORPHAN_SWEEP_MS, OrphanWatch } from '../voice/orphans.ts';
import { Bot, type BotCommons } from './bot.ts';
import { statusResponse } from './bot-state.ts';
import { storedTokenOf } from './bot-token.ts';
import { BotTokenSource } from './bot-token-source.ts';
import { OptOuts } from './opt-outs.ts';
import { TenantSessions } from './session-store.ts';
import { startRefusal } from './start-refusal.ts';
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

/** What may let the bot see a channel, or no more. */
const VISIBILITY_EVENTS: ReadonlySet<string> = new Set([
  GatewayDispatchEvents.ChannelUpdate,
  GatewayDispatchEvents.GuildRoleUpdate,
  GatewayDispatchEvents.GuildMemberUpdate,
]);

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
  readonly #runtimes = new Map<string, SessionRuntime>();
  readonly #orphans = new OrphanWatch();
  #toldTransport = false;
  #tenant: Live<Tenant>;
  /** Guilds that an earlier process has told of: their GUILD_CREATE will not come again. */
  #restored: readonly string[] = [];

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
      changed: () => {
        for (const runtime of this.#runtimes.values()) runtime.onConfiguration();
      },
      clock,
      log: this.#log,
    });
    this.#entities = new CampaignEntities({
      database: () => this.#database.current,
      settled: () => this.#database.settled,
      played: () => [...this.#runtimes.values()].map(({ session }) => session.spec.campaignRef.name),
      changed: () => {
        for (const runtime of this.#runtimes.values()) runtime.onConfiguration();
      },
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
      onRestored: (snapshot) => this.#onRestored(snapshot),
      onReady: (data, shardId) => this.#onReady(data, shardId),
      onResumed: () => this.#onResumed(),
      onDispatch: (payload) => this.#onDispatch(payload),
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
      forward: (guildId, message) => this.#runtimeIn(guildId)?.send(message),
    });
    this.#follow();
  }

  /** Starts the caches, and with the token the bot. */
  start(): void {
    this.#informers.start(this.#closed.signal);
    // A token in Vault needs no Secret, and none that may be read.
    this.#readToken();
    this.#informers.whenSynced(this.#closed.signal).then(
      () => this.#sweepForever(),
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
    return [...this.#runtimes.values()].filter(({ attachedPodUid }) => attachedPodUid !== undefined).length;
  }

  /** The Tenant changed in a way that keeps this scope. */
  update(tenant: Live<Tenant>): void {
    const before = this.#tenant.spec.discord.guilds;
    const after = tenant.spec.discord.guilds;
    this.#tenant = tenant;
    this.#readToken();
    this.#cards.refresh();
    for (const { id } of this.#guilds.values()) {
      if (before.includes(id) !== after.includes(id)) this.#register(id);
    }
    for (const runtime of this.#runtimes.values()) runtime.onConfiguration();
  }

  /** The session that the Job works for. A name that a session of old had is found last. */
  sessionOfJob(jobName: string): Live<VoiceSession> | undefined {
    const sessions = this.#sessions.byIndex(BY_JOB, jobName);
    return sessions.find((session) => isLive(session)) ?? sessions[0];
  }

  attachedPodUid(session: Live<VoiceSession>): string | undefined {
    return this.#runtimes.get(session.metadata.uid)?.attachedPodUid;
  }

  runtime(session: Live<VoiceSession>): SessionRuntime {
    const { uid } = session.metadata;
    let runtime = this.#runtimes.get(uid);
    if (runtime === undefined) {
      const { client, clock } = this.#options;
      const { guildId } = session.spec;
      runtime = new SessionRuntime(session, {
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
        write: (channelId, text, mentions) => this.#write(guildId, channelId, text, mentions),
      });
      this.#runtimes.set(uid, runtime);
    }
    return runtime;
  }

  /** Ends streams, the bot and the caches. @param keepVoice another pod takes over: voice connections shall last */
  async close(keepVoice: boolean): Promise<void> {
    for (const runtime of this.#runtimes.values()) {
      runtime.close(status.UNAVAILABLE, 'this gateway no longer serves the tenant; dial again');
    }
    this.#runtimes.clear();
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
    const onOver = ({ metadata: { uid } }: Live<VoiceSession>): void => {
      const runtime = this.#runtimes.get(uid);
      if (runtime === undefined) return;
      runtime.close(status.OK, '');
      this.#runtimes.delete(uid);
      if (!runtime.isRecap) this.#leaveUnused(runtime.guildId);
    };
    const onSession = (session: Live<VoiceSession>): void => {
      const { uid } = session.metadata;
      this.#cards.onSession(session);
      if (!isLive(session)) {
        onOver(session);
        return;
      }
      const known = this.#runtimes.get(uid);
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
      for (const runtime of this.#runtimes.values()) runtime.onConfiguration();
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

  #onRestored(snapshot: GuildSnapshot): void {
    const restored = snapshot.guilds.map(({ id }) => id);
    this.#guilds.restore(snapshot);
    this.#voice.restore(restored);
    this.#restored = [...this.#restored, ...restored];
  }

  #onResumed(): void {
    this.#voice.onResumed();
    // This build may have other commands than the one that had the session before.
    for (const guildId of this.#restored)
      if (this.#guilds.get(guildId) !== undefined) this.#register(guildId);
    this.#restored = [];
  }

  #onReady(data: GatewayReadyDispatchData, shardId: number): void {
    const ofShard = (guildId: string): boolean => this.#bot.connection?.shardOf(guildId) === shardId;
    const guildIds = data.guilds.map(({ id }) => id);
    this.#restored = this.#restored.filter((guildId) => !ofShard(guildId));
    this.#guilds.reset(data.user.id, guildIds, ofShard);
    this.#voice.reset(ofShard);
  }

  #onDispatch(payload: GatewayDispatchPayload): void {
    const { t: event } = payload;
    this.#guilds.apply(payload);
    if (event === GatewayDispatchEvents.VoiceStateUpdate) {
      const { guild_id: guildId, user_id: userId } = payload.d;
      if (guildId === undefined) return;
      if (userId === this.#bot.botUserId)
        this.#voice.of(guildId).onState(this.#guilds.botVoiceState(guildId));
      this.#runtimeIn(guildId)?.onChannelChange();
    } else if (event === GatewayDispatchEvents.VoiceServerUpdate) {
      this.#voice.of(payload.d.guild_id).onServer(payload.d.token, payload.d.endpoint);
    } else if (event === GatewayDispatchEvents.GuildCreate) {
      const guildId = payload.d.id;
      const signalling = this.#voice.of(guildId);
      signalling.reset(this.#guilds.botVoiceState(guildId));
      signalling.onGuildReady();
      this.#runtimeIn(guildId)?.onFreshDiscordSession();
      this.#register(guildId);
      this.#cards.refresh();
    } else if (event === GatewayDispatchEvents.InteractionCreate) {
      this.#onWebsocketInteraction();
      this.take(payload.d);
    } else if (VISIBILITY_EVENTS.has(event)) {
      this.#cards.refresh();
    }
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
    const ready = this.#sessions.hasSynced && this.#campaigns.hasSynced;
    return {
      tenant: { name: this.name, namespace: this.namespace, reason: this.#notReadyReason },
      guilds: this.#guilds,
      ready,
      database: () => this.#database.current,
      attachment: (url) => fetchAttachment(url, this.#options.apiUrl),
      setOptOut: (userId, out, database) => this.#optOuts.change(userId, out, database),
      forget: async (userId) => {
        await Promise.all([...this.#runtimes.values()].map((runtime) => runtime.forget(userId)));
      },
      readEntities: (campaign, database) => this.#entities.read(campaign, database),
      campaigns: () => this.#campaigns.list(),
      languageModel: ({ spec }) =>
        effectiveProvider(this.#tenant.spec.providers.llm, spec.providers?.llm, '').model ||
        DEFAULT_MODELS.llm,
      sessions: () => this.#store.list().filter(({ spec }) => spec.mode === 'Live'),
      recaps: () => this.#store.list().filter(({ spec }) => spec.mode === 'Recap'),
      createSession: (session) => this.#store.create(session),
      checkSession: (session) => this.#store.check(session),
      startRefusal: () => startRefusal(this.#tenant),
      stopSession: (session) => this.#store.stop(session),
      setMutes: (session, change) => this.#store.setMutes(session, change),
      speak: async (session, request) => {
        const runtime = this.#runtimes.get(session.metadata.uid);
        return (await runtime?.speak(request)) ?? NO_WORKER;
      },
      rated: (ratings) => this.#options.feedback?.(ratings),
      cards: this.#cards,
      followSession: (session, signal, onChange) => this.#store.follow(session, signal, onChange),
    };
  }

  #register(guildId: string): void {
    const api = this.#bot.connection?.api;
    if (api === undefined) return;
    // A guild that is not allowed sees no commands.
    const allowed = this.#tenant.spec.discord.guilds.includes(guildId);
    registerCommands({
      applicationCommands: api.applicationCommands,
      applicationId: this.applicationId,
      guildId,
      bodies: allowed ? commandBodies() : [],
      signal: this.#closed.signal,
    }).then(
      (written) => {
        if (written) this.#log.info({ guild: guildId }, 'Commands registered');
      },
      (error: unknown) => {
        if (this.#closed.signal.aborted) return;
        // 403: the bot was invited without the scope applications.commands. The next GUILD_CREATE tries again.
        this.#log.warn(
          { guild: guildId, status: statusOf(error), err: error },
          'Commands were not registered',
        );
      },
    );
  }

  /** The live session of a guild that this gateway has a runtime for; one that is attached comes first. */
  #runtimeIn(guildId: string): SessionRuntime | undefined {
    const here = [...this.#runtimes.values()].filter(
      (runtime) => runtime.guildId === guildId && !runtime.isRecap,
    );
    return here.find(({ attachedPodUid }) => attachedPodUid !== undefined) ?? here[0];
  }

  #sweepForever(): void {
    const { clock } = this.#options;
    let timer = clock.setTimeout(sweep.bind(this), ORPHAN_SWEEP_MS);
    this.#closed.signal.addEventListener('abort', () => timer.cancel(), { once: true });
    function sweep(this: TenantScope): void {
      this.#leaveOrphans();
      timer = clock.setTimeout(sweep.bind(this), ORPHAN_SWEEP_MS);
    }
  }

  #leaveOrphans(): void {
    const inVoice = [...this.#guilds.values()]
      .map(({ id }) => id)
      .filter((id) => this.#guilds.botVoiceState(id) !== undefined);
    for (const guildId of this.#orphans.sweep(inVoice, this.#liveGuilds())) this.#leave(guildId);
  }

  /**
   * After a session's end: its worker may have gone without leaving. The next session's worker is not there before
   * this cache has that session, so nobody else's connection is ended.
   */
  #leaveUnused(guildId: string): void {
    if (this.#guilds.botVoiceState(guildId) === undefined || this.#liveGuilds().has(guildId)) return;
    this.#leave(guildId);
  }

  #leave(guildId: string): void {
    this.#log.info({ guild: guildId }, 'Leaving a voice channel that no session uses');
    this.#voice.of(guildId).leave();
  }

  #liveGuilds(): ReadonlySet<string> {
    const live = this.#store.list().filter((session) => isLive(session) && session.spec.mode === 'Live');
    return new Set(live.map(({ spec }) => spec.guildId));
  }
}

function secretInformer(informers: Informers, namespace: string) {
  return informers.get(secrets, { namespace, fieldSelector: `metadata.name=${BOT_TOKEN_SECRET}` });
}
