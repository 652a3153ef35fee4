import { CompressionMethod, WebSocketShardEvents } from '@discordjs/ws';
import {
  GatewayDispatchEvents,
  GatewayIntentBits,
  InteractionType,
  MessageFlags,
} from 'discord-api-types/v10';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { DiscordSimulator } from './simulator.ts';
import { type Bot, connectBot } from './testing.ts';

let simulator: DiscordSimulator;
let application: { id: string; token: string };
let guildId: string;
let textId: string;
let bot: Bot | undefined;

beforeEach(async () => {
  simulator = new DiscordSimulator();
  await simulator.start();
  application = await simulator.addApplication({ name: 'Skald' });
  guildId = await simulator.addGuild({ name: 'Tavern' });
  textId = await simulator.addChannel(guildId, { type: 'text', name: 'table' });
  await simulator.inviteBot(application.id, guildId);
});

afterEach(async () => {
  await bot?.close();
  bot = undefined;
  await simulator.stop();
});

test('a bot identifies, gets its guild, answers a slash command and edits the answer', async () => {
  bot = await connectBot(simulator, application);
  const created = await bot.next(GatewayDispatchEvents.GuildCreate);
  expect(created.d).toMatchObject({ id: guildId, name: 'Tavern', channels: [{ id: textId, name: 'table' }] });

  await bot.api.applicationCommands.bulkOverwriteGuildCommands(application.id, guildId, [
    {
      name: 'session',
      description: 'Sessions',
      options: [
        {
          type: 1,
          name: 'start',
          description: 'Start one',
          options: [{ type: 3, name: 'campaign', description: 'Which', required: true }],
        },
      ],
    },
  ]);
  const alice = await simulator.person({ guildId, name: 'Alice' });
  const used = simulator.command(alice, guildId, textId, 'session start', { campaign: 'Strahd' });
  const { d: interaction } = await bot.next(GatewayDispatchEvents.InteractionCreate);
  expect(interaction).toMatchObject({
    type: InteractionType.ApplicationCommand,
    data: { name: 'session', options: [{ name: 'start', options: [{ name: 'campaign', value: 'Strahd' }] }] },
    member: { user: { id: alice.userId } },
  });
  const { id, token } = interaction as { id: string; token: string };
  await bot.api.interactions.defer(id, token, { flags: MessageFlags.Ephemeral });
  const handle = await used;
  expect(handle.acknowledgement).toBe('deferred');
  expect(handle.acknowledgedMs).toBeLessThan(3_000);
  await bot.api.interactions.editReply(application.id, token, { content: 'Summoning…' });
  await bot.api.interactions.editReply(application.id, token, { content: 'Listening.' });
  await bot.api.interactions.followUp(application.id, token, { content: 'Roll for initiative' });
  await expect(handle.waitForReply('Listening')).resolves.toMatchObject({ ephemeral: true });
  const texts = (await handle.history()).map((event) => event.text);
  expect(texts).toEqual(['Summoning…', 'Listening.', 'Roll for initiative']);
});

test('after a dropped connection the real client resumes and gets what it missed', async () => {
  bot = await connectBot(simulator, application);
  await bot.next(GatewayDispatchEvents.GuildCreate);
  await simulator.inject({ kind: 'closeGateway', applicationId: application.id, code: 4000 });
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await simulator.post(alice, textId, `hello <@${application.id}>`);
  await bot.next(GatewayDispatchEvents.Resumed);
  const [message] = bot.dispatches.filter((dispatch) => dispatch.t === GatewayDispatchEvents.MessageCreate);
  expect(message?.d).toMatchObject({ content: `hello <@${application.id}>` });
  expect(bot.dispatches.filter((dispatch) => dispatch.t === GatewayDispatchEvents.Ready)).toHaveLength(1);
});

/** A socket of our own, past HELLO. */
async function dial(): Promise<WebSocket> {
  const socket = new WebSocket(`${simulator.addresses.gatewayUrl}?v=10&encoding=json`);
  await new Promise((resolve) => socket.once('message', resolve));
  return socket;
}

function answer(socket: WebSocket): Promise<{ op: number; d: unknown }> {
  return new Promise((resolve) => {
    socket.once('message', (data) => resolve(JSON.parse(String(data))));
  });
}

test('RESUME of a session that was invalidated, or never was, is answered with INVALID_SESSION', async () => {
  const socket = await dial();
  socket.send(JSON.stringify({ op: 2, d: { token: application.token, intents: 0, properties: {} } }));
  const { d: ready } = await answer(socket);
  const { session_id } = ready as { session_id: string };
  await simulator.inject({ kind: 'invalidateSession', applicationId: application.id, resumable: false });
  for (const id of [session_id, 'never']) {
    const again = await dial();
    again.send(JSON.stringify({ op: 6, d: { token: application.token, session_id: id, seq: 1 } }));
    expect(await answer(again)).toMatchObject({ op: 9, d: false });
    again.terminate();
  }
  socket.terminate();
});

test('zlib-stream compression works with the real client', async () => {
  bot = await connectBot(simulator, application, { compression: CompressionMethod.ZlibNative });
  const created = await bot.next(GatewayDispatchEvents.GuildCreate);
  expect(created.d).toMatchObject({ id: guildId });
});

describe('identify', () => {
  async function closeCode(identify: object): Promise<number> {
    const socket = new WebSocket(`${simulator.addresses.gatewayUrl}?v=10&encoding=json`);
    return new Promise((resolve) => {
      socket.once('message', () =>
        socket.send(JSON.stringify({ op: 2, d: { properties: {}, ...identify } })),
      );
      socket.once('close', resolve);
    });
  }

  test('with a wrong token is closed with 4004', async () => {
    expect(await closeCode({ token: 'wrong', intents: 0 })).toBe(4004);
  });

  test('with intents that do not exist is closed with 4013', async () => {
    expect(await closeCode({ token: application.token, intents: 1 << 30 })).toBe(4013);
  });

  test('with a privileged intent that the portal has not switched on is closed with 4014', async () => {
    const strict = await simulator.addApplication({ privilegedIntents: 0 });
    const intents = GatewayIntentBits.Guilds | GatewayIntentBits.MessageContent;
    expect(await closeCode({ token: strict.token, intents })).toBe(4014);
  });

  test('after the token was reset fails, and the running session is closed with 4004', async () => {
    bot = await connectBot(simulator, application);
    const closed = new Promise((resolve) => bot?.manager.once(WebSocketShardEvents.Closed, resolve));
    await simulator.inject({ kind: 'revokeBotToken', applicationId: application.id });
    expect(await closed).toBe(4004);
    expect(await closeCode({ token: application.token, intents: 0 })).toBe(4004);
  });
});

test('without GUILD_VOICE_STATES a bot is told of no voice state', async () => {
  bot = await connectBot(simulator, application, {
    intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildMessages,
  });
  const voiceId = await simulator.addChannel(guildId, { type: 'voice', name: 'voice' });
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await alice.joinVoice(voiceId);
  await simulator.post(alice, textId, 'marker');
  await bot.next(GatewayDispatchEvents.MessageCreate);
  expect(bot.dispatches.map((dispatch) => dispatch.t)).not.toContain(GatewayDispatchEvents.VoiceStateUpdate);
});

test('a bot that restarts without closing its session is dropped from voice, unless the fault keeps it', async () => {
  const voiceId = await simulator.addChannel(guildId, { type: 'voice', name: 'voice' });
  const identify = async () => {
    const socket = await dial();
    const intents = GatewayIntentBits.Guilds;
    socket.send(JSON.stringify({ op: 2, d: { token: application.token, intents, properties: {} } }));
    await answer(socket);
    return socket;
  };
  const join = { guild_id: guildId, channel_id: voiceId, self_mute: false, self_deaf: false };
  for (const keep of [false, true]) {
    await simulator.inject({ kind: 'keepVoiceAcrossIdentify', on: keep });
    const at = await simulator.now();
    const first = await identify();
    first.send(JSON.stringify({ op: 4, d: join }));
    await simulator.waitForEvent({ kind: 'voiceServerUpdate', afterMs: at });
    first.terminate();
    await simulator.waitForEvent({ kind: 'gatewayClosed', detail: '1006', afterMs: at });
    const second = await identify();
    expect(await simulator.voiceStates(guildId)).toHaveLength(keep ? 1 : 0);
    second.terminate();
    await simulator.waitForEvent({
      kind: 'gatewayClosed',
      detail: '1006',
      afterMs: (await simulator.now()) - 1,
    });
  }
});
