/**
 * Discord's permission rules for one member in one channel, so that a join that Discord would ignore in silence is
 * refused at once with a reason. https://discord.com/developers/docs/topics/permissions
 */
import { ChannelType, OverwriteType, PermissionFlagsBits } from 'discord-api-types/v10';
import { optionalPermissions, voicePermissions } from './requirements.ts';

export interface PermissionOverwrite {
  readonly id: string;
  readonly type: OverwriteType;
  readonly allow: bigint;
  readonly deny: bigint;
}

export interface PermissionInput {
  readonly guildId: string;
  readonly ownerId: string;
  readonly memberId: string;
  /** Role ids of the member, without @everyone. */
  readonly memberRoles: readonly string[];
  /** Permissions of each role of the guild by id; @everyone has the guild's own id. */
  readonly rolePermissions: ReadonlyMap<string, bigint>;
  readonly overwrites: readonly PermissionOverwrite[];
}

/** Every permission bit: what owners and administrators have. */
export const ALL_PERMISSIONS = (1n << 53n) - 1n;

/** The member's permissions in the channel: roles, then the channel's overwrites in Discord's order. */
export function permissionsIn(input: PermissionInput): bigint {
  const base = guildPermissions(input);
  if (base === ALL_PERMISSIONS) return base;
  const overwrite = new Map(input.overwrites.map((entry) => [entry.id, entry]));
  let permissions = apply(base, overwrite.get(input.guildId));
  let allow = 0n;
  let deny = 0n;
  for (const role of input.memberRoles) {
    const entry = overwrite.get(role);
    if (entry?.type !== OverwriteType.Role) continue;
    allow |= entry.allow;
    deny |= entry.deny;
  }
  permissions = (permissions & ~deny) | allow;
  const own = overwrite.get(input.memberId);
  return own?.type === OverwriteType.Member ? apply(permissions, own) : permissions;
}

/** The member's permissions in the guild as a whole, before any channel's overwrites. */
export function guildPermissions(input: Omit<PermissionInput, 'overwrites'>): bigint {
  if (input.memberId === input.ownerId) return ALL_PERMISSIONS;
  let permissions = input.rolePermissions.get(input.guildId) ?? 0n;
  for (const role of input.memberRoles) permissions |= input.rolePermissions.get(role) ?? 0n;
  return has(permissions, PermissionFlagsBits.Administrator) ? ALL_PERMISSIONS : permissions;
}

export function has(permissions: bigint, wanted: bigint): boolean {
  return (permissions & wanted) === wanted;
}

function apply(permissions: bigint, overwrite: PermissionOverwrite | undefined): bigint {
  return overwrite === undefined ? permissions : (permissions & ~overwrite.deny) | overwrite.allow;
}

/** Why the bot cannot speak in a channel. The first three are the names of the missing permissions' refusals. */
export type JoinObstacle =
  | 'MissingViewPermission'
  | 'MissingConnectPermission'
  | 'MissingSpeakPermission'
  | 'NotAVoiceChannel'
  | 'StageChannel'
  | 'ChannelFull';

export interface JoinTarget {
  readonly type: ChannelType;
  /** The bot's permissions in it. */
  readonly permissions: bigint;
  /** Most members at once; 0 is no limit. */
  readonly userLimit: number;
  /** Members in it now, the bot not counted. */
  readonly members: number;
}

/** The first thing that stands between the bot and the channel, or undefined when it can join and speak. */
export function joinObstacle(target: JoinTarget): JoinObstacle | undefined {
  const { permissions } = target;
  if (target.type === ChannelType.GuildStageVoice) return 'StageChannel';
  if (target.type !== ChannelType.GuildVoice) return 'NotAVoiceChannel';
  const { ViewChannel, Connect, Speak } = voicePermissions;
  if (!has(permissions, ViewChannel.bit)) return 'MissingViewPermission';
  if (!has(permissions, Connect.bit)) return 'MissingConnectPermission';
  if (!has(permissions, Speak.bit)) return 'MissingSpeakPermission';
  const full = target.userLimit > 0 && target.members >= target.userLimit;
  if (full && !has(permissions, optionalPermissions.MoveMembers.bit)) return 'ChannelFull';
  return undefined;
}
