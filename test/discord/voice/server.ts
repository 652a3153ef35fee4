import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:https';
import { VoiceCloseCodes } from 'discord-api-types/voice/v8';
import { type WebSocket, WebSocketServer } from 'ws';
import type { VoiceGrant, VoiceServers } from '../gateway/voice-states.ts';
import { closeServer, listen } from '../listen.ts';
import type { Clock } from '../world/clock.ts';
import type { VoiceState } from '../world/model.ts';
import type { Timeline } from '../world/timeline.ts';
import {
  type Identify,
  type Refusal,
  type Resume,
  type VoiceBackend,
  VoiceGatewayConnection,
} from './connection.ts';
import { VoiceMember } from './member.ts';
import { Relay } from './relay.ts';
import { Room } from './room.ts';
import { TRANSPORT_MODES } from './transport-cipher.ts';

/** How long a session without a socket can be resumed. */
const RESUME_WINDOW_MS = 60_000;

export interface VoiceServerOptions {
  clock: Clock;
  timeline: Timeline;
  host: string;
  publicHost: string;
  dave: 'required' | 'off';
  modes?: readonly string[];
}

interface Grant extends VoiceGrant {
  state: VoiceState;
  audible: boolean;
  expired: boolean;
}

/** One voice server for all channels: WSS signalling, UDP relay, and the end-to-end delivery service. */
export class VoiceServer implements VoiceServers, VoiceBackend {
  readonly #options: VoiceServerOptions;
  readonly #relay: Relay;
  readonly #grants = new Map<string, Grant>();
  readonly #members = new Map<string, VoiceMember>();
  readonly #bySsrc = new Map<number, VoiceMember>();
  readonly #rooms = new Map<string, Room>();
  readonly #resumeTimers = new Map<VoiceMember, NodeJS.Timeout>();
  #nextSsrc = 1_000;
  #https: Server | undefined;
  #sockets: WebSocketServer | undefined;
  #endpoint = '';
  udp = { ip: '', port: 0 };
  readonly modes: readonly string[];

  constructor(options: VoiceServerOptions) {
    this.#options = options;
    this.modes = options.modes ?? TRANSPORT_MODES;
    this.#relay = new Relay(options.clock, options.timeline, {
      bySsrc: (ssrc) => this.#bySsrc.get(ssrc),
      byAddress: (host, port) =>
        [...this.#members.values()].find(({ address }) => address?.host === host && address.port === port),
      room: (member) => this.#rooms.get(member.channelId),
    });
  }

  /** host:port, as VOICE_SERVER_UPDATE tells it. */
  get endpoint(): string {
    return this.#endpoint;
  }

  async start(certificate: { key: string; cert: string }): Promise<void> {
    const { host, publicHost } = this.#options;
    const https = createServer(certificate);
    const sockets = new WebSocketServer({ server: https });
    sockets.on('connection', (socket, request) => {
      const version = new URL(request.url ?? '/', 'https://voice').searchParams.get('v');
      if (version === '8') new VoiceGatewayConnection(socket, this);
      else socket.close(VoiceCloseCodes.BadRequest, 'Only version 8 of the voice gateway is served.');
    });
    const port = await listen(https, 0, host);
    this.#https = https;
    this.#sockets = sockets;
    this.#endpoint = `${publicHost}:${port}`;
    const { address: ip } = await lookup(publicHost, { family: 4 });
    this.udp = { ip, port: await this.#relay.start(host) };
  }

  async stop(): Promise<void> {
    this.reset();
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
    this.#sockets?.close();
    if (this.#https) await closeServer(this.#https);
    await this.#relay.stop();
  }

  reset(): void {
    for (const member of [...this.#members.values()]) this.#end(member, 1001, 'The server goes away.');
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
    this.#grants.clear();
  }

  // --- what the main gateway asks for

  grant(state: VoiceState, audible: boolean): VoiceGrant {
    const grant = {
      endpoint: this.#endpoint,
      token: randomBytes(8).toString('hex'),
      state: { ...state },
      audible,
      expired: false,
    };
    this.#grants.set(key(state.guildId, state.userId), grant);
    return { endpoint: grant.endpoint, token: grant.token };
  }

  update(state: VoiceState, audible: boolean): void {
    const grant = this.#grants.get(key(state.guildId, state.userId));
    if (grant) grant.audible = audible;
    const member = this.#members.get(key(state.guildId, state.userId));
    if (member) member.audible = audible;
  }

  revoke(guildId: string, userId: string, closeCode: number, reason: string): void {
    this.#grants.delete(key(guildId, userId));
    const member = this.#members.get(key(guildId, userId));
    if (member) this.#end(member, closeCode, reason);
  }

  connectionState(guildId: string, userId: string): { connected: boolean; dave: boolean } {
    const member = this.#members.get(key(guildId, userId));
    return {
      connected: (member?.connected && member.established) ?? false,
      dave: member?.encrypted ?? false,
    };
  }

  // --- what a connection asks for

  identify(socket: WebSocket, identify: Identify): VoiceMember | Refusal {
    const { server_id: guildId, user_id: userId } = identify;
    const grant = this.#grants.get(key(guildId, userId));
    const about = { userId, guildId };
    if (!grant || grant.token !== identify.token || grant.expired) {
      return this.#refuse(about, VoiceCloseCodes.AuthenticationFailed, 'Authentication failed.');
    }
    if (grant.state.sessionId !== identify.session_id) {
      return this.#refuse(about, VoiceCloseCodes.SessionNoLongerValid, 'Session is no longer valid.');
    }
    const daveVersion = Math.min(identify.max_dave_protocol_version ?? 0, 1);
    if (this.#options.dave === 'required' && daveVersion === 0) {
      return this.#refuse(
        about,
        VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired,
        'E2EE/DAVE protocol required',
      );
    }
    const previous = this.#members.get(key(guildId, userId));
    if (previous)
      this.#end(previous, VoiceCloseCodes.SessionNoLongerValid, 'Replaced by another connection.');
    this.#nextSsrc += 1;
    const member = new VoiceMember(socket, {
      ...about,
      channelId: grant.state.channelId,
      sessionId: grant.state.sessionId,
      token: grant.token,
      ssrc: this.#nextSsrc,
      daveVersion: this.#options.dave === 'off' ? 0 : daveVersion,
      audible: grant.audible,
    });
    this.#members.set(key(guildId, userId), member);
    this.#bySsrc.set(member.ssrc, member);
    this.#options.timeline.record('voiceIdentify', { ...about, channelId: member.channelId });
    return member;
  }

  resume(_socket: WebSocket, resume: Resume): VoiceMember | Refusal {
    const member = [...this.#members.values()].find(
      (candidate) => candidate.sessionId === resume.session_id && candidate.guildId === resume.server_id,
    );
    if (!member || member.token !== resume.token) {
      return this.#refuse(
        { guildId: resume.server_id },
        VoiceCloseCodes.SessionNoLongerValid,
        'Session is no longer valid.',
      );
    }
    clearTimeout(this.#resumeTimers.get(member));
    this.#resumeTimers.delete(member);
    const { userId, guildId, channelId } = member;
    this.#options.timeline.record('voiceResumed', { userId, guildId, channelId });
    return member;
  }

  described(member: VoiceMember): void {
    const { userId, guildId, channelId } = member;
    this.#options.timeline.record('voiceSessionDescription', { userId, guildId, channelId });
    this.#room(channelId).described(member);
  }

  /** Called once Ready is on its way: the room's news must not come before it. */
  enter(member: VoiceMember): void {
    this.#room(member.channelId).join(member);
  }

  speaking(member: VoiceMember): void {
    const { userId, guildId, channelId } = member;
    this.#options.timeline.record('speaking', {
      userId,
      guildId,
      channelId,
      detail: String(member.speaking),
    });
    this.#rooms.get(channelId)?.speaking(member);
    this.#relay.release(member);
  }

  keyPackage(member: VoiceMember, body: Buffer): boolean {
    return this.#rooms.get(member.channelId)?.dave?.keyPackage(member, body) ?? false;
  }

  commit(member: VoiceMember, body: Buffer): boolean {
    return this.#rooms.get(member.channelId)?.dave?.commit(member, body) ?? false;
  }

  transitionReady(member: VoiceMember, id: number): void {
    this.#rooms.get(member.channelId)?.dave?.ready(member, id);
  }

  invalidCommit(member: VoiceMember, id: number): void {
    this.#rooms.get(member.channelId)?.dave?.invalidCommit(member, id);
  }

  daveVersion(member: VoiceMember): number {
    return member.daveVersion;
  }

  /** A client that says good-bye is gone; any other loss leaves time to resume. */
  socketClosed(member: VoiceMember, socket: WebSocket, code: number): void {
    if (!member.owns(socket) && member.connected) return;
    const { userId, guildId, channelId } = member;
    this.#options.timeline.record('voiceClosed', { userId, guildId, channelId, detail: String(code) });
    member.detach(socket);
    if (this.#members.get(key(guildId, userId)) !== member) return;
    if (code === 1000 || code === 1001) {
      this.#end(member, code, '');
      return;
    }
    clearTimeout(this.#resumeTimers.get(member));
    this.#resumeTimers.set(
      member,
      setTimeout(
        () => this.#end(member, VoiceCloseCodes.SessionTimeout, 'Session timeout.'),
        RESUME_WINDOW_MS,
      ),
    );
  }

  // --- faults

  closeConnection(guildId: string, userId: string, code: number): void {
    const member = this.#members.get(key(guildId, userId));
    if (!member) return;
    const resumable = code === VoiceCloseCodes.VoiceServerCrashed || code < 4000;
    if (resumable) member.interrupt(code);
    else this.#end(member, code, 'Closed by a fault.');
  }

  expireTokens(guildId: string): void {
    for (const grant of this.#grants.values()) if (grant.state.guildId === guildId) grant.expired = true;
  }

  dropUdp(guildId: string, userId: string, milliseconds: number): void {
    const member = this.#members.get(key(guildId, userId));
    if (member) member.dropUntil = this.#options.clock.now() + milliseconds;
  }

  clearFaults(): void {
    for (const member of this.#members.values()) member.dropUntil = 0;
  }

  #room(channelId: string): Room {
    let room = this.#rooms.get(channelId);
    if (!room) {
      room = new Room(channelId, this.#options.dave !== 'off', this.#options.timeline);
      this.#rooms.set(channelId, room);
    }
    return room;
  }

  #end(member: VoiceMember, code: number, reason: string): void {
    clearTimeout(this.#resumeTimers.get(member));
    this.#resumeTimers.delete(member);
    this.#members.delete(key(member.guildId, member.userId));
    this.#bySsrc.delete(member.ssrc);
    const room = this.#rooms.get(member.channelId);
    room?.leave(member);
    if (room?.size === 0) {
      room.close();
      this.#rooms.delete(member.channelId);
    }
    member.close(code, reason);
  }

  #refuse(about: { userId?: string; guildId: string }, code: number, reason: string): Refusal {
    this.#options.timeline.record('voiceClosed', { ...about, detail: `${code} ${reason}` });
    return { code, reason };
  }
}

function key(guildId: string, userId: string): string {
  return `${guildId} ${userId}`;
}
