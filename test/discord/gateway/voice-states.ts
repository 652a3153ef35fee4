import { GatewayDispatchEvents, PermissionFlagsBits } from 'discord-api-types/v10';
import type { Faults } from '../faults.ts';
import type { Channel, Guild, Member, VoiceState } from '../world/model.ts';
import { may } from '../world/permissions.ts';
import { voiceStateJson } from '../world/serialize.ts';
import type { Timeline } from '../world/timeline.ts';
import type { World } from '../world/world.ts';
import type { GatewayHub } from './hub.ts';

/** Permission to open one voice connection: what VOICE_SERVER_UPDATE carries. */
export interface VoiceGrant {
  endpoint: string;
  token: string;
}

/** The voice servers, as signalling sees them. */
export interface VoiceServers {
  /** @param audible false for suppressed and server-muted members: their audio is relayed to nobody */
  grant(state: VoiceState, audible: boolean): VoiceGrant;
  update(state: VoiceState, audible: boolean): void;
  /** Ends the user's voice connection in the guild, with the close code that tells why. */
  revoke(guildId: string, userId: string, closeCode: number, reason: string): void;
}

export interface VoiceStateRequest {
  guildId: string;
  /** null leaves. */
  channelId: string | null;
  selfMute: boolean;
  selfDeaf: boolean;
}

const DISCONNECTED = 4014;

/**
 * Who is in which voice channel. Bots get here by opcode 4, people by the scenario; both are held to the
 * same rules, and both answers travel as VOICE_STATE_UPDATE first, VOICE_SERVER_UPDATE second.
 */
export class VoiceStates {
  readonly #world: World;
  readonly #hub: GatewayHub;
  readonly #servers: VoiceServers;
  readonly #timeline: Timeline;
  readonly #faults: Faults;
  readonly #followers = new Map<string, (grant: VoiceGrant, state: VoiceState) => void>();

  constructor(parts: {
    world: World;
    hub: GatewayHub;
    servers: VoiceServers;
    timeline: Timeline;
    faults: Faults;
  }) {
    this.#world = parts.world;
    this.#hub = parts.hub;
    this.#servers = parts.servers;
    this.#timeline = parts.timeline;
    this.#faults = parts.faults;
  }

  /**
   * Opcode 4. Discord answers what it refuses with nothing at all, so this returns the reason only for
   * the timeline.
   */
  request(userId: string, sessionId: string, request: VoiceStateRequest): VoiceGrant | undefined {
    const about = {
      userId,
      guildId: request.guildId,
      ...(request.channelId ? { channelId: request.channelId } : {}),
    };
    this.#timeline.record('opcode4', about);
    const guild = this.#world.guilds.get(request.guildId);
    const member = guild?.members.get(userId);
    if (!guild || !member) {
      this.#timeline.record('opcode4Ignored', { ...about, detail: 'not a member of the guild' });
      return undefined;
    }
    if (request.channelId === null) {
      this.leave(guild, userId, { closeCode: DISCONNECTED, reason: 'Disconnected.' });
      return undefined;
    }
    const channel = guild.channels.get(request.channelId);
    const refusal = channel ? refusalToJoin(guild, channel, member) : 'no such channel';
    if (!channel || refusal) {
      this.#timeline.record('opcode4Ignored', { ...about, detail: refusal ?? 'refused' });
      return undefined;
    }
    return this.#enter(guild, channel, member, sessionId, request);
  }

  #enter(
    guild: Guild,
    channel: Channel,
    member: Member,
    sessionId: string,
    flags: { selfMute: boolean; selfDeaf: boolean },
  ): VoiceGrant | undefined {
    const userId = member.user.id;
    const before = guild.voiceStates.get(userId);
    const state: VoiceState = {
      guildId: guild.id,
      channelId: channel.id,
      userId,
      sessionId,
      selfMute: flags.selfMute,
      selfDeaf: flags.selfDeaf,
      suppress: channel.kind === 'stage' || !may(guild, channel, member, PermissionFlagsBits.Speak),
    };
    guild.voiceStates.set(userId, state);

    const stays = before?.channelId === channel.id && before.sessionId === sessionId;
    const onlyFlags = stays && (before.selfMute !== flags.selfMute || before.selfDeaf !== flags.selfDeaf);
    if (onlyFlags) {
      this.#servers.update(state, audible(guild, state));
      this.#announce(guild, state);
      return undefined;
    }
    if (before && before.channelId !== channel.id) {
      this.#servers.revoke(guild.id, userId, DISCONNECTED, 'Disconnected.');
    }
    const grant = this.#servers.grant(state, audible(guild, state));
    this.#signal(guild, state, grant);
    return grant;
  }

  /** STATE before SERVER, unless a fault says otherwise. */
  #signal(guild: Guild, state: VoiceState, grant: VoiceGrant): void {
    const tellState = () => this.#announce(guild, state);
    const follower = this.#followers.get(`${guild.id} ${state.userId}`);
    if (follower) {
      tellState();
      follower(grant, state);
      return;
    }
    const tellServer = () => {
      if (this.#faults.takeWithheldServerUpdate(guild.id)) return;
      this.#serverUpdate(guild.id, state.userId, grant.token, grant.endpoint);
    };
    const run = () => {
      if (this.#faults.serverUpdateFirst(guild.id)) {
        tellServer();
        tellState();
      } else {
        tellState();
        tellServer();
      }
    };
    const delay = this.#faults.signallingDelay();
    if (delay > 0) this.#faults.later(delay, run);
    else run();
  }

  /** People have no gateway session: they are told of a voice server by a call. */
  follow(guildId: string, userId: string, follower: (grant: VoiceGrant, state: VoiceState) => void): void {
    this.#followers.set(`${guildId} ${userId}`, follower);
  }

  unfollowAll(): void {
    this.#followers.clear();
  }

  #announce(guild: Guild, state: Omit<VoiceState, 'channelId'> & { channelId: string | null }): void {
    const { guildId, userId, channelId } = state;
    this.#timeline.record('voiceStateUpdate', { guildId, userId, ...(channelId ? { channelId } : {}) });
    this.#hub.dispatchToGuild(guild.id, GatewayDispatchEvents.VoiceStateUpdate, voiceStateJson(guild, state));
  }

  #serverUpdate(guildId: string, userId: string, token: string, endpoint: string | null): void {
    this.#timeline.record('voiceServerUpdate', { guildId, userId });
    this.#hub.dispatchToApplication(userId, guildId, GatewayDispatchEvents.VoiceServerUpdate, {
      token,
      guild_id: guildId,
      endpoint,
    });
  }

  /** Leaving by oneself, being kicked, or a channel that went away: the same events, another close code. */
  leave(guild: Guild, userId: string, close: { closeCode: number; reason: string }): void {
    const state = guild.voiceStates.get(userId);
    if (!state) return;
    guild.voiceStates.delete(userId);
    this.#announce(guild, { ...state, channelId: null });
    this.#servers.revoke(guild.id, userId, close.closeCode, close.reason);
  }

  /** A moderator drags a member into another channel: the old connection closes with 4014. */
  move(guild: Guild, userId: string, channelId: string): VoiceGrant | undefined {
    const state = guild.voiceStates.get(userId);
    const channel = guild.channels.get(channelId);
    const member = guild.members.get(userId);
    if (!state || !channel || !member) return undefined;
    return this.#enter(guild, channel, member, state.sessionId, state);
  }

  /**
   * The guild's voice server goes away and another takes over: endpoint null first, then the new one
   * with a new token.
   */
  moveServer(guild: Guild, userId: string, closeCode: number): VoiceGrant | undefined {
    const state = guild.voiceStates.get(userId);
    if (!state) return undefined;
    this.#servers.revoke(guild.id, userId, closeCode, 'Voice server moved.');
    this.#serverUpdate(guild.id, userId, '', null);
    const grant = this.#servers.grant(state, audible(guild, state));
    this.#followers.get(`${guild.id} ${userId}`)?.(grant, state);
    this.#serverUpdate(guild.id, userId, grant.token, grant.endpoint);
    return grant;
  }

  setSuppressed(guild: Guild, userId: string, suppress: boolean): void {
    const state = guild.voiceStates.get(userId);
    if (!state) return;
    state.suppress = suppress;
    this.#servers.update(state, audible(guild, state));
    this.#announce(guild, state);
  }

  /** A moderator changed the member's mute or deafen. */
  refresh(guild: Guild, userId: string): void {
    const state = guild.voiceStates.get(userId);
    if (!state) return;
    this.#servers.update(state, audible(guild, state));
    this.#announce(guild, state);
  }

  /** Everything that depended on a gateway session which will not come back. */
  dropSession(sessionId: string): void {
    for (const guild of this.#world.guilds.values()) {
      for (const state of [...guild.voiceStates.values()]) {
        if (state.sessionId === sessionId) {
          this.leave(guild, state.userId, { closeCode: DISCONNECTED, reason: 'Disconnected.' });
        }
      }
    }
  }
}

function audible(guild: Guild, state: VoiceState): boolean {
  return !state.suppress && !(guild.members.get(state.userId)?.mute ?? false);
}

/** Why Discord would silently ignore the request, or undefined when it would not. */
export function refusalToJoin(guild: Guild, channel: Channel, member: Member): string | undefined {
  if (channel.kind === 'text') return 'not a voice channel';
  if (!may(guild, channel, member, PermissionFlagsBits.ViewChannel)) return 'VIEW_CHANNEL is missing';
  if (!may(guild, channel, member, PermissionFlagsBits.Connect)) return 'CONNECT is missing';
  const inside = [...guild.voiceStates.values()].filter(
    (state) => state.channelId === channel.id && state.userId !== member.user.id,
  ).length;
  const full = channel.userLimit > 0 && inside >= channel.userLimit;
  if (full && !may(guild, channel, member, PermissionFlagsBits.MoveMembers)) return 'the channel is full';
  return undefined;
}
