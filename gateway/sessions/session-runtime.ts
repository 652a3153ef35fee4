/**
 * One live session as this gateway serves it: its worker's stream, when one is attached, and what follows from what
 * the worker, Discord and Kubernetes say. It holds nothing that a restart may not lose.
 */
import { status } from '@grpc/grpc-js';
import type { Campaign, Tenant, VoiceSession } from '../../src/api/index.ts';
import type { Client, Live } from '../../src/kube/index.ts';
import type { GatewayMessage, WorkerMessage } from '../../src/rpc/attach-client.ts';
import type { Hello, NpcCommand, WorkerReport } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { CachedMember } from '../discord/guild-cache.ts';
import type { KnownEntities } from '../entities/campaign-entities.ts';
import type { MuteChange } from '../tenants/session-store.ts';
import type { Signalling } from '../voice/signalling.ts';
import { buildConfiguration, fingerprintOf, isApproved } from './configuration.ts';
import { EmptyChannel, type EmptyChannelClock } from './empty-channel.ts';
import { Forgetting } from './forgetting.ts';
import { NoticeBoard } from './notices/notice-board.ts';
import { writtenConsent, writtenSpendNotice } from './notices/texts.ts';
import { type SpeakOutcome, type SpeakRequest, Speeches } from './speeches.ts';
import { StatusWriter } from './status-writer.ts';
import { EMPTY_CHANNEL_MS, type StopOrder, stopOrder } from './stop-rule.ts';
import { DETACH_GRACE_MS, detachedVoice, voiceFromReport, withoutEntities } from './voice-status.ts';
import type { WorkerStream } from './worker-call.ts';

/** The worker takes no new turn. */
const SPEND_REASON = 'SpendSoftLimitReached';

export interface SessionRuntimeOptions {
  readonly client: Pick<Client, 'applyStatus'>;
  readonly clock: EmptyChannelClock & { now(): number };
  readonly log: Logger;
  readonly signalling: Signalling;
  readonly botUserId: () => string;
  readonly tenant: () => Live<Tenant> | undefined;
  readonly campaign: (name: string) => Live<Campaign> | undefined;
  /** What people keep of a campaign; undefined: being read, and {@link SessionRuntime.onConfiguration} follows. */
  readonly entities: (campaign: string) => KnownEntities | undefined;
  /** User ids of those who are not to be heard; undefined: being read, as with entities. */
  readonly optOuts: () => ReadonlySet<string> | undefined;
  /** Members of a channel of the session's guild. */
  readonly members: (channelId: string) => readonly CachedMember[];
  /** Whether somebody in voice may command the session's NPCs aloud. */
  readonly gameMaster: (userId: string) => boolean;
  /** See {@link TenantSessions.setMutes}. */
  readonly setMutes: (session: Live<VoiceSession>, change: MuteChange) => Promise<unknown>;
  /** Writes to a channel of the session's guild. @throws when it was not written */
  readonly write: (channelId: string, text: string, mentions: readonly string[]) => Promise<void>;
}

export class SessionRuntime {
  readonly uid: string;
  readonly #options: SessionRuntimeOptions;
  readonly #log: Logger;
  readonly #closed = new AbortController();
  readonly #status: StatusWriter;
  readonly #empty: EmptyChannel;
  readonly #speeches: Speeches;
  readonly #notices: NoticeBoard;
  readonly #forgetting = new Forgetting();
  #session: Live<VoiceSession>;
  #stream: WorkerStream | undefined;
  /** Streams that handed over and are being read to their end: what comes on them was said before. */
  readonly #leaving = new Set<WorkerStream>();
  #podUid: string | undefined;
  #detachTimer: { cancel(): void } | undefined;
  /** Fingerprint of what the attached worker was last sent. */
  #configured: string | undefined;
  /** The newest Campaign that was approved, see {@link isApproved}. It outlives a change for the worse, and the object. */
  #approved: Live<Campaign> | undefined;
  #members = '';
  /** The attached worker's last. */
  #report: WorkerReport | undefined;
  #toldWithoutEntities = false;
  #requested: StopOrder | undefined;
  #stopSent = false;
  /** Whether the worker must join again, its first report says. */
  #doubtsVoice = false;

  constructor(session: Live<VoiceSession>, options: SessionRuntimeOptions) {
    const { client, clock } = options;
    this.uid = session.metadata.uid;
    this.#session = session;
    this.#options = options;
    this.#log = options.log.child({ session: session.metadata.name });
    this.#status = new StatusWriter({
      ...{ client, session, clock, log: this.#log, signal: this.#closed.signal },
      spendMatters: () => options.tenant()?.spec.limits.spendPerMonth !== undefined,
    });
    this.#empty = new EmptyChannel(clock, EMPTY_CHANNEL_MS, () => this.#stopIfDue());
    this.#speeches = new Speeches(clock);
    this.#notices = new NoticeBoard({
      log: this.#log,
      write: (text, mentions) => this.#write(text, mentions),
      present: () => this.#people().map(({ userId }) => userId),
      consent: (mentioned) => {
        const parts = this.#parts();
        return parts && writtenConsent(parts, mentioned);
      },
      send: (message) => this.send(message),
    });
    // A worker that was attached to an earlier gateway must come back, or the status would lie.
    const { voice } = session.status ?? {};
    if (voice !== undefined && voice.state !== 'Detached' && voice.state !== 'Stopped') this.#expectStream();
  }

  get session(): Live<VoiceSession> {
    return this.#session;
  }

  get guildId(): string {
    return this.#session.spec.guildId;
  }

  /** It is in no channel: what happens in the server's channels is not its own. */
  get isRecap(): boolean {
    return this.#session.spec.mode === 'Recap';
  }

  get attachedPodUid(): string | undefined {
    return this.#stream === undefined ? undefined : this.#podUid;
  }

  /**
   * The worker's stream, admitted. One that was there before hands over when the worker says so; otherwise it is ended:
   * the pod dialled anew, or was replaced.
   */
  attach(stream: WorkerStream, hello: Hello): 'attached' | 'resumed' {
    const before = this.#stream;
    if (before !== undefined && hello.takesOver === true && this.#podUid === hello.podUid) {
      this.#leaving.add(before);
      this.#stream = stream;
      stream.send({ $case: 'resumed', value: {} });
      before.handOverTo(stream);
      return 'resumed';
    }
    before?.end(status.UNAVAILABLE, 'replaced by a newer stream');
    this.#begin(stream, hello);
    return 'attached';
  }

  #begin(stream: WorkerStream, hello: Hello): void {
    this.#detachTimer?.cancel();
    this.#detachTimer = undefined;
    this.#stream = stream;
    this.#podUid = hello.podUid;
    this.#configured = undefined;
    this.#report = undefined;
    this.#members = '';
    this.#stopSent = false;
    this.#doubtsVoice = false;
    this.#log.info({ pod: hello.podName, build: hello.buildSha }, 'Worker attached');
    this.#configure();
    this.#notices.greet();
    this.#forgetting.repeat((message) => this.send(message));
    this.#stopIfDue();
    // One that is to go need not join first.
    if (this.#stopSent || this.isRecap) return;
    const { signalling } = this.#options;
    if (signalling.canReplay(this.uid)) signalling.replay(this.uid);
    else if (signalling.restored) this.#doubtsVoice = true;
    else if (this.#wasInVoice()) this.send({ $case: 'rejoinVoice', value: {} });
    this.onChannelChange();
    this.#stopIfDue();
  }

  /** The stream ended. */
  detach(stream: WorkerStream): void {
    if (this.#leaving.delete(stream) || this.#stream !== stream) return;
    this.#stream = undefined;
    this.#empty.close();
    this.#speeches.lose('the connection to the worker was lost');
    this.#log.info('Worker detached');
    if (this.#status.current?.state !== 'Stopped') this.#expectStream();
  }

  /** What the worker says after Hello. */
  receive(stream: WorkerStream, message: WorkerMessage): void {
    if (this.#stream !== stream && !this.#leaving.has(stream)) return;
    const { signalling } = this.#options;
    switch (message.$case) {
      case 'voiceStateRequest':
        if (this.isRecap) this.#log.warn('A worker that writes a recap asks for a voice channel');
        else signalling.request(message.value, this.uid, this.#allowedChannels());
        return;
      case 'report': {
        const before = this.#status.current?.reason;
        this.#report = message.value;
        this.#writeReport();
        this.#tellOfSpend(before, message.value.reason);
        if (message.value.voiceConnected) signalling.voiceConnected();
        this.#settleVoice(message.value.voiceConnected);
        return;
      }
      case 'stopRequest':
        this.#requested = message.value;
        this.#log.info({ reason: message.value.reason }, 'Worker asks to be stopped');
        this.#stopIfDue();
        return;
      case 'noticeState':
        this.#notices.onState(message.value);
        return;
      case 'forgotten':
        this.#forgetting.onForgotten(message.value.userId);
        return;
      case 'npcCommand':
        void this.#command(message.value);
        return;
      case 'speakResult':
        this.#speeches.onResult(message.value);
        return;
    }
  }

  /** What a game master has said aloud. A worker's word that somebody is one is not enough. */
  async #command({ userId, mute, unmute }: NpcCommand): Promise<void> {
    const { gameMaster, setMutes } = this.#options;
    const present = this.#people().some((person) => person.userId === userId);
    if (this.isRecap || !present || !gameMaster(userId)) {
      this.#log.warn({ userId }, 'A command that was spoken by nobody who may');
      return;
    }
    const npcs = new Set(this.#campaign()?.spec.npcs.map(({ name }) => name));
    const change = { mute: mute.filter((name) => npcs.has(name)), unmute };
    try {
      await setMutes(this.#session, change);
      this.#log.info({ userId, ...change }, 'Mutes changed aloud');
    } catch (error) {
      // The worker has done it already; it does not outlive that process.
      this.#log.error({ err: error, userId, ...change }, 'Mutes that were spoken could not be written');
    }
  }

  /** After a restart of the gateway: who is connected stays so, undisturbed. */
  #settleVoice(connected: boolean): void {
    if (!this.#doubtsVoice) return;
    this.#doubtsVoice = false;
    const { signalling } = this.#options;
    // It has asked itself meanwhile, or Discord's session is a fresh one after all.
    if (!signalling.restored) return;
    if (connected || signalling.hasServer) signalling.adopt(this.uid);
    else this.send({ $case: 'rejoinVoice', value: {} });
  }

  send(message: GatewayMessage): void {
    this.#stream?.send(message);
  }

  /** Has an NPC say something. Never rejects. */
  async speak(request: SpeakRequest): Promise<SpeakOutcome> {
    const stream = this.#configured === undefined ? undefined : this.#stream;
    return await this.#speeches.speak(request, stream && ((message) => stream.send(message)));
  }

  /** Has the worker forget what the person said. Resolves when it has, or the session is over. */
  async forget(userId: string): Promise<void> {
    if (this.isRecap) return;
    await this.#forgetting.ask(userId, (message) => this.send(message));
  }

  /** The VoiceSession changed. */
  onSession(session: Live<VoiceSession>): void {
    this.#session = session;
    this.#reconfigure();
    this.#stopIfDue();
  }

  /** The Campaign, the Tenant or what people keep of the campaign changed. */
  onConfiguration(): void {
    this.#reconfigure();
    // The Tenant says who is a game master.
    this.onChannelChange();
    if (this.#entitiesMissing !== this.#toldWithoutEntities) this.#writeReport();
  }

  /** Somebody joined, left or moved, or the bot did. */
  onChannelChange(): void {
    if (this.#stream === undefined || this.isRecap) return;
    const members = this.#membersNow();
    this.#empty.update(members);
    this.#stopIfDue();
    // A worker heeds nothing before its first Configure, which is followed by this.
    if (this.#configured === undefined) return;
    const list = (members ?? []).map(({ userId, displayName, bot }) => {
      return { userId, displayName, bot, gameMaster: !bot && this.#options.gameMaster(userId) };
    });
    const key = JSON.stringify(list);
    if (key === this.#members) return;
    this.#members = key;
    this.send({ $case: 'channelMembers', value: { members: list } });
  }

  /** Discord has given the bot a fresh session: the worker must join again. */
  onFreshDiscordSession(): void {
    if (!this.isRecap && this.#wasInVoice()) this.send({ $case: 'rejoinVoice', value: {} });
    this.onChannelChange();
  }

  /** @param message why, for the worker's log */
  close(code: status, message: string): void {
    this.#closed.abort();
    this.#forgetting.close();
    this.#detachTimer?.cancel();
    this.#empty.close();
    // Forgotten first: an end that was asked for is none to wait for the stream's return after.
    const streams = [this.#stream, ...this.#leaving];
    this.#stream = undefined;
    this.#leaving.clear();
    this.#speeches.lose('the session is over');
    for (const stream of streams) stream?.end(code, message);
  }

  /** Members of the channel that the bot is in; undefined: it is in none. */
  #membersNow(): readonly CachedMember[] | undefined {
    const { channelId } = this.#options.signalling;
    return channelId === undefined ? undefined : this.#options.members(channelId);
  }

  #people(): readonly CachedMember[] {
    return (this.#membersNow() ?? []).filter(({ bot }) => !bot);
  }

  #parts(): { readonly tenant: Live<Tenant>; readonly campaign: Live<Campaign> } | undefined {
    const tenant = this.#options.tenant();
    const campaign = this.#campaign();
    return tenant === undefined || campaign === undefined ? undefined : { tenant, campaign };
  }

  /** To the session's text channel; where that cannot be, to the chat of the voice channel. */
  async #write(text: string, mentions: readonly string[]): Promise<void> {
    const { textChannelId, voiceChannelId } = this.#session.spec;
    const voice = this.#options.signalling.channelId ?? voiceChannelId;
    const channels = [...new Set([textChannelId, voice].filter((id) => id !== undefined))];
    let failure: unknown = new Error('the session has no channel');
    for (const channelId of channels) {
      try {
        await this.#options.write(channelId, text, mentions);
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Once: the status remembers, across restarts of this gateway, that the worker had said so before. */
  #tellOfSpend(before: string | undefined, after: string): void {
    if (after !== SPEND_REASON || before === SPEND_REASON) return;
    const parts = this.#parts();
    if (parts === undefined) return;
    const { spec, metadata } = parts.campaign;
    void this.#notices.writeSpend(writtenSpendNotice(parts, spec.title ?? metadata.name));
  }

  /** Whether the worker has joined before, as far as the status or Discord remember. A new worker joins by itself. */
  #wasInVoice(): boolean {
    const { current } = this.#status;
    return (
      current?.connected === true ||
      (current !== undefined && this.#options.signalling.channelId !== undefined)
    );
  }

  /** Somebody moved the bot, and the campaign says that this ends the session. */
  #movedAway(): boolean {
    const { signalling } = this.#options;
    const { voiceChannelId } = this.#session.spec;
    const here = signalling.channelId;
    if (here === undefined || here === voiceChannelId || !signalling.isFor(this.uid)) return false;
    return this.#campaign()?.spec.onVoiceChannelMoved === 'End';
  }

  /** The session's channel, and the one that the bot is in now, in case somebody moved it. */
  #allowedChannels(): string[] {
    const { voiceChannelId } = this.#session.spec;
    return [voiceChannelId, this.#options.signalling.channelId].filter((id) => id !== undefined);
  }

  /** The Campaign that counts: the current one once it is approved, until then the approved one before it. */
  #campaign(): Live<Campaign> | undefined {
    const current = this.#options.campaign(this.#session.spec.campaignRef.name);
    if (current !== undefined && isApproved(current)) this.#approved = current;
    return this.#approved;
  }

  #reconfigure(): void {
    const waited = this.#configured === undefined;
    this.#configure();
    if (waited) this.onChannelChange();
  }

  /**
   * Without an approved Campaign nothing is sent: a worker that has a configuration keeps it, and a new one waits on
   * its open stream, where, unlike one that is sent away to dial again, it can still be told to stop.
   */
  #configure(): void {
    const { tenant, botUserId } = this.#options;
    const currentTenant = tenant();
    const currentCampaign = this.#campaign();
    if (this.#stream === undefined || currentTenant === undefined || currentCampaign === undefined) return;
    const known = this.#options.entities(currentCampaign.metadata.name);
    if (known === undefined) return;
    const configuration = buildConfiguration({
      session: this.#session,
      campaign: currentCampaign,
      tenant: currentTenant,
      botUserId: botUserId(),
      optOuts: this.#options.optOuts(),
      entities: known.entities,
    });
    const fingerprint = fingerprintOf(configuration);
    if (fingerprint === this.#configured) return;
    this.#configured = fingerprint;
    this.send({ $case: 'configure', value: { session: configuration } });
  }

  get #entitiesMissing(): boolean {
    return this.#options.entities(this.#session.spec.campaignRef.name)?.missing === true;
  }

  /** What the attached worker last said, and what it cannot know. */
  #writeReport(): void {
    if (this.#report === undefined || this.#stream === undefined) return;
    const now = new Date(this.#options.clock.now());
    const voice = voiceFromReport(this.#report, this.#podUid ?? '', this.#status.current, now);
    this.#toldWithoutEntities = this.#entitiesMissing;
    this.#status.set(this.#toldWithoutEntities ? withoutEntities(voice) : voice);
  }

  #stopIfDue(): void {
    if (this.#stream === undefined || this.#stopSent) return;
    const order = stopOrder({
      session: this.#session,
      requested: this.#requested,
      emptyForMs: this.#empty.forMs,
      movedAway: this.#movedAway(),
    });
    if (order === undefined) return;
    this.#stopSent = true;
    this.#log.info({ reason: order.reason }, 'Worker is told to stop');
    this.send({ $case: 'stop', value: { reason: order.reason, message: order.message } });
  }

  #expectStream(): void {
    this.#detachTimer?.cancel();
    this.#detachTimer = this.#options.clock.setTimeout(() => {
      this.#detachTimer = undefined;
      if (this.#stream !== undefined) return;
      this.#status.set(detachedVoice(this.#status.current, new Date(this.#options.clock.now())));
    }, DETACH_GRACE_MS);
  }
}
