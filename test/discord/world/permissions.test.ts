import { PermissionFlagsBits } from 'discord-api-types/v10';
import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from './clock.ts';
import type { Channel, Guild, Member } from './model.ts';
import { ALL_PERMISSIONS, channelPermissions, may } from './permissions.ts';
import { World } from './world.ts';

const { ViewChannel, Connect, Speak, Administrator } = PermissionFlagsBits;

let world: World;
let guild: Guild;
let channel: Channel;
let member: Member;

beforeEach(() => {
  world = new World(new ManualClock());
  guild = world.addGuild({ name: 'Tavern' });
  channel = world.addChannel(guild, { kind: 'voice', name: 'table' });
  member = world.addMember(guild, world.addUser({ name: 'Alice' }), []);
});

function overwrite(id: string, kind: 'role' | 'member', allow: bigint, deny: bigint): void {
  channel.overwrites.set(id, { id, kind, allow, deny });
}

function give(permissions: bigint): string {
  const role = world.addRole(guild, { name: 'role', permissions });
  member.roles.add(role.id);
  return role.id;
}

describe('permissions in a channel', () => {
  test('are those of @everyone and the roles', () => {
    expect(may(guild, channel, member, Connect | Speak)).toBe(true);
    expect(may(guild, channel, member, PermissionFlagsBits.MoveMembers)).toBe(false);
    give(PermissionFlagsBits.MoveMembers);
    expect(may(guild, channel, member, PermissionFlagsBits.MoveMembers)).toBe(true);
  });

  test('an overwrite of @everyone is undone by a role, and that by the member itself', () => {
    overwrite(guild.id, 'role', 0n, Connect);
    expect(may(guild, channel, member, Connect)).toBe(false);
    const role = give(0n);
    overwrite(role, 'role', Connect, 0n);
    expect(may(guild, channel, member, Connect)).toBe(true);
    overwrite(member.user.id, 'member', 0n, Connect);
    expect(may(guild, channel, member, Connect)).toBe(false);
  });

  test('among roles an allow wins over a deny', () => {
    overwrite(give(0n), 'role', 0n, Speak);
    overwrite(give(0n), 'role', Speak, 0n);
    expect(may(guild, channel, member, Speak)).toBe(true);
  });

  test('without VIEW_CHANNEL nothing is left', () => {
    overwrite(guild.id, 'role', 0n, ViewChannel);
    expect(channelPermissions(guild, channel, member)).toBe(0n);
  });

  test('owners and administrators are bound by nothing', () => {
    overwrite(guild.id, 'role', 0n, ViewChannel | Connect);
    const owner = world.member(guild, guild.ownerId);
    expect(channelPermissions(guild, channel, owner)).toBe(ALL_PERMISSIONS);
    give(Administrator);
    expect(channelPermissions(guild, channel, member)).toBe(ALL_PERMISSIONS);
  });
});
