import { randomBytes } from 'node:crypto';
import { GatewayCloseCodes, GatewayDispatchEvents, GatewayOpcodes } from 'discord-api-types/v10';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { Application } from '../world/model.ts';
import { guildCreateJson, memberJson, userJson } from '../world/serialize.ts';
import type { Encoder } from './compression.ts';
import { KNOWN, PRIVILEGED } from './intents.ts';
import type { GatewayParts } from './server.ts';
import { GatewaySession, type Link } from './session.ts';

const HEARTBEAT_INTERVAL = 41_250;
/** Discord allows this many payloads a minute, then closes with 4008. */
const SENDS_PER_MINUTE = 120;

const payloadSchema = z.object({ op: z.number().int(), d: z.unknown() });
const identifySchema = z.object({
  token: z.string(),
  intents: z.number().int().nonnegative(),
  properties: z.object({}).loose(),
  compress: z.boolean().optional(),
  large_threshold: z.number().int().min(50).max(250).optional(),
  shard: z.tuple([z.number().int().min(0), z.number().int().min(1)]).optional(),
});
const resumeSchema = z.object({ token: z.string(), session_id: z.string(), seq: z.number().int() });
const voiceStateSchema = z.object({
  guild_id: z.string(),
  channel_id: z.string().nullable(),
  self_mute: z.boolean(),
  self_deaf: z.boolean(),
});
const membersSchema = z.object({
  guild_id: z.string(),
  query: z.string().optional(),
  limit: z.number().int().optional(),
  user_ids: z.union([z.string(), z.array(z.string())]).optional(),
  nonce: z.string().optional(),
});

/** One socket of the main gateway: from HELLO to its close. */
export class GatewayConnection {
  readonly #socket: WebSocket;
  readonly #encoder: Encoder;
  readonly #parts: GatewayParts;
  readonly #link: Link;
  #session: GatewaySession | undefined;
  #heartbeatTimer: NodeJS.Timeout | undefined;
  #sends: number[] = [];

  constructor(socket: WebSocket, encoder: Encoder, parts: GatewayParts) {
    this.#socket = socket;
    this.#encoder = encoder;
    this.#parts = parts;
    this.#link = {
      send: (payload) => this.#send(payload),
      close: (code, reason) => socket.close(code, reason),
    };
    socket.on('message', (data, binary) => this.#onMessage(data.toString(), binary));
    socket.on('close', (code) => this.#onClose(code));
    socket.on('error', () => socket.terminate());
    this.#send({ op: GatewayOpcodes.Hello, d: { heartbeat_interval: HEARTBEAT_INTERVAL } });
    this.#expectHeartbeat();
  }

  #send(payload: unknown): void {
    this.#encoder.encode(JSON.stringify(payload)).then(
      (data) => {
        if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(data);
      },
      () => this.#socket.terminate(),
    );
  }

  #expectHeartbeat(): void {
    clearTimeout(this.#heartbeatTimer);
    this.#heartbeatTimer = setTimeout(
      () => this.#socket.close(GatewayCloseCodes.SessionTimedOut, 'Session timed out.'),
      HEARTBEAT_INTERVAL * 1.5,
    );
  }

  #onMessage(text: string, binary: boolean): void {
    const now = this.#parts.world.clock.now();
    this.#sends = this.#sends.filter((at) => now - at < 60_000);
    this.#sends.push(now);
    if (this.#sends.length > SENDS_PER_MINUTE) {
      this.#socket.close(GatewayCloseCodes.RateLimited, 'Rate limited.');
      return;
    }
    const payload = binary ? undefined : parse(text);
    if (!payload) {
      this.#socket.close(GatewayCloseCodes.DecodeError, 'Error while decoding payload.');
      return;
    }
    this.#handle(payload.op, payload.d);
  }

  #handle(op: number, data: unknown): void {
    switch (op) {
      case GatewayOpcodes.Heartbeat:
        this.#expectHeartbeat();
        this.#send({ op: GatewayOpcodes.HeartbeatAck });
        return;
      case GatewayOpcodes.Identify:
        this.#identify(data);
        return;
      case GatewayOpcodes.Resume:
        this.#resume(data);
        return;
      default:
        break;
    }
    if (!this.#session) {
      this.#socket.close(GatewayCloseCodes.NotAuthenticated, 'Not authenticated.');
      return;
    }
    switch (op) {
      case GatewayOpcodes.VoiceStateUpdate:
        this.#voiceState(this.#session, data);
        return;
      case GatewayOpcodes.RequestGuildMembers:
        this.#members(this.#session, data);
        return;
      case GatewayOpcodes.PresenceUpdate:
        return;
      default:
        this.#socket.close(GatewayCloseCodes.UnknownOpcode, 'Unknown opcode.');
    }
  }

  #identify(data: unknown): void {
    if (this.#session) {
      this.#socket.close(GatewayCloseCodes.AlreadyAuthenticated, 'Already authenticated.');
      return;
    }
    const identify = identifySchema.safeParse(data);
    if (!identify.success) {
      this.#socket.close(GatewayCloseCodes.DecodeError, 'Error while decoding payload.');
      return;
    }
    const { token, intents, shard = [0, 1] } = identify.data;
    const application = this.#parts.world.applicationByToken(token.replace(/^Bot /, ''));
    const refusal = application ? refuse(application, intents, shard) : authenticationFailed;
    if (!application || refusal) {
      const { code, reason } = refusal ?? authenticationFailed;
      this.#parts.timeline.record('gatewayClosed', { detail: `${code} ${reason}` });
      this.#socket.close(code, reason);
      return;
    }
    this.#parts.timeline.record('gatewayIdentify', { userId: application.user.id });
    this.#forgetDisconnected(application, shard);
    const session = new GatewaySession(
      randomBytes(16).toString('hex'),
      application,
      { intents, shard },
      this.#link,
    );
    this.#session = session;
    this.#parts.hub.add(session);
    this.#ready(session);
  }

  /** A restarted client left a session behind without closing it: Discord drops its voice connections. */
  #forgetDisconnected(application: Application, shard: readonly [number, number]): void {
    for (const old of this.#parts.hub.of(application.id)) {
      if (old.connected || old.shard[0] !== shard[0]) continue;
      this.#parts.hub.remove(old);
      if (!this.#parts.faults.keepVoiceAcrossIdentify) this.#parts.voiceStates.dropSession(old.id);
    }
  }

  #ready(session: GatewaySession): void {
    const { world } = this.#parts;
    const guilds = [...world.guilds.values()].filter(
      (guild) => guild.applications.has(session.application.id) && session.servesGuild(guild.id),
    );
    this.#parts.timeline.record('gatewayReady', { userId: session.application.user.id });
    session.dispatch(GatewayDispatchEvents.Ready, {
      v: 10,
      user: {
        ...userJson(session.application.user),
        verified: true,
        mfa_enabled: true,
        email: null,
        flags: 0,
      },
      guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
      session_id: session.id,
      session_type: 'normal',
      resume_gateway_url: this.#parts.url(),
      shard: session.shard,
      application: { id: session.application.id, flags: 0 },
      user_settings: {},
      relationships: [],
      private_channels: [],
      presences: [],
      _trace: [],
    });
    for (const guild of guilds) session.dispatch(GatewayDispatchEvents.GuildCreate, guildCreateJson(guild));
  }

  #resume(data: unknown): void {
    const resume = resumeSchema.safeParse(data);
    if (!resume.success) {
      this.#socket.close(GatewayCloseCodes.DecodeError, 'Error while decoding payload.');
      return;
    }
    const application = this.#parts.world.applicationByToken(resume.data.token.replace(/^Bot /, ''));
    if (!application) {
      this.#socket.close(GatewayCloseCodes.AuthenticationFailed, 'Authentication failed.');
      return;
    }
    const session = this.#parts.hub.sessions.get(resume.data.session_id);
    const about = { userId: application.user.id };
    if (session?.application !== application || !session.resume(this.#link, resume.data.seq)) {
      this.#parts.timeline.record('gatewayInvalidSession', about);
      this.#send({ op: GatewayOpcodes.InvalidSession, d: false });
      return;
    }
    this.#session = session;
    this.#parts.timeline.record('gatewayResumed', about);
  }

  #voiceState(session: GatewaySession, data: unknown): void {
    const request = voiceStateSchema.safeParse(data);
    if (!request.success) {
      this.#socket.close(GatewayCloseCodes.DecodeError, 'Error while decoding payload.');
      return;
    }
    this.#parts.voiceStates.request(session.application.user.id, session.id, {
      guildId: request.data.guild_id,
      channelId: request.data.channel_id,
      selfMute: request.data.self_mute,
      selfDeaf: request.data.self_deaf,
    });
  }

  #members(session: GatewaySession, data: unknown): void {
    const parsed = membersSchema.safeParse(data);
    const guild = parsed.success ? this.#parts.world.guilds.get(parsed.data.guild_id) : undefined;
    if (!parsed.success || !guild?.applications.has(session.application.id)) return;
    const wanted = selectMembers(parsed.data);
    const members = [...guild.members.values()].filter((member) => wanted(member.user));
    const nonce = parsed.data.nonce;
    session.dispatch(GatewayDispatchEvents.GuildMembersChunk, {
      guild_id: guild.id,
      members: members.map(memberJson),
      chunk_index: 0,
      chunk_count: 1,
      not_found: [],
      presences: [],
      ...(nonce === undefined ? {} : { nonce }),
    });
  }

  #onClose(code: number): void {
    clearTimeout(this.#heartbeatTimer);
    this.#encoder.close();
    const session = this.#session;
    if (!session) return;
    session.detach(this.#link);
    this.#parts.timeline.record('gatewayClosed', {
      userId: session.application.user.id,
      detail: String(code),
    });
    // A client that says good-bye with 1000 or 1001 gives its session up.
    if ((code === 1000 || code === 1001) && !session.connected) {
      this.#parts.hub.remove(session);
      this.#parts.voiceStates.dropSession(session.id);
    }
  }
}

const authenticationFailed = {
  code: GatewayCloseCodes.AuthenticationFailed,
  reason: 'Authentication failed.',
};

function refuse(application: Application, intents: number, shard: readonly [number, number]) {
  if ((intents & ~KNOWN) !== 0)
    return { code: GatewayCloseCodes.InvalidIntents, reason: 'Invalid intent(s).' };
  if ((intents & PRIVILEGED & ~application.privilegedIntents) !== 0) {
    return { code: GatewayCloseCodes.DisallowedIntents, reason: 'Disallowed intent(s).' };
  }
  if (shard[0] >= shard[1]) return { code: GatewayCloseCodes.InvalidShard, reason: 'Invalid shard.' };
  return undefined;
}

function selectMembers(request: z.infer<typeof membersSchema>) {
  const ids = request.user_ids === undefined ? undefined : new Set([request.user_ids].flat());
  const prefix = request.query?.toLowerCase() ?? '';
  return (user: { id: string; username: string }) =>
    ids ? ids.has(user.id) : user.username.startsWith(prefix);
}

function parse(text: string): z.infer<typeof payloadSchema> | undefined {
  try {
    return payloadSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
