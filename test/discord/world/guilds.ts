import { randomBytes } from 'node:crypto';
import { GatewayDispatchEvents } from 'discord-api-types/v10';
import type { GatewayHub } from '../gateway/hub.ts';
import type { VoiceStates } from '../gateway/voice-states.ts';
import type { Channel, ChannelKind, Member, Role } from './model.ts';
import { type PermissionName, permissionBits } from './permissions.ts';
import { channelJson, guildCreateJson, memberJson, roleJson } from './serialize.ts';
import { ScenarioError, type World } from './world.ts';

/** Changes to guilds, each told to the bots that may see it. */
export class Guilds {
  readonly #world: World;
  readonly #hub: GatewayHub;
  readonly #voiceStates: VoiceStates;

  constructor(world: World, hub: GatewayHub, voiceStates: VoiceStates) {
    this.#world = world;
    this.#hub = hub;
    this.#voiceStates = voiceStates;
  }

  addChannel(
    guildId: string,
    options: { id?: string; kind: ChannelKind; name: string; userLimit?: number },
  ): Channel {
    const channel = this.#world.addChannel(this.#world.guild(guildId), options);
    this.#hub.dispatchToGuild(guildId, GatewayDispatchEvents.ChannelCreate, channelJson(channel));
    return channel;
  }

  deleteChannel(channelId: string): void {
    const channel = this.#world.channel(channelId);
    const guild = this.#world.guild(channel.guildId);
    guild.channels.delete(channelId);
    this.#hub.dispatchToGuild(guild.id, GatewayDispatchEvents.ChannelDelete, channelJson(channel));
    for (const state of [...guild.voiceStates.values()]) {
      if (state.channelId !== channelId) continue;
      this.#voiceStates.leave(guild, state.userId, { closeCode: 4014, reason: 'Disconnected.' });
    }
  }

  addRole(guildId: string, options: { id?: string; name: string; permissions?: PermissionName[] }): Role {
    const permissions = permissionBits(options.permissions ?? []);
    const role = this.#world.addRole(this.#world.guild(guildId), { ...options, permissions });
    this.#hub.dispatchToGuild(guildId, GatewayDispatchEvents.GuildRoleCreate, {
      guild_id: guildId,
      role: roleJson(role),
    });
    return role;
  }

  addMember(
    guildId: string,
    options: { userId?: string; name: string; roles?: string[]; bot?: boolean; locale?: string },
  ): Member {
    const { userId: id, name, bot, locale } = options;
    const user = this.#world.addUser({ id, name, bot, locale });
    const guild = this.#world.guild(guildId);
    const member = this.#world.addMember(guild, user, options.roles ?? []);
    this.#hub.dispatchToGuild(guildId, GatewayDispatchEvents.GuildMemberAdd, {
      guild_id: guildId,
      ...memberJson(member),
    });
    return member;
  }

  setMemberRoles(guildId: string, userId: string, roles: readonly string[]): void {
    const guild = this.#world.guild(guildId);
    const member = this.#world.member(guild, userId);
    for (const role of roles) {
      if (!guild.roles.has(role)) throw new ScenarioError(`role ${role} does not exist in guild ${guildId}`);
    }
    member.roles = new Set(roles);
    this.#hub.dispatchToGuild(guildId, GatewayDispatchEvents.GuildMemberUpdate, {
      guild_id: guildId,
      ...memberJson(member),
    });
  }

  setChannelPermissions(
    channelId: string,
    subjectId: string,
    overwrite: { allow?: PermissionName[]; deny?: PermissionName[] },
  ): void {
    const channel = this.#world.channel(channelId);
    const guild = this.#world.guild(channel.guildId);
    channel.overwrites.set(subjectId, {
      id: subjectId,
      kind: guild.roles.has(subjectId) ? 'role' : 'member',
      allow: permissionBits(overwrite.allow ?? []),
      deny: permissionBits(overwrite.deny ?? []),
    });
    this.#hub.dispatchToGuild(guild.id, GatewayDispatchEvents.ChannelUpdate, channelJson(channel));
  }

  /** With permissions of its own the bot gets a managed role, as after an invitation with `permissions=`. */
  inviteBot(applicationId: string, guildId: string, permissions: PermissionName[]): void {
    const application = this.#world.application(applicationId);
    const guild = this.#world.guild(guildId);
    const roles =
      permissions.length > 0
        ? [this.addRole(guildId, { name: application.user.username, permissions }).id]
        : [];
    guild.applications.add(applicationId);
    guild.joinedAt = this.#world.date();
    const member = this.#world.addMember(guild, application.user, roles);
    for (const session of this.#hub.sessions.values()) {
      if (!session.servesGuild(guildId)) continue;
      if (session.application.id === applicationId) {
        session.dispatch(GatewayDispatchEvents.GuildCreate, guildCreateJson(guild));
      } else if (guild.applications.has(session.application.id)) {
        session.dispatch(GatewayDispatchEvents.GuildMemberAdd, { guild_id: guildId, ...memberJson(member) });
      }
    }
  }

  removeBot(applicationId: string, guildId: string): void {
    const guild = this.#world.guild(guildId);
    this.#voiceStates.leave(guild, applicationId, { closeCode: 4014, reason: 'Disconnected.' });
    this.#hub.dispatchToApplication(applicationId, guildId, GatewayDispatchEvents.GuildDelete, {
      id: guildId,
    });
    guild.applications.delete(applicationId);
    guild.members.delete(applicationId);
  }

  /** The portal's "reset token": the old one is worth nothing from now on. Returns the new one. */
  revokeToken(applicationId: string): string {
    const application = this.#world.application(applicationId);
    application.token = `${Buffer.from(applicationId).toString('base64url')}.${randomBytes(4).toString('base64url')}.${randomBytes(28).toString('base64url')}`;
    for (const session of this.#hub.of(applicationId)) session.valid = false;
    return application.token;
  }
}
