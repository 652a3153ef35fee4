import { ChannelType, OverwriteType, PermissionFlagsBits as P } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { INVITED_PERMISSIONS } from '../../../src/discord/requirements.ts';
import type { ApplicationFact, ChannelFact, DiscordFacts, GuildFact } from './facts.ts';
import { discordChecks, type Wanted } from './judge.ts';

const APPLICATION = '100000000000000001';
const GUILD = '100000000000000002';
const BOT_ROLE = '100000000000000005';
const BOT = APPLICATION;
const COMMANDS = [{ name: 'session', description: 'Sessions', type: 1 }];

const voice: ChannelFact = { id: '3', name: 'Tavern', type: ChannelType.GuildVoice, overwrites: [] };
const text: ChannelFact = { id: '4', name: 'table-talk', type: ChannelType.GuildText, overwrites: [] };
const application: ApplicationFact = {
  id: APPLICATION,
  name: 'Skald',
  verifyKey: 'ab',
  interactionsUrl: null,
  codeGrant: false,
};
const guild: GuildFact = {
  id: GUILD,
  name: 'The Round Table',
  ownerId: '9',
  roles: new Map([
    [GUILD, 0n],
    [BOT_ROLE, INVITED_PERMISSIONS],
    ['77', 0n],
  ]),
  botRoles: [BOT_ROLE],
  channels: [voice, text],
  commands: { value: [{ ...COMMANDS[0], id: '1', version: '2', nsfw: false }] },
};
const wanted: Wanted = {
  tenant: 'demo',
  discord: { applicationId: APPLICATION, guilds: [GUILD], interactions: 'gateway' },
  commands: COMMANDS,
};

function facts(
  changes: { application?: Partial<ApplicationFact>; guild?: Partial<GuildFact> } = {},
): DiscordFacts {
  return {
    self: { value: { id: BOT, name: 'Skald' } },
    application: { value: { ...application, ...changes.application } },
    guilds: new Map([[GUILD, { value: { ...guild, ...changes.guild } }]]),
  };
}

const judged = (seen: DiscordFacts, discord: Partial<Wanted['discord']> = {}) =>
  discordChecks(seen, { ...wanted, discord: { ...wanted.discord, ...discord } });
const bad = (checks: ReturnType<typeof judged>) =>
  checks
    .filter(({ status }) => status === 'warn' || status === 'fail')
    .map(({ id, status }) => `${status} ${id}`);
const said = (checks: ReturnType<typeof judged>, id: string) => checks.find((one) => one.id === id);

test('a bot that was invited with the link of skald invite lacks nothing', () => {
  const checks = judged(facts());
  expect(bad(checks)).toEqual([]);
  expect(checks.map(({ id }) => id)).toEqual([
    'discord.token',
    'discord.application',
    'discord.publicKey',
    'discord.interactions',
    'discord.intents',
    'discord.server',
    'discord.commands',
    'discord.voice',
    'discord.text',
  ]);
});

test('a token that Discord refuses ends the examination: refusals are counted', () => {
  const checks = judged({ self: { refused: 401, message: '401: Unauthorized' }, guilds: new Map() });
  expect(bad(checks)).toEqual(['fail discord.token']);
  expect(checks).toHaveLength(1);
});

describe('the application', () => {
  test('is another one than the Tenant names', () => {
    expect(bad(judged(facts({ application: { id: '8' } })))).toEqual(['fail discord.application']);
  });

  test('has another public key', () => {
    expect(bad(judged(facts(), { publicKey: 'cd' }))).toEqual(['fail discord.publicKey']);
    expect(bad(judged(facts(), { publicKey: 'ab' }))).toEqual([]);
  });

  test('has an endpoint exactly when the Tenant wants interactions over http', () => {
    const interactionsUrl = 'https://skald.example/interactions';
    expect(bad(judged(facts({ application: { interactionsUrl } })))).toEqual(['fail discord.interactions']);
    expect(bad(judged(facts({ application: { interactionsUrl } }), { interactions: 'http' }))).toEqual([]);
    expect(bad(judged(facts(), { interactions: 'http' }))).toEqual(['fail discord.interactions']);
  });

  test('requires a code grant, so that the link does not work', () => {
    expect(bad(judged(facts({ application: { codeGrant: true } })))).toEqual(['fail discord.invitation']);
  });
});

describe('a server', () => {
  test('that the bot is not in: the link that invites it there', () => {
    const checks = judged({
      ...facts(),
      guilds: new Map([[GUILD, { refused: 404, message: 'Unknown Guild' }]]),
    });
    expect(bad(checks)).toEqual(['fail discord.server']);
    expect(said(checks, 'discord.server')?.fix).toBe(`Invite it: skald invite demo --guild ${GUILD}`);
  });

  test.each([
    ['none', { value: [] }, 'fail'],
    ['others', { value: [{ name: 'old', description: 'Old' }] }, 'warn'],
    ['no right to any', { refused: 403, message: 'Missing Access' }, 'fail'],
  ] as const)('that has %s of the slash commands', (_, commands, status) => {
    expect(bad(judged(facts({ guild: { commands } })))).toEqual([`${status} discord.commands`]);
  });

  test.each([
    ['Connect', P.Connect],
    ['Speak', P.Speak],
  ])('where the channel denies %s to the bot’s role', (title, deny) => {
    const overwrites = [{ id: BOT_ROLE, type: OverwriteType.Role, allow: 0n, deny }];
    const checks = judged(facts({ guild: { channels: [{ ...voice, overwrites }, text] } }));
    expect(bad(checks)).toEqual(['fail discord.voice']);
    expect(said(checks, 'discord.voice')?.text).toBe(
      `In The Round Table the bot lacks ${title} in "Tavern".`,
    );
    const one = judged(
      facts({ guild: { channels: [{ ...voice, overwrites }, { ...voice, id: '6' }, text] } }),
    );
    expect(bad(one)).toEqual(['warn discord.voice']);
  });

  test('where the member’s own overwrite gives back what everyone is denied', () => {
    const overwrites = [
      { id: GUILD, type: OverwriteType.Role, allow: 0n, deny: P.Connect | P.Speak },
      { id: BOT, type: OverwriteType.Member, allow: P.Connect | P.Speak, deny: 0n },
    ];
    expect(bad(judged(facts({ guild: { channels: [{ ...voice, overwrites }, text] } })))).toEqual([]);
  });

  test('where the bot cannot post: a warning, because commands are answered', () => {
    const overwrites = [{ id: GUILD, type: OverwriteType.Role, allow: 0n, deny: 0n }];
    const roles = new Map([
      [BOT_ROLE, P.ViewChannel | P.Connect | P.Speak],
      [GUILD, 0n],
    ]);
    const checks = judged(facts({ guild: { roles, channels: [voice, { ...text, overwrites }] } }));
    expect(bad(checks)).toEqual(['warn discord.text']);
    const found = said(checks, 'discord.text')?.text;
    expect(found).toContain(
      'Send Messages, Embed Links in "Tavern"; Send Messages, Embed Links in "table-talk"',
    );
  });

  test('without a voice channel; stages are none', () => {
    const stage = { ...voice, type: ChannelType.GuildStageVoice };
    expect(bad(judged(facts({ guild: { channels: [stage, text] } })))).toEqual(['fail discord.voice']);
  });

  test('with so many channels that only some are listed', () => {
    const roles = new Map([
      [GUILD, 0n],
      [BOT_ROLE, P.ViewChannel],
    ]);
    const channels = Array.from({ length: 9 }, (_, index) => ({
      ...voice,
      id: String(index),
      name: `room ${index}`,
    }));
    const checks = judged(facts({ guild: { roles, channels } }));
    expect(said(checks, 'discord.voice')?.text).toMatch(/"room 4"; and in 4 more channels\.$/);
  });
});

describe('roles that the Tenant names', () => {
  test('exist', () => {
    const checks = judged(facts(), {
      gameMasterRole: '77',
      roles: { session: ['77'], 'session status': [] },
    });
    expect(said(checks, 'discord.roles')?.status).toBe('ok');
  });

  test('do not: which field it is', () => {
    const checks = judged(facts(), { gameMasterRole: '78', roles: { 'session start': ['79'] } });
    expect(bad(checks)).toEqual(['fail discord.roles']);
    expect(said(checks, 'discord.roles')?.text).toContain(
      'gameMasterRole names role 78, roles["session start"] names role 79',
    );
  });

  test('may be of a server that the bot is not in', () => {
    const guilds = new Map([...facts().guilds, ['5', { refused: 404, message: 'Unknown Guild' }] as const]);
    const checks = judged({ ...facts(), guilds }, { guilds: [GUILD, '5'], gameMasterRole: '78' });
    expect(bad(checks)).toEqual(['fail discord.server', 'warn discord.roles']);
  });
});
