/**
 * What the gateway remembers of a guild: enough to compute the bot's permissions and to say who is in a voice
 * channel, and nothing else. A bot in a large guild costs kilobytes, not a member list.
 */
import {
  type APIChannel,
  type APIGuildMember,
  type APIRole,
  type ChannelType,
  GatewayDispatchEvents as Event,
  type GatewayDispatchPayload,
  type GatewayGuildCreateDispatchData,
  type GatewayVoiceState,
} from 'discord-api-types/v10';
import { guildPermissions, type PermissionOverwrite, permissionsIn } from '../../src/discord/permissions.ts';
import type { GuildSnapshot } from './guild-snapshot.ts';

export interface CachedChannel {
  readonly id: string;
  readonly name: string;
  readonly type: ChannelType;
  readonly userLimit: number;
  readonly overwrites: readonly PermissionOverwrite[];
}

export interface CachedMember {
  readonly userId: string;
  readonly displayName: string;
  readonly bot: boolean;
  /** Role ids, without @everyone. */
  readonly roles: readonly string[];
}

export interface CachedVoiceState {
  readonly userId: string;
  readonly channelId: string;
  readonly sessionId: string;
  readonly selfMute: boolean;
  readonly selfDeaf: boolean;
  readonly mute: boolean;
  readonly deaf: boolean;
  readonly suppress: boolean;
}

export interface CachedGuild {
  readonly id: string;
  name: string;
  ownerId: string;
  /** Discord's preferred_locale, e.g. `de`. */
  locale: string;
  /** Role ids of the bot itself. */
  botRoles: readonly string[];
  readonly roles: Map<string, bigint>;
  readonly channels: Map<string, CachedChannel>;
  /** Members seen in voice, by user id. */
  readonly members: Map<string, CachedMember>;
  readonly voiceStates: Map<string, CachedVoiceState>;
}

export class GuildCache {
  readonly #guilds = new Map<string, CachedGuild>();
  /** Named by READY, their GUILD_CREATE is still to come. */
  readonly #pending = new Set<string>();
  #botUserId = '';

  get size(): number {
    return this.#guilds.size;
  }

  get(guildId: string): CachedGuild | undefined {
    return this.#guilds.get(guildId);
  }

  values(): Iterable<CachedGuild> {
    return this.#guilds.values();
  }

  /** Whether the bot is not a member there: READY did not name it, and nothing came since. */
  isForeign(guildId: string): boolean {
    return this.#botUserId !== '' && !this.#guilds.has(guildId) && !this.#pending.has(guildId);
  }

  /**
   * A fresh READY of one shard: what was known of its guilds belongs to a session that is gone.
   * @param guildIds the guilds that READY names
   * @param ofShard whether a guild is on that shard
   */
  reset(
    botUserId: string,
    guildIds: readonly string[],
    ofShard: (guildId: string) => boolean = () => true,
  ): void {
    this.#botUserId = botUserId;
    for (const id of [...this.#guilds.keys(), ...this.#pending]) {
      if (!ofShard(id)) continue;
      this.#guilds.delete(id);
      this.#pending.delete(id);
    }
    for (const id of guildIds) this.#pending.add(id);
  }

  /** What a gateway must know to resume the session of one shard. */
  snapshot(ofShard: (guildId: string) => boolean): GuildSnapshot {
    return {
      botUserId: this.#botUserId,
      guilds: [...this.#guilds.values()].filter(({ id }) => ofShard(id)),
      pending: [...this.#pending].filter(ofShard),
    };
  }

  /** Adds what an earlier gateway knew of one shard, before its session is resumed. */
  restore({ botUserId, guilds, pending }: GuildSnapshot): void {
    this.#botUserId = botUserId;
    for (const guild of guilds) this.#guilds.set(guild.id, guild);
    for (const id of pending) this.#pending.add(id);
  }

  /** Applies one dispatch. Anything that is not about guilds, channels, roles or voice is ignored. */
  apply(payload: GatewayDispatchPayload): void {
    switch (payload.t) {
      case Event.GuildCreate:
        this.#pending.delete(payload.d.id);
        this.#guilds.set(payload.d.id, guildFrom(payload.d, this.#botUserId));
        return;
      case Event.GuildUpdate: {
        const guild = this.#guilds.get(payload.d.id);
        if (guild === undefined) return;
        guild.name = payload.d.name;
        guild.ownerId = payload.d.owner_id;
        guild.locale = payload.d.preferred_locale;
        for (const role of payload.d.roles) guild.roles.set(role.id, BigInt(role.permissions));
        return;
      }
      case Event.GuildDelete:
        this.#guilds.delete(payload.d.id);
        // `unavailable`: an outage at Discord; GUILD_CREATE follows. Otherwise the bot was removed.
        if (payload.d.unavailable === true) this.#pending.add(payload.d.id);
        else this.#pending.delete(payload.d.id);
        return;
      case Event.GuildRoleCreate:
      case Event.GuildRoleUpdate:
        this.#guilds
          .get(payload.d.guild_id)
          ?.roles.set(payload.d.role.id, BigInt(payload.d.role.permissions));
        return;
      case Event.GuildRoleDelete:
        this.#guilds.get(payload.d.guild_id)?.roles.delete(payload.d.role_id);
        return;
      case Event.ChannelCreate:
      case Event.ChannelUpdate:
        if ('guild_id' in payload.d && payload.d.guild_id !== undefined) {
          this.#guilds.get(payload.d.guild_id)?.channels.set(payload.d.id, channelFrom(payload.d));
        }
        return;
      case Event.ChannelDelete:
        if ('guild_id' in payload.d && payload.d.guild_id !== undefined) {
          this.#guilds.get(payload.d.guild_id)?.channels.delete(payload.d.id);
        }
        return;
      case Event.GuildMemberUpdate: {
        const guild = this.#guilds.get(payload.d.guild_id);
        if (guild === undefined) return;
        if (payload.d.user.id === this.#botUserId) guild.botRoles = payload.d.roles;
        if (guild.members.has(payload.d.user.id)) {
          guild.members.set(payload.d.user.id, memberFrom({ ...payload.d, user: payload.d.user }));
        }
        return;
      }
      case Event.VoiceStateUpdate:
        this.#applyVoiceState(payload.d.guild_id, payload.d, payload.d.member);
        return;
      default:
        return;
    }
  }

  /** The bot's permissions in a channel. */
  botPermissions(guild: CachedGuild, channel: CachedChannel): bigint {
    return permissionsIn({
      guildId: guild.id,
      ownerId: guild.ownerId,
      memberId: this.#botUserId,
      memberRoles: guild.botRoles,
      rolePermissions: guild.roles,
      overwrites: channel.overwrites,
    });
  }

  /** The permissions of somebody who is in voice, in the guild as a whole; undefined: nothing is known of them. */
  memberPermissions(guildId: string, userId: string): bigint | undefined {
    const guild = this.#guilds.get(guildId);
    const member = guild?.members.get(userId);
    if (guild === undefined || member === undefined) return undefined;
    const { id, ownerId, roles: rolePermissions } = guild;
    return guildPermissions({
      guildId: id,
      ownerId,
      memberId: userId,
      memberRoles: member.roles,
      rolePermissions,
    });
  }

  botVoiceState(guildId: string): CachedVoiceState | undefined {
    return this.#guilds.get(guildId)?.voiceStates.get(this.#botUserId);
  }

  /** Everyone in a voice channel, the bot included, ordered by user id. */
  membersOf(guildId: string, channelId: string): CachedMember[] {
    const guild = this.#guilds.get(guildId);
    if (guild === undefined) return [];
    return [...guild.voiceStates.values()]
      .filter((state) => state.channelId === channelId)
      .map(({ userId }) => {
        const unknown = { userId, displayName: userId, bot: userId === this.#botUserId, roles: [] };
        return guild.members.get(userId) ?? unknown;
      })
      .sort((left, right) => (left.userId < right.userId ? -1 : 1));
  }

  #applyVoiceState(
    guildId: string | undefined,
    state: VoiceStateData,
    member: APIGuildMember | undefined,
  ): void {
    const guild = guildId === undefined ? undefined : this.#guilds.get(guildId);
    if (guild === undefined) return;
    if (state.channel_id === null) {
      guild.voiceStates.delete(state.user_id);
      guild.members.delete(state.user_id);
      return;
    }
    guild.voiceStates.set(state.user_id, voiceStateFrom(state, state.channel_id));
    if (member !== undefined) guild.members.set(state.user_id, memberFrom(member));
  }
}

type VoiceStateData = Omit<GatewayVoiceState, 'guild_id' | 'member'>;

function guildFrom(data: GatewayGuildCreateDispatchData, botUserId: string): CachedGuild {
  const members = new Map(data.members.map((member) => [member.user.id, member]));
  const voiceStates = new Map<string, CachedVoiceState>();
  const inVoice = new Map<string, CachedMember>();
  for (const state of data.voice_states) {
    if (state.channel_id === null) continue;
    voiceStates.set(state.user_id, voiceStateFrom(state, state.channel_id));
    const member = members.get(state.user_id);
    if (member !== undefined) inVoice.set(state.user_id, memberFrom(member));
  }
  return {
    id: data.id,
    name: data.name,
    ownerId: data.owner_id,
    locale: data.preferred_locale,
    botRoles: members.get(botUserId)?.roles ?? [],
    roles: new Map(data.roles.map((role: APIRole) => [role.id, BigInt(role.permissions)])),
    channels: new Map(data.channels.map((channel) => [channel.id, channelFrom(channel)])),
    members: inVoice,
    voiceStates,
  };
}

function channelFrom(channel: APIChannel): CachedChannel {
  const overwrites = 'permission_overwrites' in channel ? (channel.permission_overwrites ?? []) : [];
  return {
    id: channel.id,
    name: channel.name ?? '',
    type: channel.type,
    userLimit: 'user_limit' in channel ? (channel.user_limit ?? 0) : 0,
    overwrites: overwrites.map(({ id, type, allow, deny }) => ({
      id,
      type,
      allow: BigInt(allow),
      deny: BigInt(deny),
    })),
  };
}

function voiceStateFrom(state: VoiceStateData, channelId: string): CachedVoiceState {
  return {
    userId: state.user_id,
    channelId,
    sessionId: state.session_id,
    selfMute: state.self_mute,
    selfDeaf: state.self_deaf,
    mute: state.mute,
    deaf: state.deaf,
    suppress: state.suppress,
  };
}

function memberFrom(
  member: Pick<APIGuildMember, 'user' | 'roles'> & { readonly nick?: string | null },
): CachedMember {
  const { user, nick, roles } = member;
  return {
    userId: user.id,
    displayName: nick ?? user.global_name ?? user.username,
    bot: user.bot ?? false,
    roles,
  };
}
