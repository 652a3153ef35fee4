import { VoiceCloseCodes, VoiceOpcodes } from 'discord-api-types/voice/v8';
import type { RawData, WebSocket } from 'ws';
import { z } from 'zod';
import type { VoiceMember } from './member.ts';
import { rawBytes } from './raw-bytes.ts';
import { isTransportMode } from './transport-cipher.ts';

export const HEARTBEAT_INTERVAL = 13_750;

const identifySchema = z.object({
  server_id: z.string(),
  user_id: z.string(),
  session_id: z.string(),
  token: z.string(),
  max_dave_protocol_version: z.number().int().optional(),
});
const selectSchema = z.object({
  protocol: z.string(),
  data: z.object({ address: z.string(), port: z.number().int(), mode: z.string() }),
});
const resumeSchema = z.object({
  server_id: z.string(),
  session_id: z.string(),
  token: z.string(),
  seq_ack: z.number().int().optional(),
});
const speakingSchema = z.object({
  speaking: z.number().int(),
  delay: z.number().optional(),
  ssrc: z.number().int(),
});
const transitionSchema = z.object({ transition_id: z.number().int() });
const payloadSchema = z.object({ op: z.number().int(), d: z.unknown() });

export type Identify = z.infer<typeof identifySchema>;
export type Resume = z.infer<typeof resumeSchema>;

/** A refusal that ends the connection. */
export interface Refusal {
  code: number;
  reason: string;
}

/** What a connection asks of the server behind it. */
export interface VoiceBackend {
  modes: readonly string[];
  udp: { ip: string; port: number };
  identify(socket: WebSocket, identify: Identify): VoiceMember | Refusal;
  resume(socket: WebSocket, resume: Resume): VoiceMember | Refusal;
  enter(member: VoiceMember): void;
  described(member: VoiceMember): void;
  speaking(member: VoiceMember): void;
  keyPackage(member: VoiceMember, body: Buffer): boolean;
  commit(member: VoiceMember, body: Buffer): boolean;
  transitionReady(member: VoiceMember, id: number): void;
  invalidCommit(member: VoiceMember, id: number): void;
  socketClosed(member: VoiceMember, socket: WebSocket, code: number): void;
  daveVersion(member: VoiceMember): number;
}

/** One WebSocket of the voice gateway, version 8. */
export class VoiceGatewayConnection {
  readonly #socket: WebSocket;
  readonly #backend: VoiceBackend;
  #member: VoiceMember | undefined;
  #heartbeatTimer: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, backend: VoiceBackend) {
    this.#socket = socket;
    this.#backend = backend;
    socket.on('message', (data, binary) => this.#onMessage(data, binary));
    socket.on('close', (code) => this.#onClose(code));
    socket.on('error', () => socket.terminate());
    socket.send(
      JSON.stringify({ op: VoiceOpcodes.Hello, d: { v: 8, heartbeat_interval: HEARTBEAT_INTERVAL } }),
    );
    this.#expectHeartbeat();
  }

  #expectHeartbeat(): void {
    clearTimeout(this.#heartbeatTimer);
    this.#heartbeatTimer = setTimeout(
      () => this.#close(VoiceCloseCodes.SessionTimeout, 'Session timeout.'),
      HEARTBEAT_INTERVAL * 2,
    );
  }

  #close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #onMessage(data: RawData, binary: boolean): void {
    const bytes = rawBytes(data);
    if (binary) {
      this.#onBinary(bytes);
      return;
    }
    const payload = parse(bytes.toString('utf8'));
    if (!payload) {
      this.#close(VoiceCloseCodes.FailedToDecode, 'Failed to decode payload.');
      return;
    }
    const { op, d } = payload;
    if (op === VoiceOpcodes.Heartbeat) this.#heartbeat(d);
    else if (op === VoiceOpcodes.Identify) this.#identify(d);
    else if (op === VoiceOpcodes.Resume) this.#resume(d);
    else if (!this.#member) this.#close(VoiceCloseCodes.NotAuthenticated, 'Not authenticated.');
    else this.#authenticated(this.#member, op, d);
  }

  #heartbeat(data: unknown): void {
    this.#expectHeartbeat();
    const t = typeof data === 'object' && data !== null && 't' in data ? data.t : data;
    this.#socket.send(JSON.stringify({ op: VoiceOpcodes.HeartbeatAck, d: { t } }));
  }

  #identify(data: unknown): void {
    const identify = identifySchema.safeParse(data);
    if (this.#member) this.#close(VoiceCloseCodes.AlreadyAuthenticated, 'Already authenticated.');
    else if (!identify.success) this.#close(VoiceCloseCodes.FailedToDecode, 'Failed to decode payload.');
    else {
      const outcome = this.#backend.identify(this.#socket, identify.data);
      if ('code' in outcome) {
        this.#close(outcome.code, outcome.reason);
        return;
      }
      this.#member = outcome;
      outcome.sendUnnumbered(VoiceOpcodes.Ready, {
        ssrc: outcome.ssrc,
        ...this.#backend.udp,
        modes: this.#backend.modes,
        experiments: [],
      });
      this.#backend.enter(outcome);
    }
  }

  #resume(data: unknown): void {
    const resume = resumeSchema.safeParse(data);
    if (!resume.success) {
      this.#close(VoiceCloseCodes.FailedToDecode, 'Failed to decode payload.');
      return;
    }
    const outcome = this.#backend.resume(this.#socket, resume.data);
    if ('code' in outcome) {
      this.#close(outcome.code, outcome.reason);
      return;
    }
    this.#member = outcome;
    outcome.resume(this.#socket, VoiceOpcodes.Resumed, resume.data.seq_ack ?? -1);
  }

  #authenticated(member: VoiceMember, op: number, data: unknown): void {
    switch (op) {
      case VoiceOpcodes.SelectProtocol:
        this.#selectProtocol(member, data);
        return;
      case VoiceOpcodes.Speaking:
        this.#speaking(member, data);
        return;
      case VoiceOpcodes.DaveTransitionReady:
      case VoiceOpcodes.DaveMlsInvalidCommitWelcome: {
        const parsed = transitionSchema.safeParse(data);
        if (!parsed.success) this.#close(VoiceCloseCodes.BadRequest, 'Bad request.');
        else if (op === VoiceOpcodes.DaveTransitionReady) {
          this.#backend.transitionReady(member, parsed.data.transition_id);
        } else this.#backend.invalidCommit(member, parsed.data.transition_id);
        return;
      }
      default:
        this.#close(VoiceCloseCodes.UnknownOpcode, 'Unknown opcode.');
    }
  }

  #selectProtocol(member: VoiceMember, data: unknown): void {
    const select = selectSchema.safeParse(data);
    if (!select.success || select.data.protocol !== 'udp') {
      this.#close(VoiceCloseCodes.UnknownProtocol, 'Unknown protocol.');
      return;
    }
    const { mode } = select.data.data;
    if (!isTransportMode(mode) || !this.#backend.modes.includes(mode)) {
      this.#close(VoiceCloseCodes.UnknownEncryptionMode, 'Unknown encryption mode.');
      return;
    }
    member.mode = mode;
    member.sendUnnumbered(VoiceOpcodes.SessionDescription, {
      mode,
      secret_key: [...member.secretKey],
      audio_codec: 'opus',
      media_session_id: member.sessionId,
      dave_protocol_version: this.#backend.daveVersion(member),
    });
    this.#backend.described(member);
  }

  #speaking(member: VoiceMember, data: unknown): void {
    const parsed = speakingSchema.safeParse(data);
    if (!parsed.success || parsed.data.ssrc !== member.ssrc) {
      this.#close(VoiceCloseCodes.BadRequest, 'Invalid SSRC.');
      return;
    }
    member.speaking = parsed.data.speaking;
    member.hasSpoken ||= parsed.data.speaking !== 0;
    this.#backend.speaking(member);
  }

  #onBinary(bytes: Buffer): void {
    const member = this.#member;
    if (!member) {
      this.#close(VoiceCloseCodes.NotAuthenticated, 'Not authenticated.');
      return;
    }
    const op = bytes.at(0);
    const body = bytes.subarray(1);
    const accepted =
      op === VoiceOpcodes.DaveMlsKeyPackage
        ? this.#backend.keyPackage(member, body)
        : op === VoiceOpcodes.DaveMlsCommitWelcome
          ? this.#backend.commit(member, body)
          : undefined;
    if (accepted === undefined) this.#close(VoiceCloseCodes.UnknownOpcode, 'Unknown opcode.');
    else if (!accepted) this.#close(VoiceCloseCodes.BadRequest, 'Bad request.');
  }

  #onClose(code: number): void {
    clearTimeout(this.#heartbeatTimer);
    if (this.#member) this.#backend.socketClosed(this.#member, this.#socket, code);
  }
}

function parse(text: string): z.infer<typeof payloadSchema> | undefined {
  try {
    return payloadSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
