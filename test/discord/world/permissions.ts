import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Channel, Guild, Member } from './model.ts';

/** Every permission bit that the library knows. */
export const ALL_PERMISSIONS = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** What a new guild's @everyone may do, near enough to Discord's default. */
export const EVERYONE_DEFAULT =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.UseApplicationCommands |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.CreatePublicThreads |
  PermissionFlagsBits.SendMessagesInThreads |
  PermissionFlagsBits.Connect |
  PermissionFlagsBits.Speak |
  PermissionFlagsBits.Stream |
  PermissionFlagsBits.UseVAD |
  PermissionFlagsBits.RequestToSpeak;

/** Guild-wide permissions: owner and ADMINISTRATOR have all, else @everyone and the member's roles together. */
export function guildPermissions(guild: Guild, member: Member): bigint {
  if (guild.ownerId === member.user.id) return ALL_PERMISSIONS;
  let permissions = guild.roles.get(guild.id)?.permissions ?? 0n;
  for (const id of member.roles) permissions |= guild.roles.get(id)?.permissions ?? 0n;
  return permissions & PermissionFlagsBits.Administrator ? ALL_PERMISSIONS : permissions;
}

/**
 * Permissions in one channel, in Discord's order: the guild's, then the @everyone overwrite, then the
 * roles' overwrites together (an allow wins over a deny), then the member's own.
 * Without VIEW_CHANNEL nothing is left.
 */
export function channelPermissions(guild: Guild, channel: Channel, member: Member): bigint {
  let permissions = guildPermissions(guild, member);
  if (permissions === ALL_PERMISSIONS) return permissions;

  const everyone = channel.overwrites.get(guild.id);
  if (everyone) permissions = (permissions & ~everyone.deny) | everyone.allow;

  let allow = 0n;
  let deny = 0n;
  for (const id of member.roles) {
    const overwrite = channel.overwrites.get(id);
    if (!overwrite) continue;
    allow |= overwrite.allow;
    deny |= overwrite.deny;
  }
  permissions = (permissions & ~deny) | allow;

  const own = channel.overwrites.get(member.user.id);
  if (own) permissions = (permissions & ~own.deny) | own.allow;

  return permissions & PermissionFlagsBits.ViewChannel ? permissions : 0n;
}

export function may(guild: Guild, channel: Channel, member: Member, permission: bigint): boolean {
  return (channelPermissions(guild, channel, member) & permission) === permission;
}

export type PermissionName = keyof typeof PermissionFlagsBits;

/** Names to bits, for the control API. */
export function permissionBits(names: readonly PermissionName[]): bigint {
  return names.reduce((bits, name) => bits | PermissionFlagsBits[name], 0n);
}

export function isPermissionName(name: string): name is PermissionName {
  return Object.hasOwn(PermissionFlagsBits, name);
}
