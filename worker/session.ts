/**
 * One voice session from Configure to its end: holds the parts together and decides the state that is
 * reported. It does no audio, no network and no words itself.
 */
import { DEFAULT_KIND } from '../src/api/provider-roles.ts';
import type { GatewayMessage } from '../src/rpc/attach-client.ts';
import type { SessionConfiguration, Speak } from '../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../src/telemetry/log.ts';
import { Ambience } from './ambience.ts';
import { SpeechEncoder } from './audio/speech-encoder.ts';
import { monotonicMs } from './clock.ts';
import { Consent } from './consent.ts';
import { Degradations } from './degradations.ts';
import { Faults } from './faults.ts';
import { mcpEndpoints } from './mcp/endpoint.ts';
import { McpServers } from './mcp/servers.ts';
import { Members } from './members.ts';
import { Cast } from './npc/cast.ts';
import { Conversation, type ConversationProviders } from './npc/conversation.ts';
import { RoomMemory, rememberedLines } from './npc/memory.ts';
import { Mind } from './npc/mind.ts';
import { conversationProviders } from './npc/providers.ts';
import type { Settings } from './npc/setting.ts';
import { spokenOf } from './npc/turn-end.ts';
import { pauseOf } from './pause.ts';
import { ProviderService } from './provider/service.ts';
import { warmUp } from './provider/warm-up.ts';
import { Reporter } from './reporter.ts';
import { ResponseTimes } from './response-times.ts';
import { terminationMessage } from './result.ts';
import type { ServedSession } from './served-session.ts';
import type { WorkerSettings } from './settings.ts';
import { SpendWatch } from './spend.ts';
import { Journal } from './transcript/journal.ts';
import { openSessionStore } from './transcript/open-store.ts';
import type { GatewayLink } from './transport/gateway-link.ts';
import { Pacer } from './transport/pacer.ts';
import type { ReceivedPacket } from './transport/receive.ts';
import { VoiceChannel } from './transport/voice-channel.ts';
import type { Ears } from './turn/ears.ts';
import type { HeardUtterance, SpeechEvent } from './turn/ears-protocol.ts';
import { turnTakingOf } from './turn/turn-taking.ts';

export interface SessionParts {
  readonly settings: WorkerSettings;
  readonly link: GatewayLink;
  readonly ears: Ears;
  readonly log: Logger;
  /** It cannot go on: end it with this reason when the gateway does not say so itself. */
  readonly onEnding: (reason: string, message: string) => void;
}

const REPORT_INTERVAL_MS = 10_000;
/** Lines of the transcript that a worker which takes over remembers. */
const REMEMBERED = 40;
const FINISH_SENTENCE_MS = 5000;
const FLUSH_MS = 5000;
/** How long joining the channel goes before everything else; a quick join takes a tenth of it. */
const JOIN_FIRST_MS = 1000;

export class Session implements ServedSession {
  private readonly parts: SessionParts;
  private readonly log: Logger;
  private readonly degradations = new Degradations(() => this.reporter.stateChanged());
  private readonly faults = new Faults(this.degradations);
  private readonly members = new Members();
  private readonly responses = new ResponseTimes();
  private readonly memory = new RoomMemory();
  private readonly mind: Mind;
  private readonly toolServers: McpServers;
  private readonly consent: Consent;
  private readonly spend: SpendWatch;
  private readonly voice: VoiceChannel;
  private readonly pacer: Pacer;
  private readonly ambience: Ambience;
  private readonly journal: Journal;
  private readonly service: ProviderService;
  private readonly conversation: Promise<Conversation>;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly joined = Promise.withResolvers<void>();
  /** What is said now is heard in the channel. */
  private readonly inChannel = Promise.withResolvers<void>();
  private configuration: SessionConfiguration;
  private cast: Cast;
  private models: () => readonly string[] = () => [];
  private earsReady = false;
  private withheldSentences = 0;
  private wasListening = false;
  private stopped = false;
  private lastActivity = monotonicMs();
  private asked: string | undefined;
  private readonly reporter: Reporter;

  constructor(parts: SessionParts, configuration: SessionConfiguration) {
    this.parts = parts;
    this.configuration = configuration;
    this.cast = new Cast(configuration);
    this.log = parts.log.child({ session: `${configuration.namespace}/${configuration.name}` });
    this.consent = new Consent(
      {
        say: (words) => this.announce(words),
        send: (state) => parts.link.send({ $case: 'noticeState', value: state }),
        setTimeout,
      },
      configuration.consentNotice,
    );
    this.toolServers = new McpServers({
      log: this.log,
      health: (failure) => this.degradations.set('ToolsUnavailable', failure),
      version: parts.settings.buildSha,
    });
    this.voice = new VoiceChannel({
      guildId: configuration.guildId,
      channelId: configuration.voiceChannelId,
      botUserId: configuration.botUserId,
      request: (request) => parts.link.requestVoice(request),
      log: this.log,
      events: {
        packet: (packet) => this.hear(packet),
        left: (userId) => this.drop(userId),
        listening: (listening) => this.onListening(listening),
        refused: (reason, message) => this.end(reason, message),
      },
    });
    // First of all: the rest is loaded while Discord answers.
    this.voice.join();
    const encoder = new SpeechEncoder();
    this.pacer = new Pacer(this.voice, (frame) => encoder.encode(frame));
    this.ambience = new Ambience({
      lay: (bed) => this.pacer.lay(bed),
      health: (failure) => this.degradations.set('AmbienceUnavailable', failure),
    });
    this.journal = new Journal({
      openStore: openSessionStore(parts.settings.databaseUrlFile),
      session: {
        uid: configuration.sessionUid,
        namespace: configuration.namespace,
        name: configuration.name,
        campaign: configuration.campaign?.name ?? '',
        guildId: configuration.guildId,
        voiceChannelId: configuration.voiceChannelId,
        startedAt: new Date(),
        npcs: configuration.campaign?.npcs.map(({ name }) => name),
      },
      recordTranscripts: configuration.recordTranscripts,
      log: this.log,
      health: (failure) => this.degradations.set('TranscriptUnavailable', failure),
    });
    this.mind = new Mind({
      journal: this.journal,
      foreignTools: (npc) => this.toolServers.toolsFor(npc),
      log: this.log,
    });
    this.service = new ProviderService({
      count: (usage, provider) => this.journal.count(usage, provider),
      onFallback: (message) => this.degradations.set('FallbackServes', message),
      now: monotonicMs,
    });
    this.spend = new SpendWatch(
      {
        spentUSD: () => this.journal.counters.spendUSD,
        onNoMoreTurns: (why) => {
          this.log.warn(why);
          void this.announce(this.configuration.spendNotice);
        },
        onHardLimit: (why) => this.end('SpendCap', why),
      },
      configuration,
    );
    this.reporter = new Reporter({
      facts: () => ({
        stopped: this.stopped,
        begun: this.wasListening && this.earsReady,
        fault: this.degradations.worst,
        pause: pauseOf(this.spend.noMoreTurns, this.cast.allMuted),
      }),
      figures: () => ({
        voice: this.voice,
        responses: this.responses,
        counters: this.journal.counters,
        buildSha: parts.settings.buildSha,
        models: this.models(),
        configRevision: this.configuration.revision,
      }),
      send: (report) => parts.link.send({ $case: 'report', value: report }),
      log: this.log,
    });
    this.faults.optOuts(configuration.hearNobody);
    this.conversation = this.prepare();
    this.conversation.catch((error: unknown) => {
      this.log.error({ err: error }, 'The conversation cannot be prepared');
      this.end('WorkerFailed', error instanceof Error ? error.message : String(error));
    });
    parts.ears.ready.then(() => {
      this.earsReady = true;
      this.reporter.stateChanged();
    });
    this.timers.push(setInterval(() => this.report(), REPORT_INTERVAL_MS));
    this.timers.push(setInterval(() => this.watch(), 1000));
  }

  /** What is said now is heard: the channel is joined and the models are loaded. */
  get listening(): boolean {
    return this.voice.listening && this.earsReady;
  }

  get voiceListening(): boolean {
    return this.voice.listening;
  }

  metrics() {
    const { ears } = this.parts;
    return {
      ...this.journal.counters,
      responseP50Ms: this.responses.quantile(0.5),
      responseP95Ms: this.responses.quantile(0.95),
      withheldSentences: this.withheldSentences,
      packetsSent: this.pacer.packets,
      latePackets: this.pacer.latePackets,
      droppedPackets: ears.droppedPackets,
      badPackets: ears.badPackets + this.voice.badPackets,
      concealedPackets: ears.concealedPackets,
      tooLatePackets: ears.latePackets,
      lateRecollections: this.mind.lateRecollections,
    };
  }

  onGateway(attached: boolean, why: string | undefined): void {
    this.faults.gateway(attached, why);
    if (!attached) return;
    this.consent.attached();
    this.report();
  }

  onMessage(message: GatewayMessage): void {
    switch (message.$case) {
      case 'configure':
        if (message.value.session !== undefined) void this.reconfigure(message.value.session);
        break;
      case 'voiceStateUpdate':
        this.voice.onStateUpdate(message.value);
        if (message.value.userId === this.configuration.botUserId) this.faults.botState(message.value);
        break;
      case 'voiceServerUpdate':
        this.voice.onServerUpdate(message.value);
        break;
      case 'voiceRefused':
        this.voice.onRefused(message.value.message, message.value.terminal, message.value.retryAfterMs);
        break;
      case 'rejoinVoice':
        this.voice.rejoin();
        break;
      case 'channelMembers':
        this.members.set(message.value.members);
        this.consent.members(this.members.people);
        break;
      case 'noticed':
        this.consent.noticed(message.value);
        break;
      case 'forget':
        void this.forget(message.value.userId);
        break;
      case 'speak':
        void this.speak(message.value);
        break;
    }
  }

  onEars(failure: string | undefined): void {
    this.degradations.set('ListeningFailed', failure);
  }

  onVoicing(userId: string, continuousMs: number): void {
    this.lastActivity = monotonicMs();
    if (this.members.isBot(userId)) return;
    this.ambience.duck();
    void this.conversation.then((conversation) => conversation.voicing(userId, continuousMs));
  }

  onSpeech(event: SpeechEvent): void {
    if (this.members.isBot(event.userId)) return;
    void this.conversation.then((conversation) => conversation.speech(event));
  }

  onUtterance(utterance: HeardUtterance): void {
    this.lastActivity = monotonicMs();
    void this.conversation.then((conversation) => conversation.utterance(utterance));
  }

  /**
   * Ends it: finishes the sentence (unless `abrupt`), leaves the channel, writes what waits.
   * @returns the termination message.
   */
  async stop(endReason: string, message: string | undefined, abrupt: boolean): Promise<string> {
    this.stopped = true;
    this.joined.resolve();
    this.inChannel.resolve();
    this.consent.close();
    for (const timer of this.timers) clearInterval(timer);
    this.faults.close();
    const conversation = await this.conversation.catch(() => undefined);
    await conversation?.close(abrupt ? 0 : FINISH_SENTENCE_MS);
    this.ambience.close();
    this.pacer.close();
    this.toolServers.close();
    await this.journal.close(abrupt ? undefined : endReason, FLUSH_MS);
    this.report();
    this.voice.leave();
    return terminationMessage(endReason, message, this.journal.counters, this.journal.transcriptRef);
  }

  private hear(packet: ReceivedPacket): void {
    const { userId } = packet;
    if (this.stopped || this.members.isBot(userId) || this.cast.optedOut(userId)) return;
    if (this.configuration.hearNobody || !this.consent.hears(userId)) return;
    this.parts.ears.hear(packet, this.pacer.audible);
  }

  private async prepare(): Promise<Conversation> {
    // Loading libraries blocks the thread that shakes hands with Discord. Nobody is heard before it is done.
    await this.joining(JOIN_FIRST_MS);
    const [providers, earlier] = await Promise.all([this.providers(), this.journal.begin(REMEMBERED)]);
    this.memory.rebuild(rememberedLines(earlier));
    const { log } = this;
    const conversation = new Conversation(
      {
        pacer: this.pacer,
        journal: this.journal,
        memory: this.memory,
        mind: this.mind,
        responses: this.responses,
        log,
        buildSha: this.parts.settings.buildSha,
        displayName: (userId) => this.members.displayName(userId),
        withheld: () => this.withheldSentences++,
        takesTurns: () => this.spend.noMoreTurns === undefined,
        isGameMaster: (userId) => this.members.isGameMaster(userId),
        command: (command) => this.parts.link.send({ $case: 'npcCommand', value: command }),
        listen: (lane) => this.parts.ears.configure(lane),
        network: () => this.voice.health(),
        endpoint: (userId, pause, delayMs) => this.parts.ears.endpoint(userId, pause, delayMs),
        health: (provider, failure) => this.faults.provider(provider, failure),
      },
      this.settings(providers),
    );
    this.spend.begin();
    this.ambience.configure(this.configuration.campaign?.ambience);
    this.report();
    return conversation;
  }

  private settings(providers: ConversationProviders): Settings {
    const { cast, configuration } = this;
    const turnTaking = turnTakingOf(configuration, this.parts.settings.lane.endpointMs);
    return { cast, providers, turnTaking, revision: configuration.revision };
  }

  /** Until the bot listens, at most this long. */
  private async joining(mostMs: number): Promise<void> {
    const timer = setTimeout(() => this.joined.resolve(), mostMs);
    await this.joined.promise;
    clearTimeout(timer);
  }

  private async providers(): Promise<ConversationProviders> {
    const { settings } = this.parts;
    if (!this.stopped) this.toolServers.configure(mcpEndpoints(this.configuration, settings.mcpKeys));
    const providers = await conversationProviders(this.configuration, settings, this.service);
    this.models = () => providers.models;
    return providers;
  }

  private async reconfigure(configuration: SessionConfiguration): Promise<void> {
    // Before anything is waited for: who does not want to be heard is not.
    this.configuration = configuration;
    this.cast = new Cast(configuration);
    this.spend.configure(configuration);
    this.consent.configure(configuration.consentNotice);
    this.journal.recordTranscripts = configuration.recordTranscripts;
    this.ambience.configure(configuration.campaign?.ambience);
    this.faults.optOuts(configuration.hearNobody);
    for (const player of configuration.campaign?.players ?? []) {
      if (player.optOut) this.drop(player.discordUserId);
    }
    const conversation = await this.conversation;
    // A mute does not wait for keys to be read.
    conversation.recast(this.cast);
    this.reporter.stateChanged();
    const providers = await this.providers();
    // A newer one came meanwhile, and may have been quicker.
    if (this.configuration !== configuration) return;
    conversation.configure(this.settings(providers));
    this.report();
  }

  /** Nothing more comes of what the person is saying. */
  private drop(userId: string): void {
    this.parts.ears.forget(userId);
    void this.conversation.then((conversation) => conversation.drop(userId));
  }

  /** What the installation itself has to say. @returns whether it was heard to its end */
  private async announce(words: string): Promise<boolean> {
    await this.inChannel.promise;
    if (words === '' || this.stopped) return false;
    return await (await this.conversation).announce(words);
  }

  private async forget(userId: string): Promise<void> {
    this.parts.ears.forget(userId);
    const conversation = await this.conversation.catch(() => undefined);
    conversation?.forget(userId);
    await this.journal.forget(userId);
    this.parts.link.send({ $case: 'forgotten', value: { userId } });
  }

  private async speak(request: Speak): Promise<void> {
    const { correlationId } = request;
    await this.consent.mayTalk;
    const spoken = await this.conversation.then(
      (conversation) => conversation.speak(request),
      () => spokenOf({ kind: 'dropped', reason: 'Ending' }),
    );
    this.lastActivity = monotonicMs();
    this.parts.link.send({ $case: 'speakResult', value: { correlationId, ...spoken } });
  }

  private onListening(listening: boolean): void {
    if (listening) {
      this.joined.resolve();
      this.inChannel.resolve();
      // Only now, so that it delays no handshake; and before anybody has finished a sentence.
      if (!this.wasListening)
        void warmUp(this.cast.addressable(), this.configuration.llm?.kind || DEFAULT_KIND);
      this.wasListening = true;
      this.faults.voiceBack();
      this.reporter.stateChanged();
    } else if (this.wasListening && !this.stopped) {
      this.faults.voiceLost();
    }
  }

  /** Asks the gateway to end the session; the caller sees to it that it ends anyway. */
  private end(reason: string, message: string): void {
    if (this.asked !== undefined || this.stopped) return;
    this.asked = reason;
    this.log.warn({ reason }, message);
    this.parts.link.send({ $case: 'stopRequest', value: { reason, message } });
    this.parts.onEnding(reason, message);
  }

  private watch(): void {
    const { ears } = this.parts;
    const { idleTimeoutSeconds } = this.configuration;
    this.faults.droppedPackets(ears.droppedPackets);
    if (idleTimeoutSeconds > 0 && monotonicMs() - this.lastActivity > idleTimeoutSeconds * 1000) {
      this.end('Idle', `Nobody spoke for ${idleTimeoutSeconds} s.`);
    }
    this.spend.look();
    this.reporter.stateChanged();
    // A limit of the month waits for it.
    if (this.journal.counters.spendUSD !== this.reportedSpend) this.report();
  }

  private reportedSpend = 0;

  private report(): void {
    this.reportedSpend = this.journal.counters.spendUSD;
    this.reporter.report();
  }
}

export function createSession(parts: SessionParts, configuration: SessionConfiguration): Session {
  return new Session(parts, configuration);
}
