import { ChannelType, OverwriteType, PermissionFlagsBits as P } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import {
  ALL_PERMISSIONS,
  type JoinTarget,
  joinObstacle,
  type PermissionInput,
  type PermissionOverwrite,
  permissionsIn,
} from './permissions.ts';

const GUILD = '1';
const BOT = '2';
const ROLE_A = '3';
const ROLE_B = '4';

function role(id: string, allow: bigint, deny: bigint): PermissionOverwrite {
  return { id, type: OverwriteType.Role, allow, deny };
}

function input(overwrites: PermissionOverwrite[], change: Partial<PermissionInput> = {}): PermissionInput {
  return {
    guildId: GUILD,
    ownerId: '99',
    memberId: BOT,
    memberRoles: [ROLE_A, ROLE_B],
    rolePermissions: new Map([
      [GUILD, P.ViewChannel | P.Connect],
      [ROLE_A, P.Speak],
      [ROLE_B, 0n],
    ]),
    overwrites,
    ...change,
  };
}

describe('permissionsIn', () => {
  test('adds up the roles, @everyone included', () => {
    expect(permissionsIn(input([]))).toBe(P.ViewChannel | P.Connect | P.Speak);
  });

  test('owners and administrators have everything, whatever the channel denies', () => {
    const denied = [role(GUILD, 0n, P.Connect)];
    expect(permissionsIn(input(denied, { ownerId: BOT }))).toBe(ALL_PERMISSIONS);
    const administrator = new Map([[ROLE_A, P.Administrator]]);
    expect(permissionsIn(input(denied, { rolePermissions: administrator }))).toBe(ALL_PERMISSIONS);
  });

  test("an allow for one of the member's roles wins over a deny for another and for @everyone", () => {
    const overwrites = [role(GUILD, 0n, P.Connect), role(ROLE_A, 0n, P.Connect), role(ROLE_B, P.Connect, 0n)];
    expect(permissionsIn(input(overwrites)) & P.Connect).toBe(P.Connect);
  });

  test("the member's own overwrite comes last", () => {
    const own = { id: BOT, type: OverwriteType.Member, allow: 0n, deny: P.Speak } as const;
    expect(permissionsIn(input([role(ROLE_A, P.Speak, 0n), own])) & P.Speak).toBe(0n);
  });

  test('overwrites of roles that the member does not have count for nothing', () => {
    expect(permissionsIn(input([role('77', 0n, P.Connect)])) & P.Connect).toBe(P.Connect);
  });
});

describe('joinObstacle', () => {
  const target: JoinTarget = {
    type: ChannelType.GuildVoice,
    permissions: P.ViewChannel | P.Connect | P.Speak,
    userLimit: 0,
    members: 3,
  };

  test('is nothing when the bot can see, join and speak', () => {
    expect(joinObstacle(target)).toBeUndefined();
  });

  test.each([
    [{ permissions: P.Connect | P.Speak }, 'MissingViewPermission'],
    [{ permissions: P.ViewChannel | P.Speak }, 'MissingConnectPermission'],
    [{ permissions: P.ViewChannel | P.Connect }, 'MissingSpeakPermission'],
    [{ type: ChannelType.GuildStageVoice }, 'StageChannel'],
    [{ type: ChannelType.GuildText }, 'NotAVoiceChannel'],
    [{ userLimit: 3 }, 'ChannelFull'],
  ] as const)('%o is %s', (change, obstacle) => {
    expect(joinObstacle({ ...target, ...change })).toBe(obstacle);
  });

  test('a full channel lets in who may move members', () => {
    const permissions = target.permissions | P.MoveMembers;
    expect(joinObstacle({ ...target, permissions, userLimit: 3 })).toBeUndefined();
  });
});
