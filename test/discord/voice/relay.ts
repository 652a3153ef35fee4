import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Clock } from '../world/clock.ts';
import type { Timeline } from '../world/timeline.ts';
import { discoveryResponse, parseDiscoveryRequest } from './ip-discovery.ts';
import type { VoiceMember } from './member.ts';
import type { Room } from './room.ts';
import { parseRtpHeader } from './rtp.ts';
import { openPacket, sealPacket } from './transport-cipher.ts';

/** A pause this long begins a new spurt in the timeline. */
const SPURT_GAP_MS = 400;
const KEEPALIVE_LENGTH = 8;
/** One second of audio. */
const HELD_PACKETS = 50;

/** The members by SSRC, and the room of each. */
export interface Directory {
  bySsrc(ssrc: number): VoiceMember | undefined;
  /** The member whose discovered address it is. */
  byAddress(host: string, port: number): VoiceMember | undefined;
  room(member: VoiceMember): Room | undefined;
}

/**
 * The selective forwarding unit: takes the transport encryption off, puts the receiver's on, and leaves
 * header, order and the end-to-end encrypted media as they came.
 */
export class Relay {
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #directory: Directory;
  #socket: Socket | undefined;

  constructor(clock: Clock, timeline: Timeline, directory: Directory) {
    this.#clock = clock;
    this.#timeline = timeline;
    this.#directory = directory;
  }

  async start(host: string): Promise<number> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20, sendBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, host, () => resolve());
    });
    socket.removeAllListeners('error');
    socket.on('error', () => {}); // ICMP errors of receivers that are gone
    socket.on('message', (packet, from) => this.#onPacket(packet, from));
    this.#socket = socket;
    return socket.address().port;
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #onPacket(packet: Buffer, from: RemoteInfo): void {
    const discovered = parseDiscoveryRequest(packet);
    if (discovered !== undefined) {
      this.#discover(discovered, from);
      return;
    }
    if (packet.length === KEEPALIVE_LENGTH) {
      this.#keptAlive(from);
      return;
    }
    const header = parseRtpHeader(packet);
    const member = header && this.#directory.bySsrc(header.ssrc);
    if (!header || !member?.mode || this.#dropped(member)) return;
    if (member.address?.port !== from.port || member.address.host !== from.address) {
      this.#refuse(member, 'address does not match the discovered one');
      return;
    }
    if (!member.hasSpoken) {
      // UDP may overtake the WebSocket for a moment; a client that never sends Speaking is not heard.
      if (member.heldPackets.length < HELD_PACKETS) member.heldPackets.push(packet);
      else this.#refuse(member, 'RTP without a Speaking message before it');
      return;
    }
    this.#relay(member, packet, header.clearLength);
  }

  /** The member's first Speaking has been passed on: what overtook it may follow. */
  release(member: VoiceMember): void {
    if (!member.hasSpoken) return;
    const held = member.heldPackets;
    member.heldPackets = [];
    for (const packet of held) {
      const header = parseRtpHeader(packet);
      if (header) this.#relay(member, packet, header.clearLength);
    }
  }

  #relay(member: VoiceMember, packet: Buffer, clearLength: number): void {
    if (!member.mode) return;
    const payload = openPacket(member.mode, member.secretKey, packet, clearLength);
    if (!payload) {
      this.#refuse(member, 'transport decryption failed');
      return;
    }
    this.#notice(member);
    if (member.audible) this.#forward(member, packet.subarray(0, clearLength), payload);
  }

  #forward(from: VoiceMember, header: Buffer, payload: Buffer): void {
    for (const member of this.#directory.room(from)?.members ?? []) {
      if (member === from || !member.mode || !member.address || this.#dropped(member)) continue;
      member.sendCounter += 1;
      const packet = sealPacket(member.mode, member.secretKey, header, payload, member.sendCounter);
      this.#socket?.send(packet, member.address.port, member.address.host);
    }
  }

  #discover(ssrc: number, from: RemoteInfo): void {
    const member = this.#directory.bySsrc(ssrc);
    if (!member || this.#dropped(member)) return;
    member.address = { host: from.address, port: from.port };
    const { userId, guildId, channelId } = member;
    this.#timeline.record('voiceUdpReady', { userId, guildId, channelId });
    this.#socket?.send(discoveryResponse(ssrc, from.address, from.port), from.port, from.address);
  }

  #keptAlive({ address, port }: RemoteInfo): void {
    const member = this.#directory.byAddress(address, port);
    if (!member) return;
    const { userId, guildId, channelId } = member;
    this.#timeline.record('voiceKeepalive', { userId, guildId, channelId });
  }

  #dropped(member: VoiceMember): boolean {
    return member.dropUntil > this.#clock.now();
  }

  #notice(member: VoiceMember): void {
    const now = this.#clock.now();
    const { userId, guildId, channelId, lastRtpAt } = member;
    if (lastRtpAt === undefined) this.#timeline.record('firstRtp', { userId, guildId, channelId });
    if (lastRtpAt === undefined || now - lastRtpAt >= SPURT_GAP_MS) {
      this.#timeline.record('talkSpurt', { userId, guildId, channelId });
    }
    member.lastRtpAt = now;
  }

  #refuse(member: VoiceMember, detail: string): void {
    const { userId, guildId, channelId } = member;
    this.#timeline.record('rtpRefused', { userId, guildId, channelId, detail });
  }
}
