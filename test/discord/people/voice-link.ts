import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { VoiceOpcodes } from 'discord-api-types/voice/v8';
import WebSocket from 'ws';
import { z } from 'zod';
import { discoveryRequest, parseDiscoveryResponse } from '../voice/ip-discovery.ts';
import { rawBytes } from '../voice/raw-bytes.ts';
import { buildRtp, mediaPayload, parseRtpHeader } from '../voice/rtp.ts';
import { isTransportMode, openPacket, sealPacket, type TransportMode } from '../voice/transport-cipher.ts';
import type { Clock } from '../world/clock.ts';
import { DaveMember } from './dave-member.ts';

export interface VoiceCredentials {
  endpoint: string;
  token: string;
  guildId: string;
  channelId: string;
  userId: string;
  sessionId: string;
  /** PEM of the CA to trust. */
  authority: string;
}

export interface HeardPacket {
  /** Monotonic milliseconds of arrival. */
  at: number;
  userId: string;
  sequence: number;
  timestamp: number;
  /** Undefined when end-to-end decryption failed. */
  opus: Buffer | undefined;
}

interface Events {
  packet: [HeardPacket];
  /** The connection can be used: media flows and, in company, the group includes us. */
  usable: [];
  closed: [code: number];
}

const message = z.object({ op: z.number(), d: z.unknown() });
const hello = z.object({ heartbeat_interval: z.number() });
const ready = z.object({ ssrc: z.number(), ip: z.string(), port: z.number(), modes: z.array(z.string()) });
const description = z.object({
  mode: z.string(),
  secret_key: z.array(z.number()),
  dave_protocol_version: z.number(),
});
const speaking = z.object({ user_id: z.string(), ssrc: z.number() });
const users = z.object({ user_ids: z.array(z.string()) });
const user = z.object({ user_id: z.string() });
const transition = z.object({ transition_id: z.number(), protocol_version: z.number() });
const executed = z.object({ transition_id: z.number() });
const epoch = z.object({ epoch: z.number(), protocol_version: z.number() });

const KEEPALIVE_MS = 5_000;
/** Packets kept from an SSRC whose Speaking message has not come yet. */
const EARLY_PACKETS = 50;

/**
 * A person's voice connection: a full client of its own over WSS and UDP, and a real DAVE member. It
 * shares with the server only the encoding of packets.
 */
export class VoiceLink extends EventEmitter<Events> {
  readonly #credentials: VoiceCredentials;
  readonly #clock: Clock;
  readonly #wantedMode: string | undefined;
  #chosenMode = '';
  readonly #socket: WebSocket;
  readonly #udp: Socket;
  readonly #speakers = new Map<number, string>();
  readonly #early = new Map<number, { at: number; packet: Buffer }[]>();
  readonly #company = new Set<string>();
  #dave: DaveMember | undefined;
  #daveVersion = 0;
  #executedOnce = false;
  #ssrc = 0;
  #server = { ip: '', port: 0 };
  #mode: TransportMode | undefined;
  #key: Uint8Array = new Uint8Array();
  #counter = 0;
  #sequenceAcknowledged = -1;
  #timers: NodeJS.Timeout[] = [];
  #closed = false;
  #failure: string | undefined;

  constructor(credentials: VoiceCredentials, clock: Clock, mode?: string) {
    super();
    this.#credentials = credentials;
    this.#clock = clock;
    this.#wantedMode = mode;
    this.#udp = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    this.#udp.on('message', (packet) => this.#onPacket(packet));
    this.#udp.on('error', () => {});
    this.#socket = new WebSocket(`wss://${credentials.endpoint}/?v=8`, { ca: credentials.authority });
    this.#socket.on('open', () => this.#identify());
    this.#socket.on('message', (data, binary) => {
      const bytes = rawBytes(data);
      try {
        if (binary) this.#onBinary(bytes);
        else this.#onMessage(bytes.toString('utf8'));
      } catch (error) {
        // One person's trouble must not end everybody's Discord: it leaves, and says why when asked.
        this.#failure = error instanceof Error ? error.message : String(error);
        this.close();
      }
    });
    this.#socket.on('error', () => {}); // 'close' follows with the code
    this.#socket.on('close', (code) => this.#onClose(code));
  }

  get usable(): boolean {
    if (this.#closed || !this.#mode) return false;
    return (
      this.#daveVersion === 0 ||
      this.#company.size === 0 ||
      (this.#executedOnce && (this.#dave?.ready ?? false))
    );
  }

  /** What the connection still waits for, for error messages. */
  get progress(): string {
    if (this.#failure !== undefined) return this.#failure;
    if (this.#closed) return 'closed by the server';
    if (this.#ssrc === 0) return 'waiting for Ready';
    if (!this.#mode) return 'waiting for IP discovery and Session Description';
    return `company ${this.#company.size}, end-to-end epoch ${this.#dave?.epoch ?? 'none'}`;
  }

  get privacyCode(): string {
    return this.#dave?.privacyCode ?? '';
  }

  #send(op: number, d: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }));
  }

  #sendBinary(op: number, body: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(Buffer.concat([Buffer.from([op]), body]));
  }

  #identify(): void {
    const { guildId, userId, sessionId, token } = this.#credentials;
    this.#send(VoiceOpcodes.Identify, {
      server_id: guildId,
      user_id: userId,
      session_id: sessionId,
      token,
      max_dave_protocol_version: 1,
    });
  }

  #onMessage(text: string): void {
    const { op, d, seq } = message.extend({ seq: z.number().optional() }).parse(JSON.parse(text));
    if (seq !== undefined) this.#sequenceAcknowledged = seq;
    switch (op) {
      case VoiceOpcodes.Hello:
        this.#every(hello.parse(d).heartbeat_interval, () =>
          this.#send(VoiceOpcodes.Heartbeat, { t: Date.now(), seq_ack: this.#sequenceAcknowledged }),
        );
        return;
      case VoiceOpcodes.Ready:
        this.#onReady(ready.parse(d));
        return;
      case VoiceOpcodes.SessionDescription:
        this.#onDescription(description.parse(d));
        return;
      case VoiceOpcodes.Speaking: {
        const { user_id: userId, ssrc } = speaking.parse(d);
        this.#speakers.set(ssrc, userId);
        for (const { at, packet } of this.#early.get(ssrc) ?? []) this.#onRtp(packet, at);
        this.#early.delete(ssrc);
        return;
      }
      case VoiceOpcodes.ClientsConnect:
        for (const id of users.parse(d).user_ids) this.#company.add(id);
        return;
      case VoiceOpcodes.ClientDisconnect:
        this.#company.delete(user.parse(d).user_id);
        this.#announceUsable();
        return;
      case VoiceOpcodes.DavePrepareTransition: {
        const prepared = transition.parse(d);
        this.#dave?.prepareTransition(prepared.transition_id, prepared.protocol_version);
        return;
      }
      case VoiceOpcodes.DaveExecuteTransition:
        this.#dave?.execute(executed.parse(d).transition_id);
        return;
      case VoiceOpcodes.DavePrepareEpoch: {
        const prepared = epoch.parse(d);
        this.#dave?.prepareEpoch(prepared.epoch, prepared.protocol_version);
        return;
      }
      default:
        return;
    }
  }

  #onReady(info: z.infer<typeof ready>): void {
    this.#ssrc = info.ssrc;
    this.#server = { ip: info.ip, port: info.port };
    const mode = this.#wantedMode ?? info.modes.find(isTransportMode);
    if (!mode || !info.modes.includes(mode)) {
      this.#socket.close(4016);
      return;
    }
    this.#chosenMode = mode;
    this.#udp.send(discoveryRequest(info.ssrc), info.port, info.ip);
    this.#every(KEEPALIVE_MS, () => this.#udp.send(Buffer.alloc(8), info.port, info.ip));
  }

  #onDescription(info: z.infer<typeof description>): void {
    if (!isTransportMode(info.mode)) return;
    this.#mode = info.mode;
    this.#key = Uint8Array.from(info.secret_key);
    this.#daveVersion = info.dave_protocol_version;
    const { userId, channelId } = this.#credentials;
    if (info.dave_protocol_version > 0) {
      this.#dave = new DaveMember(info.dave_protocol_version, userId, channelId, {
        keyPackage: (bytes) => this.#sendBinary(VoiceOpcodes.DaveMlsKeyPackage, bytes),
        commitWelcome: (bytes) => this.#sendBinary(VoiceOpcodes.DaveMlsCommitWelcome, bytes),
        transitionReady: (id) => this.#send(VoiceOpcodes.DaveTransitionReady, { transition_id: id }),
        invalid: (id) => this.#send(VoiceOpcodes.DaveMlsInvalidCommitWelcome, { transition_id: id }),
        executed: () => {
          this.#executedOnce = true;
          this.#announceUsable();
        },
      });
    }
    this.#announceUsable();
  }

  #announceUsable(): void {
    if (this.usable) this.emit('usable');
  }

  #onBinary(bytes: Buffer): void {
    if (bytes.length < 3) return;
    this.#sequenceAcknowledged = bytes.readUInt16BE(0);
    const body = bytes.subarray(3);
    switch (bytes.readUInt8(2)) {
      case VoiceOpcodes.DaveMlsExternalSender:
        this.#dave?.externalSender(body);
        return;
      case VoiceOpcodes.DaveMlsProposals:
        this.#dave?.proposals(body, [...this.#company, this.#credentials.userId]);
        return;
      case VoiceOpcodes.DaveMlsAnnounceCommitTransition:
        this.#dave?.commit(body);
        return;
      case VoiceOpcodes.DaveMlsWelcome:
        this.#dave?.welcome(body);
        return;
      default:
        return;
    }
  }

  #onPacket(packet: Buffer): void {
    const at = this.#clock.now();
    const discovered = parseDiscoveryResponse(packet);
    if (discovered) {
      this.#send(VoiceOpcodes.SelectProtocol, {
        protocol: 'udp',
        data: { ...discovered, mode: this.#chosenMode },
      });
      return;
    }
    this.#onRtp(packet, at);
  }

  #onRtp(packet: Buffer, at: number): void {
    const header = parseRtpHeader(packet);
    if (!header || !this.#mode) return;
    const userId = this.#speakers.get(header.ssrc);
    if (!userId) {
      const early = this.#early.get(header.ssrc) ?? [];
      if (early.length < EARLY_PACKETS) early.push({ at, packet });
      this.#early.set(header.ssrc, early);
      return;
    }
    const payload = openPacket(this.#mode, this.#key, packet, header.clearLength);
    const media = payload && mediaPayload(header, payload);
    if (!media) return;
    const opus = this.#dave ? this.#dave.decrypt(userId, media) : media;
    this.emit('packet', { at, userId, sequence: header.sequence, timestamp: header.timestamp, opus });
  }

  speaking(on: boolean): void {
    this.#send(VoiceOpcodes.Speaking, { speaking: on ? 1 : 0, delay: 0, ssrc: this.#ssrc });
  }

  /** Encrypts end to end and for the transport; the caller decides when the packet leaves. */
  seal(packet: {
    sequence: number;
    timestamp: number;
    opus: Buffer;
    extension: boolean;
    padding: boolean;
  }): Buffer {
    if (!this.#mode) throw new Error('the voice connection is not established');
    const media = this.#dave?.encrypt(packet.opus) ?? packet.opus;
    const { header, payload } = buildRtp({ ...packet, ssrc: this.#ssrc, media });
    this.#counter += 1;
    return sealPacket(this.#mode, this.#key, header, payload, this.#counter);
  }

  transmit(packet: Buffer): void {
    if (!this.#closed) this.#udp.send(packet, this.#server.port, this.#server.ip);
  }

  #every(milliseconds: number, run: () => void): void {
    this.#timers.push(setInterval(run, milliseconds));
  }

  #onClose(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#udp.close();
    this.#dave?.close();
    this.emit('closed', code);
  }

  close(): void {
    this.#socket.close(1000);
    this.#onClose(1000);
  }
}
