import {
  type APIChannel,
  type APIGuildMember,
  type APIUser,
  ChannelType,
  type GatewayVoiceState,
  GuildMemberFlags,
} from 'discord-api-types/v10';
import type { Channel, Guild, Member, Role, User, VoiceState } from './model.ts';

/** From the simulator's values to Discord's JSON. */
export function userJson(user: User): APIUser {
  return {
    id: user.id,
    username: user.username,
    discriminator: '0',
    global_name: user.bot ? null : user.displayName,
    avatar: null,
    bot: user.bot,
  };
}

export function memberJson(member: Member): APIGuildMember {
  return {
    user: userJson(member.user),
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: [...member.roles],
    joined_at: member.joinedAt,
    premium_since: null,
    deaf: member.deaf,
    mute: member.mute,
    flags: GuildMemberFlags.CompletedOnboarding,
    pending: false,
    communication_disabled_until: null,
  };
}

export function roleJson(role: Role) {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    position: role.position,
    permissions: role.permissions.toString(),
    managed: false,
    mentionable: false,
    flags: 0,
  };
}

const CHANNEL_TYPES = {
  text: ChannelType.GuildText,
  voice: ChannelType.GuildVoice,
  stage: ChannelType.GuildStageVoice,
} as const;

export function channelType(channel: Channel) {
  return CHANNEL_TYPES[channel.kind];
}

export function channelJson(channel: Channel): APIChannel {
  const common = {
    id: channel.id,
    guild_id: channel.guildId,
    name: channel.name,
    position: channel.position,
    parent_id: null,
    nsfw: false,
    last_message_id: [...channel.messages.keys()].at(-1) ?? null,
    rate_limit_per_user: 0,
    permission_overwrites: [...channel.overwrites.values()].map((overwrite) => ({
      id: overwrite.id,
      type: overwrite.kind === 'role' ? (0 as const) : (1 as const),
      allow: overwrite.allow.toString(),
      deny: overwrite.deny.toString(),
    })),
  };
  if (channel.kind === 'text') return { ...common, type: ChannelType.GuildText, topic: null };
  const voice = { ...common, bitrate: 64_000, user_limit: channel.userLimit, rtc_region: null };
  return channel.kind === 'voice'
    ? { ...voice, type: ChannelType.GuildVoice }
    : { ...voice, type: ChannelType.GuildStageVoice };
}

export function voiceStateJson(
  guild: Guild,
  state: Omit<VoiceState, 'channelId'> & { channelId: string | null },
): GatewayVoiceState {
  const member = guild.members.get(state.userId);
  return {
    guild_id: guild.id,
    channel_id: state.channelId,
    user_id: state.userId,
    ...(member ? { member: memberJson(member) } : {}),
    session_id: state.sessionId,
    deaf: member?.deaf ?? false,
    mute: member?.mute ?? false,
    self_deaf: state.selfDeaf,
    self_mute: state.selfMute,
    self_video: false,
    suppress: state.suppress,
    request_to_speak_timestamp: null,
  };
}

export function guildJson(guild: Guild, applicationId: string | null = null) {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: guild.ownerId,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: [...guild.roles.values()].map(roleJson),
    emojis: [],
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: applicationId,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: guild.locale,
    public_updates_channel_id: null,
    nsfw_level: 0,
    premium_progress_bar_enabled: false,
    safety_alerts_channel_id: null,
  };
}

/** The body of GUILD_CREATE: the guild and everything that a bot caches about it. */
export function guildCreateJson(guild: Guild) {
  return {
    ...guildJson(guild),
    joined_at: guild.joinedAt,
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [...guild.voiceStates.values()].map((state) => {
      const { guild_id: _guild, member: _member, ...rest } = voiceStateJson(guild, state);
      return rest;
    }),
    members: [...guild.members.values()].map(memberJson),
    channels: [...guild.channels.values()].map(channelJson),
    threads: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
