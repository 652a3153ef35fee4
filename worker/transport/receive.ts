/**
 * Packets of the people in the channel, with what the voice library keeps to itself.
 *
 * The library decrypts (transport and DAVE), maps SSRCs to users, and hands Opus on without the RTP header.
 * Sequence numbers are needed to put packets in order, so the UDP socket is watched one listener ahead of
 * the library's: both run in the same call, and whatever packet comes out belongs to the header just read.
 *
 * A library stream is destroyed by the first packet that does not decrypt. Here a subscription is a stream
 * whose `push` is the way out and whose `destroy` only counts, so one bad packet costs one packet.
 */
import type { EventEmitter } from 'node:events';
import { AudioReceiveStream, EndBehaviorType, type VoiceReceiver } from '@discordjs/voice';
import { monotonicMs } from '../clock.ts';
import { type RtpHeader, readRtpHeader, StreamStatistics } from './rtp.ts';

export interface ReceivedPacket {
  readonly userId: string;
  /** Sequence numbers are comparable within one. */
  readonly ssrc: number;
  readonly sequence: number;
  /** Monotonic milliseconds. */
  readonly arrivedAt: number;
  readonly opus: Buffer;
}

export interface ReceiverEvents {
  readonly packet: (packet: ReceivedPacket) => void;
  /** The user left the voice server. */
  readonly left: (userId: string) => void;
}

export interface ReceiveHealth {
  /** 0..1 since the last call. */
  readonly packetLoss: number;
  readonly jitterMs: number;
}

/** The part of the library's VoiceConnection that is used. */
interface Connection {
  readonly receiver: Pick<VoiceReceiver, 'ssrcMap' | 'subscriptions'>;
}

/** The part of its Networking: which sockets there are changes with the state. */
interface Watched {
  readonly state: object;
  on(event: 'stateChange', listener: () => void): unknown;
}

export class PacketReceiver {
  private readonly events: ReceiverEvents;
  private readonly connection: Connection;
  private readonly statistics = new Map<number, StreamStatistics>();
  private current: { header: RtpHeader; at: number } | undefined;
  private socket: EventEmitter | undefined;
  private signals: EventEmitter | undefined;
  private reported = { received: 0, lost: 0 };
  /** Datagrams of SSRCs whose Speaking has not come: UDP may overtake the WebSocket. */
  private readonly early = new Map<number, { readonly message: Buffer; readonly at: number }[]>();
  /** When the datagram that is handed to the library once more really came. */
  private replayedAt: number | undefined;
  /** Packets that did not decrypt. */
  badPackets = 0;
  /** In a row, without a good one between. */
  badInARow = 0;
  /** Since when Discord has said that somebody speaks, without any audio after it; monotonic milliseconds. */
  speakingUnheardSince: number | undefined;

  constructor(connection: Connection, events: ReceiverEvents) {
    this.connection = connection;
    this.events = events;
    const { ssrcMap } = connection.receiver;
    ssrcMap.on('update', (_, { userId, audioSSRC }) => {
      this.subscribe(userId);
      this.replay(audioSSRC);
    });
    ssrcMap.on('delete', ({ userId, audioSSRC }) => {
      this.statistics.delete(audioSSRC);
      connection.receiver.subscriptions.delete(userId);
      events.left(userId);
    });
  }

  /** Call with each new networking: watches its sockets from when it has them. */
  watch(networking: Watched): void {
    const attach = (): void => {
      const socket: unknown = Reflect.get(networking.state, 'udp');
      if (socket !== this.socket && isEmitter(socket)) {
        this.socket = socket;
        socket.prependListener('message', (message: Buffer) => this.onDatagram(message));
      }
      const signals: unknown = Reflect.get(networking.state, 'ws');
      if (signals !== this.signals && isEmitter(signals)) {
        this.signals = signals;
        signals.on('packet', (packet: unknown) => this.onSignal(packet));
      }
    };
    networking.on('stateChange', attach);
    attach();
  }

  /** Loss since the last call; jitter of the worst stream now. */
  health(): ReceiveHealth {
    let received = 0;
    let lost = 0;
    let jitterMs = 0;
    for (const stream of this.statistics.values()) {
      received += stream.received;
      lost += stream.lost;
      jitterMs = Math.max(jitterMs, stream.jitterMs);
    }
    // Streams end and take their counts along; then the difference means nothing.
    const newReceived = Math.max(0, received - this.reported.received);
    const newLost = Math.max(0, lost - this.reported.lost);
    this.reported = { received, lost };
    const expected = newReceived + newLost;
    return { packetLoss: expected === 0 ? 0 : newLost / expected, jitterMs };
  }

  private subscribe(userId: string): void {
    const { subscriptions } = this.connection.receiver;
    if (subscriptions.has(userId)) return;
    const stream = new PacketStream(
      (opus) => this.onPacket(userId, opus),
      () => {
        this.badPackets++;
        this.badInARow++;
      },
    );
    subscriptions.set(userId, stream);
  }

  private onDatagram(message: Buffer): void {
    const header = readRtpHeader(message);
    if (header === undefined) {
      this.current = undefined;
      return;
    }
    const at = this.replayedAt ?? monotonicMs();
    this.current = { header, at };
    if (this.replayedAt !== undefined) return;
    this.speakingUnheardSince = undefined;
    if (this.connection.receiver.ssrcMap.get(header.ssrc) === undefined) this.hold(header.ssrc, message, at);
    let stream = this.statistics.get(header.ssrc);
    if (stream === undefined) {
      stream = new StreamStatistics();
      this.statistics.set(header.ssrc, stream);
    }
    stream.packet(header, at);
  }

  /** The library drops what it cannot attribute: the first syllable, if the packet is quicker than the announcement. */
  private hold(ssrc: number, message: Buffer, at: number): void {
    const held = (this.early.get(ssrc) ?? []).filter((datagram) => at - datagram.at < MOST_EARLY_MS);
    held.push({ message, at });
    this.early.delete(ssrc);
    this.early.set(ssrc, held);
    const [oldest] = this.early.keys();
    if (this.early.size > MOST_EARLY_SPEAKERS && oldest !== undefined) this.early.delete(oldest);
  }

  private replay(ssrc: number): void {
    const held = this.early.get(ssrc) ?? [];
    this.early.delete(ssrc);
    const now = monotonicMs();
    for (const { message, at } of held) {
      if (now - at >= MOST_EARLY_MS) continue;
      this.replayedAt = at;
      this.socket?.emit('message', message);
    }
    this.replayedAt = undefined;
  }

  /** The library's map of speakers does not tell beginning to speak from having stopped. */
  private onSignal(packet: unknown): void {
    if (typeof packet !== 'object' || packet === null || Reflect.get(packet, 'op') !== SPEAKING) return;
    const data: unknown = Reflect.get(packet, 'd');
    const speaking: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'speaking') : 0;
    if (speaking !== 0) this.speakingUnheardSince ??= monotonicMs();
  }

  private onPacket(userId: string, opus: Buffer): void {
    this.badInARow = 0;
    if (this.current === undefined || opus.length === 0) return;
    const { header, at } = this.current;
    const { sequence, ssrc } = header;
    this.events.packet({ userId, ssrc, sequence, arrivedAt: at, opus });
  }
}

class PacketStream extends AudioReceiveStream {
  private readonly onPacket: (opus: Buffer) => void;
  private readonly onBad: (error: Error | undefined) => void;

  constructor(onPacket: (opus: Buffer) => void, onBad: (error: Error | undefined) => void) {
    super({ end: { behavior: EndBehaviorType.Manual } });
    this.onPacket = onPacket;
    this.onBad = onBad;
  }

  override push(packet: Buffer | null): boolean {
    if (packet !== null) this.onPacket(packet);
    return true;
  }

  override destroy(error?: Error): this {
    if (error !== undefined) this.onBad(error);
    return this;
  }
}

/** What came longer before its Speaking is of something else, milliseconds. */
const MOST_EARLY_MS = 1000;
/** Speakers that are not announced and send; each may hold a second. */
const MOST_EARLY_SPEAKERS = 8;

/** Voice gateway opcode 5. */
const SPEAKING = 5;

function isEmitter(value: unknown): value is EventEmitter {
  return typeof value === 'object' && value !== null && 'prependListener' in value;
}
