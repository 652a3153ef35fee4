/**
 * Voice signalling of one guild: the worker's opcode 4 goes to Discord, and what Discord answers goes back, always
 * STATE before SERVER, because only the server packet makes @discordjs/voice connect, and it needs the session id of
 * the state. Audio never comes near this.
 */
import { GatewayOpcodes, type GatewaySendPayload } from 'discord-api-types/v10';
import type { JoinObstacle } from '../../src/discord/permissions.ts';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import type { VoiceStateRequest } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { CachedVoiceState } from '../discord/guild-cache.ts';
import { DEFAULT_JOIN_LIMITS, JoinLimiter, type JoinLimits } from './join-limiter.ts';

/** How long a SERVER may wait for the STATE of the same join. Discord sends no STATE when nothing of it changed. */
export const STATE_WAIT_MS = 1_000;

export interface SignallingOptions {
  readonly guildId: string;
  readonly botUserId: () => string;
  readonly clock: {
    monotonic(): number;
    setTimeout(callback: () => void, delayMs: number): { cancel(): void };
  };
  /** Sends to Discord; false when the bot is not connected just now. */
  readonly send: (payload: GatewaySendPayload) => boolean;
  /** To the worker, when one is attached. */
  readonly forward: (message: GatewayMessage) => void;
  /** What keeps the bot from the channel, from the cache; 'ChannelNotFound' when it is not there. */
  readonly obstacle: (channelId: string) => JoinObstacle | 'ChannelNotFound' | undefined;
  readonly limits?: JoinLimits;
}

interface VoiceServer {
  readonly token: string;
  readonly endpoint: string | undefined;
}

export class Signalling {
  readonly #options: SignallingOptions;
  readonly #limiter: JoinLimiter;
  #state: CachedVoiceState | undefined;
  #server: VoiceServer | undefined;
  /** A join was sent and its STATE has not come. */
  #awaitsState = false;
  /** A leave was sent and Discord has not confirmed it. */
  #leaving = false;
  #heldServer: { readonly timer: { cancel(): void } } | undefined;
  /** Session id of the STATE that a SERVER was let pass with because no newer one came in time. */
  #passedWith: string | undefined;
  /** UID of the session that joined last: what Discord answered is for its worker alone. */
  #joinedFor: string | undefined;
  /** What is known is of before this process: its worker may be connected, or not. */
  #restored = false;
  /** What the worker asked for while the bot was not connected. */
  #unsent: VoiceStateRequest | undefined;

  constructor(options: SignallingOptions) {
    this.#options = options;
    this.#limiter = new JoinLimiter(() => options.clock.monotonic(), options.limits ?? DEFAULT_JOIN_LIMITS);
  }

  /** The bot's channel in this guild, as far as Discord has told. */
  get channelId(): string | undefined {
    return this.#state?.channelId;
  }

  /**
   * Whether the bot is in the channel since before this process, by a join that nobody remembers whose it was. A worker
   * that says that it is connected needs nothing; see {@link adopt}.
   */
  get restored(): boolean {
    return this.#restored && this.#state !== undefined;
  }

  /** Whether Discord has named a voice server since this process began, or since the last fresh session. */
  get hasServer(): boolean {
    return this.#server !== undefined;
  }

  /** Whether the bot is in the channel for this session. */
  isFor(session: string): boolean {
    return this.#joinedFor === session && this.#state !== undefined;
  }

  /** Whether STATE and SERVER of this session's own join are known, for a worker that attaches again. */
  canReplay(session: string): boolean {
    return this.isFor(session) && this.#server !== undefined;
  }

  /**
   * A worker's request.
   * @param session UID of its session
   * @param allowedChannels the channels that its session entitles it to
   */
  request(request: VoiceStateRequest, session: string, allowedChannels: readonly string[]): void {
    const { channelId } = request;
    if (channelId === undefined) {
      // One leave is enough until Discord has answered: repeats would use up the sends of every guild.
      if (this.#leaving) return;
      if (this.#state === undefined && !this.#awaitsState && this.#unsent?.channelId === undefined) {
        // In no channel, as far as is known; a guild that is still being read may say otherwise.
        this.#unsent = request;
        return;
      }
      this.#leaving = this.#sendState(request);
      this.#unsent = this.#leaving ? undefined : request;
      return;
    }
    if (request.guildId !== this.#options.guildId || !allowedChannels.includes(channelId)) {
      this.#refuse('ChannelNotFound', 'The session does not cover this channel.');
      return;
    }
    const obstacle = this.#options.obstacle(channelId);
    if (obstacle !== undefined) {
      this.#refuse(...refusalOf(obstacle, channelId));
      return;
    }
    const decision = this.#limiter.join();
    if (!decision.ok) {
      this.#refuse('RateLimited', 'Too many joins in a row; wait.', decision.retryAfterMs);
      return;
    }
    this.#joinedFor = session;
    this.#restored = false;
    this.#unsent = this.#sendState(request) ? undefined : request;
  }

  /** The worker reports a working voice connection. */
  voiceConnected(): void {
    this.#limiter.connected();
  }

  /** The bot's own VOICE_STATE_UPDATE (undefined: it is in no channel). */
  onState(state: CachedVoiceState | undefined): void {
    this.#state = state;
    this.#leaving = false;
    if (state === undefined) {
      this.#forgetServer();
      this.#options.forward(this.#stateMessage());
      return;
    }
    this.#awaitsState = false;
    this.#options.forward(this.#stateMessage());
    // A STATE with another session id that comes after its SERVER was let pass makes that one worthless.
    const late = this.#passedWith !== undefined && this.#passedWith !== state.sessionId;
    this.#passedWith = undefined;
    if ((this.#heldServer === undefined && !late) || this.#server === undefined) return;
    this.#dropHeldServer();
    this.#options.forward(this.#serverMessage(this.#server));
  }

  /** VOICE_SERVER_UPDATE. */
  onServer(token: string, endpoint: string | null): void {
    this.#dropHeldServer();
    this.#server = { token, endpoint: endpoint ?? undefined };
    if (this.#state !== undefined && !this.#awaitsState) {
      this.#options.forward(this.#serverMessage(this.#server));
      return;
    }
    const timer = this.#options.clock.setTimeout(() => this.#releaseServer(), STATE_WAIT_MS);
    this.#heldServer = { timer };
  }

  /** The session's worker attached again: what Discord last said, in order. */
  replay(session: string): void {
    if (!this.canReplay(session) || this.#state === undefined || this.#server === undefined) return;
    // A SERVER that is held back is about to follow by itself.
    if (this.#heldServer !== undefined) return;
    this.#options.forward(this.#stateMessage());
    this.#options.forward(this.#serverMessage(this.#server));
  }

  /** GUILD_CREATE or RESUMED: sends what waited for it. */
  onGuildReady(): void {
    const request = this.#unsent;
    if (request === undefined) return;
    const pointless = request.channelId === undefined && this.#state === undefined;
    if (pointless || this.#sendState(request)) this.#unsent = undefined;
  }

  /** The earlier process' session with Discord goes on: so does the bot's voice connection. */
  restore(state: CachedVoiceState | undefined): void {
    this.#state = state;
    this.#restored = state !== undefined;
  }

  /** What is restored is this session's. A SERVER that came since is for its worker. */
  adopt(session: string): void {
    this.#joinedFor = session;
    this.#restored = false;
    this.replay(session);
  }

  /** A fresh READY: what is known of voice belongs to a session that Discord has forgotten. */
  reset(state: CachedVoiceState | undefined): void {
    this.#forgetServer();
    this.#restored = false;
    this.#state = state;
  }

  /** Leaves the channel, for a session whose worker is gone. False when Discord cannot be told now. */
  leave(): boolean {
    this.#unsent = undefined;
    return this.#sendState({ guildId: this.#options.guildId, selfMute: false, selfDeaf: false });
  }

  close(): void {
    this.#dropHeldServer();
  }

  #sendState(request: VoiceStateRequest): boolean {
    const sent = this.#options.send({
      op: GatewayOpcodes.VoiceStateUpdate,
      d: {
        guild_id: this.#options.guildId,
        channel_id: request.channelId ?? null,
        self_mute: request.selfMute,
        self_deaf: request.selfDeaf,
      },
    });
    if (sent && request.channelId !== undefined) {
      this.#awaitsState = true;
      this.#leaving = false;
    }
    return sent;
  }

  #releaseServer(): void {
    // Without any STATE there is nothing to connect with: the SERVER goes on waiting.
    if (this.#state === undefined || this.#server === undefined) return;
    this.#dropHeldServer();
    // The join changed nothing that Discord would announce: the state that is known is the one that counts.
    this.#awaitsState = false;
    this.#passedWith = this.#state.sessionId;
    this.#options.forward(this.#stateMessage());
    this.#options.forward(this.#serverMessage(this.#server));
  }

  #forgetServer(): void {
    this.#dropHeldServer();
    this.#server = undefined;
    this.#passedWith = undefined;
    this.#awaitsState = false;
    this.#leaving = false;
  }

  #dropHeldServer(): void {
    this.#heldServer?.timer.cancel();
    this.#heldServer = undefined;
  }

  #refuse(reason: string, message: string, retryAfterMs?: number): void {
    this.#options.forward({
      $case: 'voiceRefused',
      value: { reason, message, terminal: retryAfterMs === undefined, retryAfterMs: retryAfterMs ?? 0 },
    });
  }

  #stateMessage(): GatewayMessage {
    const state = this.#state;
    return {
      $case: 'voiceStateUpdate',
      value: {
        guildId: this.#options.guildId,
        channelId: state?.channelId,
        userId: state?.userId ?? this.#options.botUserId(),
        sessionId: state?.sessionId ?? '',
        selfMute: state?.selfMute ?? false,
        selfDeaf: state?.selfDeaf ?? false,
        mute: state?.mute ?? false,
        deaf: state?.deaf ?? false,
        suppress: state?.suppress ?? false,
      },
    };
  }

  #serverMessage(server: VoiceServer): GatewayMessage {
    return {
      $case: 'voiceServerUpdate',
      value: { guildId: this.#options.guildId, token: server.token, endpoint: server.endpoint },
    };
  }
}

/** The proto's reason and a sentence for the game master. */
function refusalOf(
  obstacle: JoinObstacle | 'ChannelNotFound',
  channelId: string,
): [reason: string, message: string] {
  const channel = `channel ${channelId}`;
  switch (obstacle) {
    case 'MissingViewPermission':
      return [
        'MissingConnectPermission',
        `The bot cannot see ${channel}: give it the permission "View Channel".`,
      ];
    case 'MissingConnectPermission':
      return [
        'MissingConnectPermission',
        `The bot may not join ${channel}: give it the permission "Connect".`,
      ];
    case 'MissingSpeakPermission':
      return [
        'MissingSpeakPermission',
        `The bot may not speak in ${channel}: give it the permission "Speak".`,
      ];
    case 'StageChannel':
      return [
        'ChannelNotFound',
        `The ${channel} is a stage channel, where nobody could talk with the characters: use an ordinary voice channel.`,
      ];
    case 'NotAVoiceChannel':
      return ['ChannelNotFound', `There is no ordinary voice channel ${channelId}.`];
    case 'ChannelFull':
      return ['ChannelFull', `The ${channel} is full.`];
    case 'ChannelNotFound':
      return ['ChannelNotFound', `There is no ${channel} that the bot can see.`];
  }
}
