/**
 * The bot's place in one voice channel: joins, stays, comes back, leaves.
 *
 * Signalling (opcode 4 up, VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE down) goes through the gateway; the
 * voice library does WSS, UDP, transport encryption and DAVE. What the library does not do is done here:
 * limits on waiting, a brake on asking again, terminal close codes, noticing deafness.
 *
 * *Listening* means that what is said now is heard: the connection is ready and, where DAVE was negotiated,
 * the bot is in the group (a welcome or a commit was processed and its transition executed). Alone in the
 * channel there is no group to be welcomed to and nobody to hear: that counts as listening too. Later
 * transitions (people come and go) do not interrupt it: the old epoch's keys work until the new one is
 * executed.
 */
import {
  type DiscordGatewayAdapterLibraryMethods,
  joinVoiceChannel,
  type Networking,
  NetworkingStatusCode,
  type VoiceConnection,
  type VoiceConnectionState,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import type {
  VoiceServerUpdate,
  VoiceStateRequest,
  VoiceStateUpdate,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import { retryDiscovery } from './discovery.ts';
import type { PacketOutput } from './pacer.ts';
import { PacketReceiver, type ReceivedPacket, type ReceiveHealth } from './receive.ts';
import { RejoinGate } from './rejoin-gate.ts';
import { prepareKey } from './transport-key.ts';
import { refusalOf } from './voice-close-codes.ts';

export interface VoiceChannelOptions {
  readonly guildId: string;
  readonly channelId: string;
  readonly botUserId: string;
  /** Passes opcode 4 to the gateway; keeps it until there is one. */
  readonly request: (request: VoiceStateRequest) => void;
  readonly events: VoiceChannelEvents;
  readonly log: Logger;
  /** Longest wait from a request to listening before it is tried anew, milliseconds. @defaultValue 15 000 */
  readonly joinTimeoutMs?: number;
  /** How long somebody may be said to speak while no audio comes, milliseconds. @defaultValue 45 000 */
  readonly deafMs?: number;
}

export interface VoiceChannelEvents {
  readonly packet: (packet: ReceivedPacket) => void;
  readonly left: (userId: string) => void;
  /** Listening began or ended. */
  readonly listening: (listening: boolean) => void;
  /** Discord does not want this bot here, and asking again will not change that. */
  readonly refused: (reason: 'DiscordRefused' | 'Kicked', message: string) => void;
}

const JOIN_TIMEOUT_MS = 15_000;
/** After 4014 Discord may follow up with the channel the bot was moved to. */
const MOVE_GRACE_MS = 5000;
/** Somebody is said to speak and nothing comes: the UDP path is dead (NAT, a firewall's state). */
const DEAF_MS = 45_000;
/** One second of one speaker that cannot be decrypted: the group's keys are lost. */
const MOST_BAD_IN_A_ROW = 50;
const WATCH_MS = 1000;

export class VoiceChannel implements PacketOutput {
  private readonly options: VoiceChannelOptions;
  private readonly gate = new RejoinGate();
  private connection: VoiceConnection | undefined;
  private receiver: PacketReceiver | undefined;
  private library: DiscordGatewayAdapterLibraryMethods | undefined;
  private networking: Networking | undefined;
  private requestTimer: NodeJS.Timeout | undefined;
  private joinTimer: NodeJS.Timeout | undefined;
  private kickTimer: NodeJS.Timeout | undefined;
  private readonly watchTimer: NodeJS.Timeout;
  private isListening = false;
  /** Discord's voice session, and the server that the present connection was built for. */
  private sessionId = '';
  private server = '';
  /** A DAVE transition was executed on the present networking. */
  private transitioned = false;
  /** Somebody has taken hearing from the bot: then no audio comes although people speak. */
  private deafened = false;
  /** Where it is to be: the session's channel, or the one that somebody moved it to. */
  private channelId: string;
  private over = false;

  constructor(options: VoiceChannelOptions) {
    this.options = options;
    this.channelId = options.channelId;
    this.watchTimer = setInterval(() => this.watch(), WATCH_MS);
  }

  get listening(): boolean {
    return this.isListening;
  }

  get connected(): boolean {
    return this.connection?.state.status === VoiceConnectionStatus.Ready;
  }

  /** Negotiated DAVE protocol version; 0: none, or not known yet. */
  get daveVersion(): number {
    const { state } = this.networking ?? {};
    return state?.code === NetworkingStatusCode.Ready ? (state.dave?.protocolVersion ?? 0) : 0;
  }

  get joinAttempts(): number {
    return this.gate.attempts;
  }

  get badPackets(): number {
    return this.receiver?.badPackets ?? 0;
  }

  health(): ReceiveHealth {
    return this.receiver?.health() ?? { packetLoss: 0, jitterMs: 0 };
  }

  join(): void {
    if (this.over || this.connection !== undefined) return;
    const connection = joinVoiceChannel({
      guildId: this.options.guildId,
      channelId: this.channelId,
      group: `${this.options.botUserId}/${this.options.channelId}`,
      // The default is true, and a deaf bot hears nothing.
      selfDeaf: false,
      selfMute: false,
      adapterCreator: (library) => {
        this.library = library;
        return {
          // True means queued: the library gives up for good on false, and the gateway comes back.
          sendPayload: (payload: { d: { channel_id: string | null } }) => {
            this.requestJoin(payload.d.channel_id);
            return true;
          },
          destroy: () => {},
        };
      },
    });
    this.connection = connection;
    this.receiver = new PacketReceiver(connection, this.options.events);
    connection.on('error', (error) => this.options.log.warn({ err: error }, 'Voice connection error'));
    connection.on('stateChange', (_, state) => this.onState(state));
    connection.on('transitioned', () => {
      this.transitioned = true;
      this.evaluate();
    });
  }

  /** The gateway asks for opcode 4 again: Discord's session for the bot is a new one. */
  rejoin(): void {
    if (this.over) return;
    clearTimeout(this.kickTimer);
    this.requestJoin(this.channelId);
  }

  onStateUpdate(update: VoiceStateUpdate): void {
    if (this.over || update.userId !== this.options.botUserId) return;
    if (update.channelId === undefined || update.channelId === '') {
      this.expectMove('The bot was disconnected from the voice channel.');
      return;
    }
    clearTimeout(this.kickTimer);
    this.sessionId = update.sessionId;
    this.channelId = update.channelId;
    this.deafened = update.deaf;
    this.library?.onVoiceStateUpdate({
      guild_id: update.guildId,
      channel_id: update.channelId,
      user_id: update.userId,
      session_id: update.sessionId,
      self_mute: update.selfMute,
      self_deaf: update.selfDeaf,
      mute: update.mute,
      deaf: update.deaf,
      self_video: false,
      suppress: update.suppress,
      request_to_speak_timestamp: null,
    });
  }

  onServerUpdate(update: VoiceServerUpdate): void {
    if (this.over) return;
    // The gateway repeats both packets on every new stream, and the library builds the connection anew for each.
    const server = `${update.endpoint} ${update.token} ${this.sessionId}`;
    if (this.connected && server === this.server) return;
    this.server = server;
    this.library?.onVoiceServerUpdate({
      guild_id: update.guildId,
      token: update.token,
      endpoint: update.endpoint ?? null,
    });
  }

  /** The gateway will not pass the request on. */
  onRefused(message: string, terminal: boolean, retryAfterMs: number): void {
    if (this.over) return;
    if (terminal) {
      this.refuse('DiscordRefused', message);
      return;
    }
    this.options.log.warn({ retryAfterMs }, `The voice channel cannot be joined now: ${message}`);
    clearTimeout(this.requestTimer);
    this.requestTimer = setTimeout(() => this.sendRequest(this.channelId), Math.max(retryAfterMs, 1000));
  }

  send(packet: Buffer): boolean {
    return this.isListening && this.connection?.playOpusPacket(packet) === true;
  }

  setSpeaking(speaking: boolean): void {
    this.connection?.setSpeaking(speaking);
  }

  /** Leaves the channel (opcode 4 without a channel) and closes everything. */
  leave(): void {
    if (this.over) return;
    this.close();
    this.options.request({
      guildId: this.options.guildId,
      channelId: undefined,
      selfMute: false,
      selfDeaf: false,
    });
  }

  /** Closes everything without telling Discord: the bot stays in the channel until its session ends. */
  close(): void {
    this.over = true;
    clearInterval(this.watchTimer);
    for (const timer of [this.requestTimer, this.joinTimer, this.kickTimer]) clearTimeout(timer);
    this.dropConnection();
    this.setListening(false);
  }

  private dropConnection(): void {
    const connection = this.connection;
    this.connection = undefined;
    this.library = undefined;
    this.networking = undefined;
    if (connection !== undefined && connection.state.status !== VoiceConnectionStatus.Destroyed) {
      connection.destroy(false);
    }
  }

  /** The library wants opcode 4 sent. It may want that often; the gate spaces it out. */
  private requestJoin(channelId: string | null): void {
    if (this.over || channelId === null) return;
    clearTimeout(this.requestTimer);
    const now = monotonicMs();
    const wait = this.gate.next(now) - now;
    if (wait <= 0) {
      this.sendRequest(channelId);
      return;
    }
    this.options.log.info(
      { waitMs: Math.round(wait), attempt: this.gate.attempts },
      'Joining the voice channel again later',
    );
    this.requestTimer = setTimeout(() => this.sendRequest(channelId), wait);
  }

  private sendRequest(channelId: string): void {
    this.options.request({ guildId: this.options.guildId, channelId, selfMute: false, selfDeaf: false });
    clearTimeout(this.joinTimer);
    this.joinTimer = setTimeout(() => this.joinTimedOut(), this.options.joinTimeoutMs ?? JOIN_TIMEOUT_MS);
  }

  private joinTimedOut(): void {
    if (this.over || this.isListening) return;
    const status = this.connection?.state.status;
    this.options.log.warn({ status }, 'The voice channel was not joined in time; starting over');
    this.startOver();
  }

  /** A fresh connection: out of the channel first, because Discord answers a repeated join with silence. */
  private startOver(): void {
    this.dropConnection();
    this.setListening(false);
    this.options.request({
      guildId: this.options.guildId,
      channelId: undefined,
      selfMute: false,
      selfDeaf: false,
    });
    this.join();
  }

  private onState(state: VoiceConnectionState): void {
    if (this.over) return;
    const networking: unknown = Reflect.get(state, 'networking');
    if (isNetworking(networking) && networking !== this.networking) {
      this.networking = networking;
      this.transitioned = false;
      this.receiver?.watch(networking);
      // Ahead of the library's own listener, which would ask to be let in again.
      networking.prependOnceListener('close', (code: number) => this.onClose(code));
      networking.on('stateChange', (_, after) => {
        prepareKey(after);
        this.evaluate();
      });
      retryDiscovery(networking);
    }
    if (state.status === VoiceConnectionStatus.Disconnected) {
      this.expectMove(
        'Discord closed the voice connection: the bot was disconnected or the channel is gone.',
      );
    } else if (state.status !== VoiceConnectionStatus.Signalling) {
      clearTimeout(this.kickTimer);
    }
    this.evaluate();
  }

  private onClose(code: number): void {
    const refusal = refusalOf(code);
    this.options.log.info({ code, terminal: refusal !== undefined }, 'Voice connection closed by Discord');
    if (refusal !== undefined) this.refuse('DiscordRefused', refusal);
  }

  private refuse(reason: 'DiscordRefused' | 'Kicked', message: string): void {
    if (this.over) return;
    this.close();
    this.options.events.refused(reason, message);
  }

  /** Out of the channel without having asked: moved (a new state follows soon) or thrown out. */
  private expectMove(message: string): void {
    clearTimeout(this.kickTimer);
    this.kickTimer = setTimeout(() => this.refuse('Kicked', message), MOVE_GRACE_MS);
    this.evaluate();
  }

  private evaluate(): void {
    this.setListening(!this.over && this.hears());
  }

  private hears(): boolean {
    const { connection, networking } = this;
    if (connection?.state.status !== VoiceConnectionStatus.Ready || networking === undefined) return false;
    const { state } = networking;
    if (state.code !== NetworkingStatusCode.Ready) return false;
    const { dave } = state;
    if (dave === undefined || dave.protocolVersion === 0) return true;
    // The first transition must be executed; afterwards the previous epoch's keys serve until the next is.
    if (dave.session?.ready === true) return this.transitioned;
    const others = [...state.connectionData.connectedClients].some((id) => id !== this.options.botUserId);
    return !others;
  }

  private setListening(listening: boolean): void {
    if (listening === this.isListening) return;
    this.isListening = listening;
    if (listening) {
      clearTimeout(this.joinTimer);
      this.gate.connected(monotonicMs());
    } else if (!this.over) {
      clearTimeout(this.joinTimer);
      this.joinTimer = setTimeout(() => this.joinTimedOut(), this.options.joinTimeoutMs ?? JOIN_TIMEOUT_MS);
    }
    this.options.events.listening(listening);
  }

  /** What no event announces. */
  private watch(): void {
    this.evaluate();
    const { receiver } = this;
    if (receiver === undefined || !this.isListening) return;
    const { speakingUnheardSince: since } = receiver;
    const deafMs = this.options.deafMs ?? DEAF_MS;
    const deaf = !this.deafened && since !== undefined && monotonicMs() - since > deafMs;
    const keysLost = receiver.badInARow > MOST_BAD_IN_A_ROW;
    if (!deaf && !keysLost) return;
    this.options.log.warn(
      { badInARow: receiver.badInARow },
      deaf
        ? 'People speak and no audio arrives: building the voice connection anew'
        : 'Audio cannot be decrypted: building the voice connection anew',
    );
    this.startOver();
  }
}

function isNetworking(value: unknown): value is Networking {
  return typeof value === 'object' && value !== null && 'state' in value && 'prependOnceListener' in value;
}
