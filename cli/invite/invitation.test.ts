import { PermissionFlagsBits as P } from 'discord-api-types/v10';
import { expect, test } from 'vitest';
import { joinObstacle } from '../../src/discord/permissions.ts';
import { INTENTS, INVITED_PERMISSIONS } from '../../src/discord/requirements.ts';
import { invitationOf, printedInvitation } from './invitation.ts';

const tenant = {
  metadata: { name: 'demo' },
  spec: { discord: { applicationId: '100000000000000001', guilds: ['100000000000000002'] } },
};

test('asks for what is needed and for nothing more', () => {
  const invitation = invitationOf(tenant);
  const needed = P.ViewChannel | P.Connect | P.Speak | P.SendMessages | P.EmbedLinks;
  expect(BigInt(invitation.permissions)).toBe(needed);
  expect(invitation.url).toBe(
    `https://discord.com/oauth2/authorize?client_id=100000000000000001&scope=bot+applications.commands&permissions=${needed}`,
  );
  // Guilds and GuildVoiceStates, neither privileged.
  expect(INTENTS).toBe(1 | 128);
  expect(invitation.intents).toMatchObject([{ privileged: false }, { privileged: false }]);
});

test('is enough to join a voice channel, and each part of it is needed for that', () => {
  const target = { type: 2, permissions: INVITED_PERMISSIONS, userLimit: 0, members: 0 };
  expect(joinObstacle(target)).toBeUndefined();
  for (const bit of [P.ViewChannel, P.Connect, P.Speak]) {
    expect(joinObstacle({ ...target, permissions: INVITED_PERMISSIONS & ~bit })).toBeDefined();
  }
});

test('preselects a server, and says when sessions are refused there', () => {
  const there = invitationOf(tenant, '100000000000000002');
  expect(there.url).toContain('&guild_id=100000000000000002&disable_guild_select=true');
  expect(there.notices).toEqual([]);
  expect(invitationOf(tenant, '100000000000000009').notices[0]).toContain('GuildNotAllowed');
});

test('is the link alone for a pipe, and everything with its reason when asked', () => {
  const invitation = invitationOf(tenant);
  expect(printedInvitation(invitation, false)).toBe(`${invitation.url}\n`);
  const explained = printedInvitation(invitation, true);
  for (const word of [
    'applications.commands',
    'View Channels',
    'Connect',
    'Speak',
    'Send Messages',
    'Embed Links',
    'Move Members',
    'GuildVoiceStates',
  ]) {
    expect(explained).toContain(word);
  }
  expect(explained).toContain('skald doctor demo');
});
