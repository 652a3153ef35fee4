import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { u8, u16 } from '../mls/writer.ts';
import type { TransportMode } from './transport-cipher.ts';

/** How many numbered messages are kept for a resuming client. */
const REPLAY_LIMIT = 512;

/** One user's voice connection as the server holds it. Outlives its socket until it is ended or resumed. */
export class VoiceMember {
  readonly userId: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly ssrc: number;
  readonly daveVersion: number;
  readonly secretKey: Uint8Array = randomBytes(32);
  /** Set by Select Protocol. */
  mode: TransportMode | undefined;
  /** Set by IP discovery. */
  address: { host: string; port: number } | undefined;
  speaking = 0;
  hasSpoken = false;
  audible = true;
  /** Relay counters and the spurt detector's memory. */
  sendCounter = 0;
  lastRtpAt: number | undefined;
  /** In an executed end-to-end epoch. */
  encrypted = false;
  dropUntil = 0;
  /** RTP that overtook the first Speaking message. */
  heldPackets: Buffer[] = [];
  #socket: WebSocket | undefined;
  #sequence = 0;
  #replay: { sequence: number; data: string | Buffer }[] = [];

  constructor(
    socket: WebSocket,
    about: {
      userId: string;
      guildId: string;
      channelId: string;
      sessionId: string;
      token: string;
      ssrc: number;
      daveVersion: number;
      audible: boolean;
    },
  ) {
    this.#socket = socket;
    this.userId = about.userId;
    this.guildId = about.guildId;
    this.channelId = about.channelId;
    this.sessionId = about.sessionId;
    this.token = about.token;
    this.ssrc = about.ssrc;
    this.daveVersion = about.daveVersion;
    this.audible = about.audible;
  }

  get connected(): boolean {
    return this.#socket !== undefined;
  }

  get usesDave(): boolean {
    return this.daveVersion > 0;
  }

  /** Media can flow: UDP is discovered and the session described. */
  get established(): boolean {
    return this.address !== undefined && this.mode !== undefined;
  }

  owns(socket: WebSocket): boolean {
    return this.#socket === socket;
  }

  /** Messages of the handshake carry no number and are not replayed. */
  sendUnnumbered(op: number, d: unknown): void {
    this.#transmit(JSON.stringify({ op, d }));
  }

  send(op: number, d: unknown): void {
    const sequence = this.#next();
    this.#keep(sequence, JSON.stringify({ op, d, seq: sequence }));
  }

  sendBinary(op: number, payload: Buffer): void {
    const sequence = this.#next();
    this.#keep(sequence, Buffer.concat([u16(sequence), u8(op), payload]));
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return this.#sequence;
  }

  #keep(sequence: number, data: string | Buffer): void {
    this.#replay.push({ sequence, data });
    if (this.#replay.length > REPLAY_LIMIT) this.#replay.shift();
    this.#transmit(data);
  }

  #transmit(data: string | Buffer): void {
    if (this.#socket?.readyState === this.#socket?.OPEN) this.#socket?.send(data);
  }

  /** The socket is gone; the session waits for a resume. */
  detach(socket: WebSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }

  /** A new socket takes over: RESUMED, then everything the client has not acknowledged. */
  resume(socket: WebSocket, resumedOp: number, acknowledged: number): void {
    const previous = this.#socket;
    this.#socket = socket;
    if (previous && previous !== socket) previous.terminate();
    this.sendUnnumbered(resumedOp, null);
    for (const { sequence, data } of this.#replay) {
      if (isAfter(sequence, acknowledged)) this.#transmit(data);
    }
  }

  close(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code, reason);
  }

  /** Closes the socket but keeps the session, as a crashing voice server does. */
  interrupt(code: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (code === 1006) socket?.terminate();
    else socket?.close(code, 'Closed by a fault.');
  }
}

/** Sequence numbers are 16 bits and wrap; -1 means nothing was received. */
function isAfter(sequence: number, acknowledged: number): boolean {
  if (acknowledged < 0) return true;
  const distance = (sequence - acknowledged) & 0xffff;
  return distance > 0 && distance < 0x8000;
}
