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

/** Waits until the message, however it is edited, contains the words. */
async function cardShows(messageId: string, words: string): Promise<void> {
  await eventually(`the card shows "${words}"`, async () => {
    const messages = await scene.discord.messages(scene.textChannelId);
    return messages.find((message) => message.messageId === messageId)?.text.includes(words);
  });
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

    const cardId = session?.metadata.annotations?.['skald.dev/status-message'];
    await handle.waitForReply('It will begin');
    expect((await handle.replies()).map(({ messageId }) => messageId)).toEqual([cardId]);

    await scene.operatorStatus(name, { phase: 'Pending' });
    await scene.operatorStatus(name, { phase: 'Provisioning' });
    await handle.waitForReply('is being prepared');
    await scene.operatorStatus(name, { phase: 'Connecting' });
    await handle.waitForReply('joining');
    await scene.operatorStatus(name, { phase: 'Active', activeAt: '2026-11-21T20:00:00Z' });
    const active = await handle.waitForReply('listening');
    expect(active.text).toContain('The Long Night');
    expect(active.text).toContain('<t:1795291200:t>');
    await scene.mute(name, ['Bart']);
    await handle.waitForReply(/Muted\neverybody/);
    await scene.mute(name, []);
    await handle.waitForReply(/^(?!.*Muted)/s);
    await scene.operatorStatus(name, {
      phase: 'Degraded',
      reason: 'SpeechToTextUnavailable',
      activeAt: '2026-11-21T20:00:00Z',
    });
    await handle.waitForReply('the characters cannot hear what is said');
    await scene.operatorStatus(name, { phase: 'Draining', activeAt: '2026-11-21T20:00:00Z' });
    await scene.operatorStatus(name, {
      phase: 'Ended',
      endReason: 'ChannelEmpty',
      activeAt: '2026-11-21T20:00:00Z',
      endedAt: '2026-11-21T21:30:00Z',
      result: { utterances: 42, replies: 17, spendUSD: 0.42 },
    });
    const ended = await handle.waitForReply('has ended');
    for (const part of ['Everybody had left', '1 h 30 min', '42 utterances', '17 answers', '$0.42'])
      expect(ended.text).toContain(part);
    await eventually('the end is noted', async () => {
      const { metadata } = await scene.session(name);
      return metadata.annotations?.['skald.dev/status-message-closed'] === 'true';
    });
  });

  test('its button ends the session; who may not stop it may not press it', async () => {
    const handle = await start({ channel: scene.voiceChannelId });
    const card = await handle.waitForReply('It will begin');
    const [session] = await scene.sessions();
    const name = session?.metadata.name ?? '';
    await scene.operatorStatus(name, { phase: 'Pending' });
    await handle.waitForReply('waits to be admitted');
    const message = { channelId: scene.textChannelId, messageId: card.messageId };
    const player = await scene.discord.person({ guildId: scene.guildId, name: 'Merry' });
    const refused = await scene.discord.component(player, message, `session:stop:${name}`);
    expect(await refused.waitForReply(/./)).toMatchObject({
      ephemeral: true,
      text: expect.stringContaining(`<@&${scene.gameMasterRole}>`),
    });
    expect((await scene.session(name)).spec.desiredState).toBe('Running');
    const pressed = await scene.discord.component(gameMaster, message, `session:stop:${name}`);
    expect(pressed.acknowledgement).toBe('deferredUpdate');
    await handle.waitForReply('then I leave');
    expect((await scene.session(name)).spec.desiredState).toBe('Stopped');
  });

  test('after fifteen minutes it goes on as a message of the bot', async () => {
    const handle = await start({ channel: scene.voiceChannelId });
    const card = await handle.waitForReply('It will begin');
    const [session] = await scene.sessions();
    const name = session?.metadata.name ?? '';
    await scene.discord.inject({ kind: 'expireInteractions' });
    await scene.operatorStatus(name, { phase: 'Pending' });
    await cardShows(card.messageId, 'waits to be admitted');
  });

  test('a storm of 429 loses no state: the newest is shown in the end, with few requests', async () => {
    const handle = await start({ channel: scene.voiceChannelId });
    const card = await handle.waitForReply('It will begin');
    const [session] = await scene.sessions();
    const name = session?.metadata.name ?? '';
    const edits = async () =>
      (await scene.discord.requests()).filter(
        ({ method, path }) => method === 'PATCH' && path.includes('/messages/'),
      ).length;
    const before = await edits();
    await scene.discord.inject({ kind: 'rateLimit', count: 4, retryAfterMs: 300, path: '/messages/' });
    await scene.operatorStatus(name, { phase: 'Pending' });
    for (const phase of ['Provisioning', 'Connecting', 'Active', 'Degraded', 'Active'] as const)
      await scene.operatorStatus(name, { phase });
    await handle.waitForReply('listening', 20_000);
    await cardShows(card.messageId, 'listening');
    expect((await edits()) - before).toBeLessThanOrEqual(10);
    await scene.discord.clearFaults();
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
    expect(reply.text).toContain('The sessions or hours that were agreed on are used up.');
    expect(reply.text).toContain('Whoever operates Skald can put this right');
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
    return status.text.includes('The Long Night') ? status : undefined;
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
    return (await handle.waitForReply(/./)).text.includes('The Long Night');
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

test('a gateway that starts anew goes on with the card, and shows an end that it was not there for', async () => {
  const handle = await start({ channel: scene.voiceChannelId });
  const card = await handle.waitForReply('It will begin');
  const [session] = await scene.sessions();
  const name = session?.metadata.name ?? '';
  await scene.operatorStatus(name, { phase: 'Pending' });
  await handle.waitForReply('waits');
  await scene.stopGateway(gateway);
  await scene.operatorStatus(name, { phase: 'Provisioning' });
  gateway = await scene.startGateway();
  const shown = async (text: string) => await cardShows(card.messageId, text);
  await shown('is being prepared');
  await scene.operatorStatus(name, { phase: 'Connecting' });
  await shown('joining');
  await scene.stopGateway(gateway);
  await scene.operatorStatus(name, { phase: 'Failed', reason: 'StartTimedOut', endReason: 'WorkerFailed' });
  gateway = await scene.startGateway();
  await shown('could not go on');
  await eventually('the end is noted', async () => {
    const { metadata } = await scene.session(name);
    return metadata.annotations?.['skald.dev/status-message-closed'] === 'true';
  });
});

test('the card speaks the language of the server, a refusal that of the person', async () => {
  const guildId = await scene.discord.addGuild({ name: 'Zum Tänzelnden Pony', locale: 'de' });
  const textId = await scene.discord.addChannel(guildId, { type: 'text', name: 'chat' });
  const voiceId = await scene.discord.addChannel(guildId, { type: 'voice', name: 'Tisch' });
  await scene.discord.inviteBot(scene.applicationId, guildId);
  await scene.allowGuilds([scene.guildId, guildId]);
  await eventually('the commands are registered there', async () =>
    (await scene.discord.commands(scene.applicationId))[guildId]?.includes('session'),
  );
  const person = await scene.discord.person({ guildId, name: 'Elrond', locale: 'de', roles: [] });
  const refused = await scene.discord.command(person, guildId, textId, 'session start', {});
  expect((await refused.waitForReply(/./)).text).toContain('Du darfst diesen Befehl hier nicht verwenden');
  await scene.allowEveryone(['session']);
  const handle = await eventually('the gateway knows it', async () => {
    const used = await scene.discord.command(person, guildId, textId, 'session start', { channel: voiceId });
    return (await used.waitForReply(/./)).ephemeral ? undefined : used;
  });
  await handle.waitForReply('Sie beginnt in');
  const [session] = await scene.sessions();
  await scene.operatorStatus(session?.metadata.name ?? '', { phase: 'Pending', reason: 'GuildBusy' });
  await handle.waitForReply('Das kannst du selbst in Ordnung bringen.');
  await scene.allowEveryone([]);
});

test('no token is in the log', async () => {
  const handle = await start({ channel: scene.voiceChannelId });
  await handle.waitForReply(/./);
  // A reply that cannot be edited is where a library's error would carry the interaction's token.
  const { textChannelId, guildId } = scene;
  await scene.discord.setChannelPermissions(textChannelId, guildId, { deny: ['ViewChannel'] });
  await scene.discord.inject({ kind: 'expireInteractions' });
  const [session] = await scene.sessions();
  await scene.operatorStatus(session?.metadata.name ?? '', { phase: 'Pending' });
  await scene.operatorStatus(session?.metadata.name ?? '', { phase: 'Provisioning' });
  await eventually('an edit failed', () => scene.log.includes('could not be edited'));
  await scene.discord.setChannelPermissions(textChannelId, guildId, {});
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
