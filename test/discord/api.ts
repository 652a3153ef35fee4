import type { Fault } from './faults.ts';
import type { EndpointAnswer, SignedRequestOptions } from './interactions/delivery.ts';
import type { InteractionKind, ReplyEvent, ReplySnapshot } from './interactions/ledger.ts';
import type { RequestRecord } from './rest/server.ts';
import type { AttachmentValue } from './world/attachments.ts';
import type { ChannelKind } from './world/model.ts';
import type { PermissionName } from './world/permissions.ts';
import type { TimelineEvent } from './world/timeline.ts';

/**
 * What a scenario can do with the simulator, whether it runs in the same process (`DiscordSimulator`) or
 * talks to the program over HTTP (`SimulatorClient`). All times are milliseconds of the simulator's one
 * monotonic clock.
 */
export interface SimulatorApi {
  /** Where the clients under test are to connect. */
  readonly addresses: Addresses;

  addApplication(options?: ApplicationOptions): Promise<ApplicationInfo>;
  /** Returns the guild's id. A guild without `ownerId` gets an owner of its own. */
  addGuild(options: { id?: string; name: string; ownerId?: string; locale?: string }): Promise<string>;
  /** Returns the channel's id. */
  addChannel(
    guildId: string,
    options: { id?: string; type: ChannelKind; name: string; userLimit?: number },
  ): Promise<string>;
  /** Returns the role's id. */
  addRole(
    guildId: string,
    options: { id?: string; name: string; permissions?: PermissionName[] },
  ): Promise<string>;
  /** Returns the user's id. */
  addMember(
    guildId: string,
    options: { userId?: string; name: string; roles?: string[]; bot?: boolean },
  ): Promise<string>;
  setMemberRoles(guildId: string, userId: string, roles: string[]): Promise<void>;
  /** Replaces the overwrite of a user or role (the guild's id is @everyone). */
  setChannelPermissions(
    channelId: string,
    userOrRoleId: string,
    overwrite: { allow?: PermissionName[]; deny?: PermissionName[] },
  ): Promise<void>;
  deleteChannel(channelId: string): Promise<void>;
  /** The bot becomes a member and gets GUILD_CREATE. */
  inviteBot(
    applicationId: string,
    guildId: string,
    options?: { permissions?: PermissionName[] },
  ): Promise<void>;
  removeBot(applicationId: string, guildId: string): Promise<void>;

  /** A member that can join voice channels, speak and listen. Without `userId` a new user is made. */
  person(options: {
    guildId: string;
    userId?: string;
    name: string;
    roles?: string[];
    /** Of the person's client. @defaultValue en-US */
    locale?: string;
  }): Promise<PersonHandle>;

  /** Uses a slash command as a person: `'session start'` is command and sub-command. */
  command(
    person: PersonRef,
    guildId: string,
    channelId: string,
    command: string,
    options?: Record<string, OptionValue>,
  ): Promise<InteractionHandle>;
  /** What the application suggests while the person types `value` into `focused`. */
  autocomplete(
    person: PersonRef,
    guildId: string,
    channelId: string,
    command: string,
    focused: { name: string; value: string },
    options?: Record<string, OptionValue>,
  ): Promise<{ name: string; value: string | number }[]>;
  /** Presses a button or picks from a select of a message. */
  component(
    person: PersonRef,
    message: { channelId: string; messageId: string },
    customId: string,
    values?: string[],
  ): Promise<InteractionHandle>;
  /** Submits a modal that an interaction opened. */
  submitModal(
    person: PersonRef,
    interactionId: string,
    fields: Record<string, string>,
  ): Promise<InteractionHandle>;
  /**
   * Sends anything, signed, to the application's `interactionsUrl` (or `url`) and returns its answer:
   * for PING, replays of one interaction id, old timestamps and wrong signatures.
   */
  signedRequest(
    applicationId: string,
    payload: unknown,
    options?: SignedRequestOptions & { url?: string },
  ): Promise<EndpointAnswer>;
  /** A person writes into a channel. Returns the message's id. */
  post(person: PersonRef, channelId: string, content: string): Promise<string>;
  /** The channel's messages, oldest first, ephemeral ones included. */
  messages(channelId: string): Promise<ReplySnapshot[]>;
  /** Waits for a message of anyone that contains the words. */
  waitForMessage(channelId: string, match: Match, timeoutMs?: number): Promise<ReplySnapshot>;
  /** The names of an application's commands, by scope (`global` or a guild's id). */
  commands(applicationId: string): Promise<Record<string, string[]>>;

  voiceStates(guildId: string): Promise<VoiceStateInfo[]>;
  /** A moderator moves (`channelId`) or disconnects (null) a member. */
  moveMember(guildId: string, userId: string, channelId: string | null): Promise<void>;
  /** Server mute: the member's audio reaches nobody. */
  muteMember(guildId: string, userId: string, mute: boolean): Promise<void>;

  inject(fault: Fault): Promise<void>;
  clearFaults(): Promise<void>;

  /** Everything seen so far, oldest first. */
  events(): Promise<TimelineEvent[]>;
  /** Waits until the timeline has an event with these fields, past or to come. */
  waitForEvent(
    match: Partial<TimelineEvent> & { afterMs?: number },
    timeoutMs?: number,
  ): Promise<TimelineEvent>;
  /** The REST requests that the simulator answered. */
  requests(): Promise<readonly RequestRecord[]>;
  /** The simulator's clock now. */
  now(): Promise<number>;
  /** Back to an empty Discord: people leave, connections close, everything is forgotten. */
  reset(): Promise<void>;
}

export interface Addresses {
  /** Base for `@discordjs/rest`'s `api` option and `SKALD_DISCORD_API_URL`. */
  apiUrl: string;
  gatewayUrl: string;
  controlUrl: string;
  /** host:port of the voice servers' WSS, as VOICE_SERVER_UPDATE tells it. */
  voiceEndpoint: string;
  /** PEM of the CA that signed the voice servers' certificate: for NODE_EXTRA_CA_CERTS. */
  caFile: string;
}

export interface ApplicationOptions {
  id?: string;
  token?: string;
  name?: string;
  /** Ed25519 key in hex. Without one the simulator makes a pair and can sign interactions over HTTP. */
  publicKey?: string;
  /** Interactions are POSTed there, signed, instead of going through the gateway. */
  interactionsUrl?: string;
  privilegedIntents?: number;
}

export interface ApplicationInfo {
  id: string;
  token: string;
  publicKey: string;
}

export type { AttachmentValue };
/** Users, channels and roles are given by their id, a file by what is in it. */
export type OptionValue = string | number | boolean | AttachmentValue;
export type PersonRef = string | { readonly userId: string };
/** A substring or an expression. */
export type Match = string | RegExp;

export type Acknowledgement =
  | 'none'
  | 'message'
  | 'deferred'
  | 'update'
  | 'deferredUpdate'
  | 'modal'
  | 'choices';

export interface InteractionHandle {
  readonly id: string;
  readonly kind: InteractionKind;
  /** From the interaction to its acknowledgement; null when none came within 3 s ("did not respond"). */
  readonly acknowledgedMs: number | null;
  readonly acknowledgement: Acknowledgement;
  /** The modal's body, when one was opened. */
  readonly modal: unknown;
  replies(): Promise<ReplySnapshot[]>;
  /** Every text that the user saw, edits included. */
  history(): Promise<ReplyEvent[]>;
  /** The first reply (not "is thinking…") that contains the words, past or to come. */
  waitForReply(match?: Match, timeoutMs?: number): Promise<ReplySnapshot>;
}

export interface VoiceStateInfo {
  userId: string;
  channelId: string;
  selfMute: boolean;
  selfDeaf: boolean;
  suppress: boolean;
  /** The voice connection is up: UDP discovered and session described. */
  connected: boolean;
  /** End-to-end encryption is in force for this member. */
  dave: boolean;
}

export interface SayOptions {
  /** Impairments of the path from this person to the server. */
  impairments?: Impairments;
  /** Audio gain, for whispers. @defaultValue 1 */
  gain?: number;
}

export interface Impairments {
  /** Share of packets that never arrive, 0..1. The client knows, and sends each packet with a copy of the one before. */
  loss?: number;
  /** Packets are delayed by a random 0..jitterMs. */
  jitterMs?: number;
  /** Share of packets that are swapped with their successor, 0..1. */
  reorder?: number;
  /** RTP header extension, as Discord's own clients send it. */
  extension?: boolean;
  /** RTP padding. */
  padding?: boolean;
  /** Seed of the impairments, so that a run can be repeated. @defaultValue 1 */
  seed?: number;
}

export interface SayResult {
  /** When the first RTP packet left. */
  startedAt: number;
  /** When the last packet with sound left: the moment from which answers are measured. */
  lastVoicedAt: number;
  /** When the last packet of the file left. */
  lastPacketAt: number;
  packets: number;
  /** Longest time between two packets that were to leave 20 ms apart: more, where the machine is busy. Milliseconds. */
  longestGapMs: number;
}

/** One uninterrupted stretch of packets from one speaker. Gaps of 400 ms and more divide them. */
export interface TalkSpurt {
  userId: string;
  firstPacketAt: number;
  /** Last packet that was not one of the five silence frames. */
  lastPacketAt: number;
  durationMs: number;
  packets: number;
  /** Sequence numbers that never came. */
  lost: number;
  /** Packets that came with a sequence number that had been there before. */
  duplicated: number;
  /** Neighbours by sequence number whose RTP timestamps are not one frame apart. */
  timestampJumps: number;
  /** The longest time between the arrivals of two neighbours, milliseconds. */
  longestGapMs: number;
  /** Packets that end-to-end decryption refused. */
  undecryptable: number;
}

/** One packet as it came. */
export interface Arrival {
  at: number;
  /** RTP sequence number. */
  sequence: number;
  /** One of the frames that say that nothing is said. */
  silence: boolean;
}

export interface PersonHandle {
  readonly userId: string;
  readonly guildId: string;
  readonly name: string;
  /** Resolves when UDP works and, with others in the channel, the end-to-end group includes this person. */
  joinVoice(channelId: string, options?: { timeoutMs?: number; mode?: string }): Promise<void>;
  leaveVoice(): Promise<void>;
  /** Speaks a WAV file (or its bytes, or 48 kHz PCM inside a WAV); resolves when the last packet left. */
  say(wav: string | Buffer, options?: SayOptions): Promise<SayResult>;
  /** Raw Opus packets, paced 20 ms apart, sent as they are: for byte-exact tests. */
  sayPackets(packets: readonly Buffer[], options?: SayOptions): Promise<SayResult>;
  /** Stops talking at once. */
  hush(): Promise<void>;
  /** What this person heard so far. */
  heard(): Promise<TalkSpurt[]>;
  /** Writes what was heard of one speaker to a 48 kHz mono WAV; silence between spurts is kept. */
  writeHeard(path: string, options?: { from?: string; afterMs?: number }): Promise<void>;
  /** The Opus packets as heard, after end-to-end decryption. */
  heardPackets(from: string): Promise<Buffer[]>;
  /** When each packet of one speaker came, silence frames included, in order of arrival. */
  heardArrivals(from: string): Promise<Arrival[]>;
  /** Resolves with the first spurt of `from` that begins after `afterMs` and has ended for `silenceMs`. */
  waitToHear(options: {
    from: string;
    afterMs?: number;
    silenceMs?: number;
    timeoutMs?: number;
  }): Promise<TalkSpurt>;
  forgetHeard(): Promise<void>;
}
