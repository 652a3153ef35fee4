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
import { AudioReceiveStream, EndBehaviorType, type Networking, type VoiceConnection } from '@discordjs/voice';
import { monotonicMs } from '../clock.ts';
import { type RtpHeader, readRtpHeader, StreamStatistics } from './rtp.ts';

export interface ReceivedPacket {
  readonly userId: string;
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

export class PacketReceiver {
  private readonly events: ReceiverEvents;
  private readonly connection: VoiceConnection;
  private readonly statistics = new Map<number, StreamStatistics>();
  private current: { header: RtpHeader; at: number } | undefined;
  private socket: EventEmitter | undefined;
  private signals: EventEmitter | undefined;
  private reported = { received: 0, lost: 0 };
  /** Packets that did not decrypt. */
  badPackets = 0;
  /** In a row, without a good one between. */
  badInARow = 0;
  /** When anything came over UDP that is RTP, monotonic milliseconds. */
  lastPacketAt = 0;
  /** When Discord last said that somebody speaks. */
  lastSpeakingAt = 0;

  constructor(connection: VoiceConnection, events: ReceiverEvents) {
    this.connection = connection;
    this.events = events;
    const { ssrcMap } = connection.receiver;
    ssrcMap.on('update', (_, { userId }) => this.subscribe(userId));
    ssrcMap.on('delete', ({ userId, audioSSRC }) => {
      this.statistics.delete(audioSSRC);
      connection.receiver.subscriptions.delete(userId);
      events.left(userId);
    });
  }

  /** Call with each new networking: watches its sockets from when it has them. */
  watch(networking: Networking): void {
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
    const at = monotonicMs();
    this.lastPacketAt = at;
    this.current = { header, at };
    let stream = this.statistics.get(header.ssrc);
    if (stream === undefined) {
      stream = new StreamStatistics();
      this.statistics.set(header.ssrc, stream);
    }
    stream.packet(header, at);
  }

  /** The library's map of speakers does not tell beginning to speak from having stopped. */
  private onSignal(packet: unknown): void {
    if (typeof packet !== 'object' || packet === null || Reflect.get(packet, 'op') !== SPEAKING) return;
    const data: unknown = Reflect.get(packet, 'd');
    const speaking: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'speaking') : 0;
    if (speaking !== 0) this.lastSpeakingAt = monotonicMs();
  }

  private onPacket(userId: string, opus: Buffer): void {
    this.badInARow = 0;
    if (this.current === undefined || opus.length === 0) return;
    const { header, at } = this.current;
    this.events.packet({ userId, sequence: header.sequence, arrivedAt: at, opus });
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

/** Voice gateway opcode 5. */
const SPEAKING = 5;

function isEmitter(value: unknown): value is EventEmitter {
  return typeof value === 'object' && value !== null && 'prependListener' in value;
}
