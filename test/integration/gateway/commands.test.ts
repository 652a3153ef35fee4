import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { eventually, Scene } from './scene.ts';

let scene: Scene;
let gameMaster: PersonHandle;
let gateway: Gateway;

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  gameMaster = await scene.discord.person({
    guildId: scene.guildId,
    name: 'Gandalf',
    roles: [scene.gameMasterRole],
  });
  gateway = await scene.startGateway();
  await eventually('commands are registered', async () => {
    const commands = await scene.discord.commands(scene.applicationId);
    return commands[scene.guildId]?.includes('session');
  });
});

afterAll(async () => {
  await scene?.close();
});

afterEach(async () => {
  await scene.deleteSessions();
  await eventually('no session is left', async () => (await scene.sessions()).length === 0);
});

function start(options: Record<string, string> = {}, person: string = gameMaster.userId) {
  return scene.discord.command(person, scene.guildId, scene.textChannelId, 'session start', options);
}

describe('/session start', () => {
  test('creates the session, and the reply follows its phases', async () => {
    const handle = await start({ channel: scene.voiceChannelId });
    expect(handle.acknowledgement).toBe('deferred');
    expect(handle.acknowledgedMs).toBeLessThan(3000);
    const [session] = await eventually('a session exists', async () => {
      const all = await scene.sessions();
      return all.length > 0 ? all : undefined;
    });
    const name = session?.metadata.name ?? '';
    expect(name).toMatch(/^night-[0-9a-f]{8}$/);
    expect(session?.spec).toMatchObject({
      campaignRef: { name: 'night' },
      guildId: scene.guildId,
      voiceChannelId: scene.voiceChannelId,
      textChannelId: scene.textChannelId,
      requestedBy: { userId: gameMaster.userId, displayName: 'Gandalf', interactionId: handle.id },
      desiredState: 'Running',
    });
    expect(session?.metadata.annotations).toMatchObject({ 'skald.dev/created-by': 'discord' });

    await scene.operatorStatus(name, { phase: 'Pending' });
    await scene.operatorStatus(name, { phase: 'Provisioning' });
    await handle.waitForReply('is being prepared');
    await scene.operatorStatus(name, { phase: 'Connecting' });
    await handle.waitForReply('joining');
    await scene.operatorStatus(name, { phase: 'Active', activeAt: '2026-11-21T20:00:00Z' });
    const active = await handle.waitForReply('listening');
    expect(active.text).toContain('<t:1795291200:t>');
    await scene.operatorStatus(name, { phase: 'Draining', activeAt: '2026-11-21T20:00:00Z' });
    await scene.operatorStatus(name, {
      phase: 'Ended',
      endReason: 'ChannelEmpty',
      activeAt: '2026-11-21T20:00:00Z',
      endedAt: '2026-11-21T21:30:00Z',
      result: { utterances: 42, replies: 17 },
    });
    const ended = await handle.waitForReply('has ended');
    expect(ended.text).toContain('everybody had left the channel');
    expect(ended.text).toContain('90 min; 42 utterances were heard and 17 answers given');
  });

  test('a session that fails says so in a sentence for a game master', async () => {
    const handle = await start({ channel: scene.voiceChannelId });
    const [session] = await eventually('a session exists', async () => {
      const all = await scene.sessions();
      return all.length > 0 ? all : undefined;
    });
    await scene.operatorStatus(session?.metadata.name ?? '', { phase: 'Pending' });
    await scene.operatorStatus(session?.metadata.name ?? '', {
      phase: 'Failed',
      reason: 'QuotaExceeded',
      endReason: 'Rejected',
    });
    const reply = await handle.waitForReply('could not go on');
    expect(reply.text).toContain('the number of sessions or hours that were agreed on is used up');
  });

  test('takes the channel that the person is in', async () => {
    const person = await scene.discord.person({
      guildId: scene.guildId,
      name: 'Frodo',
      roles: [scene.gameMasterRole],
    });
    await person.joinVoice(scene.voiceChannelId);
    await start({}, person.userId);
    const sessions = await eventually('a session exists', async () => {
      const all = await scene.sessions();
      return all.length > 0 ? all : undefined;
    });
    expect(sessions[0]?.spec.voiceChannelId).toBe(scene.voiceChannelId);
    await person.leaveVoice();
  });

  test('suggests campaigns while the name is typed', async () => {
    const choices = await scene.discord.autocomplete(
      gameMaster.userId,
      scene.guildId,
      scene.textChannelId,
      'session start',
      { name: 'campaign', value: 'long' },
    );
    expect(choices).toEqual([expect.objectContaining({ name: 'The Long Night', value: 'night' })]);
  });
});

describe('/session start is refused within five seconds, and no session is made', () => {
  async function refusal(
    options: Record<string, string>,
    person: string = gameMaster.userId,
  ): Promise<string> {
    const began = performance.now();
    const handle = await start(options, person);
    const reply = await handle.waitForReply(/./, 5_000);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(reply.ephemeral).toBe(true);
    expect(await scene.sessions()).toEqual([]);
    return reply.text;
  }

  test('outside a voice channel', async () => {
    expect(await refusal({})).toContain('You are not in a voice channel');
  });

  test('for a campaign that does not exist, with those that do', async () => {
    const text = await refusal({ campaign: 'dawn', channel: scene.voiceChannelId });
    expect(text).toBe('There is no campaign `dawn`. There is `night`.');
  });

  test('when there are several campaigns and none is named', async () => {
    await scene.createCampaign('dusk');
    await eventually('the gateway knows both', async () => {
      const choices = await scene.discord.autocomplete(
        gameMaster.userId,
        scene.guildId,
        scene.textChannelId,
        'session start',
        { name: 'campaign', value: '' },
      );
      return choices.length === 2;
    });
    expect(await refusal({ channel: scene.voiceChannelId })).toBe(
      'Which campaign? There is `dusk` and `night`. With `/campaign load` one can be set for this server.',
    );
    await scene.deleteCampaign('dusk');
  });

  test.each([
    ['ViewChannel', 'I cannot see'],
    ['Connect', 'I may not join'],
    ['Speak', 'I may not speak in'],
  ] as const)('without the permission %s', async (permission, text) => {
    const channel = await scene.discord.addChannel(scene.guildId, {
      type: 'voice',
      name: `no ${permission}`,
    });
    await scene.discord.setChannelPermissions(channel, scene.guildId, { deny: [permission] });
    expect(await refusal({ channel })).toContain(`${text} <#${channel}>`);
  });

  test('in a stage channel', async () => {
    const stage = await scene.discord.addChannel(scene.guildId, { type: 'stage', name: 'Stage' });
    expect(await refusal({ channel: stage })).toContain('is a stage channel');
  });

  test('without the game master role', async () => {
    const player = await scene.discord.person({ guildId: scene.guildId, name: 'Pippin' });
    const text = await refusal({ channel: scene.voiceChannelId }, player.userId);
    expect(text).toContain(`It needs the role <@&${scene.gameMasterRole}>`);
  });
});

test('a server that is not on the list gets no commands, until it is put there', async () => {
  const other = await scene.discord.addGuild({ name: 'Mordor' });
  await scene.discord.inviteBot(scene.applicationId, other);
  await eventually('the gateway has looked at the commands there', async () => {
    const requests = await scene.discord.requests();
    return requests.some(({ path }) => path.includes(`/guilds/${other}/commands`));
  });
  expect((await scene.discord.commands(scene.applicationId))[other] ?? []).toEqual([]);
  await scene.allowGuilds([scene.guildId, other]);
  await eventually('the commands are registered there', async () =>
    (await scene.discord.commands(scene.applicationId))[other]?.includes('session'),
  );
});

test('a second /session start names the session that runs', async () => {
  await scene.createSession('running');
  const reply = await eventually('the session is in the cache', async () => {
    const handle = await scene.discord.command(
      gameMaster.userId,
      scene.guildId,
      scene.textChannelId,
      'session status',
    );
    const status = await handle.waitForReply(/./);
    return status.text.includes('night') ? status : undefined;
  });
  expect(reply.ephemeral).toBe(true);
  const handle = await start({ channel: scene.voiceChannelId });
  const refusal = await handle.waitForReply(/./, 5_000);
  expect(refusal.text).toContain('A session runs here already: `running`');
  expect(refusal.ephemeral).toBe(true);
  expect(await scene.sessions()).toHaveLength(1);
});

test('/session stop sets desiredState', async () => {
  await scene.createSession('to-stop');
  await eventually('the session is in the cache', async () => {
    const handle = await scene.discord.command(
      gameMaster.userId,
      scene.guildId,
      scene.textChannelId,
      'session status',
    );
    return (await handle.waitForReply(/./)).text.includes('night');
  });
  const handle = await scene.discord.command(
    gameMaster.userId,
    scene.guildId,
    scene.textChannelId,
    'session stop',
  );
  await handle.waitForReply('`to-stop` is being ended');
  expect((await scene.session('to-stop')).spec.desiredState).toBe('Stopped');
});

test('the reply of an earlier gateway is left alone, which is logged once, and commands work on', async () => {
  const handle = await start({ channel: scene.voiceChannelId });
  const [session] = await eventually('a session exists', async () => {
    const all = await scene.sessions();
    return all.length > 0 ? all : undefined;
  });
  const name = session?.metadata.name ?? '';
  await scene.operatorStatus(name, { phase: 'Pending' });
  await handle.waitForReply(/waits/);
  await scene.stopGateway(gateway);
  gateway = await scene.startGateway();
  await scene.operatorStatus(name, { phase: 'Provisioning' });
  await scene.operatorStatus(name, { phase: 'Connecting' });
  const status = await eventually('the new gateway has followed', async () => {
    const answer = await scene.discord.command(
      gameMaster.userId,
      scene.guildId,
      scene.textChannelId,
      'session status',
    );
    return (await answer.waitForReply(/./)).text.includes('joining') ? answer : undefined;
  });
  expect(status.acknowledgement).toBeDefined();
  const lines = scene.log.split('\n').filter((line) => line.includes('reply of an earlier gateway'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
    level: 'debug',
    session: name,
    interaction: handle.id,
  });
});

test('no token is in the log', async () => {
  const handle = await start({ channel: scene.voiceChannelId });
  await handle.waitForReply(/./);
  // A reply that cannot be edited is where a library's error would carry the interaction's token.
  await scene.discord.inject({ kind: 'expireInteractions' });
  const [session] = await scene.sessions();
  await scene.operatorStatus(session?.metadata.name ?? '', { phase: 'Pending' });
  await scene.operatorStatus(session?.metadata.name ?? '', { phase: 'Provisioning' });
  await eventually('an edit failed', () => scene.log.includes('could not be edited'));
  const paths = (await scene.discord.requests()).map(({ path }) => path);
  const tokens = paths.flatMap((path) => /\/(?:webhooks|interactions)\/\d+\/([^/]+)/.exec(path)?.[1] ?? []);
  expect(tokens.length).toBeGreaterThan(0);
  for (const token of [scene.botToken, ...tokens]) expect(scene.log).not.toContain(token);
});

test('/session stop and status say that nothing runs', async () => {
  for (const command of ['session stop', 'session status']) {
    const handle = await scene.discord.command(
      gameMaster.userId,
      scene.guildId,
      scene.textChannelId,
      command,
    );
    expect((await handle.waitForReply(/./, 5_000)).text).toBe('No session runs on this server.');
  }
});
