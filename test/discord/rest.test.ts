import { DiscordAPIError } from '@discordjs/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DiscordSimulator } from './simulator.ts';
import { type Bot, connectBot } from './testing.ts';
import { ManualClock } from './world/clock.ts';

let simulator: DiscordSimulator;
let clock: ManualClock;
let application: { id: string; token: string };
let guildId: string;
let textId: string;
let bot: Bot;

beforeEach(async () => {
  clock = new ManualClock();
  simulator = new DiscordSimulator({ clock });
  await simulator.start();
  application = await simulator.addApplication({ name: 'Skald' });
  guildId = await simulator.addGuild({ name: 'Tavern' });
  textId = await simulator.addChannel(guildId, { type: 'text', name: 'table' });
  await simulator.inviteBot(application.id, guildId);
  bot = await connectBot(simulator, application);
});

afterEach(async () => {
  await bot.close();
  await simulator.stop();
});

async function refusal(
  promise: Promise<unknown>,
): Promise<{ status: number; code: number | string; raw: unknown }> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DiscordAPIError))
    throw new Error(`refused otherwise or not at all: ${String(error)}`);
  return { status: error.status, code: error.code, raw: error.rawError };
}

async function request(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${simulator.addresses.apiUrl}/v10${path}`, {
    ...init,
    headers: {
      authorization: `Bot ${application.token}`,
      'content-type': 'application/json',
      ...init.headers,
    },
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
}

describe('Discord refuses', () => {
  test('a wrong token with 401', async () => {
    const answer = await request('/users/@me', { headers: { authorization: 'Bot wrong' } });
    expect(answer).toMatchObject({ status: 401, body: { message: '401: Unauthorized', code: 0 } });
  });

  test('an unknown channel with 10003, an unknown guild with 10004', async () => {
    expect(await refusal(bot.api.channels.get('123456789012345678'))).toMatchObject({
      status: 404,
      code: 10003,
    });
    expect(await refusal(bot.api.guilds.get('123456789012345678'))).toMatchObject({
      status: 404,
      code: 10004,
    });
  });

  test('writing without SEND_MESSAGES with 50013, and a channel that cannot be seen with 50001', async () => {
    await simulator.setChannelPermissions(textId, application.id, { deny: ['SendMessages'] });
    expect(await refusal(bot.api.channels.createMessage(textId, { content: 'x' }))).toMatchObject({
      status: 403,
      code: 50013,
    });
    await simulator.setChannelPermissions(textId, application.id, { deny: ['ViewChannel'] });
    expect(await refusal(bot.api.channels.get(textId))).toMatchObject({ status: 403, code: 50001 });
  });

  test('2001 characters with 50035 and the place of the mistake', async () => {
    expect(
      await refusal(bot.api.channels.createMessage(textId, { content: 'x'.repeat(2001) })),
    ).toMatchObject({
      status: 400,
      code: 50035,
      raw: {
        errors: {
          content: {
            _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }],
          },
        },
      },
    });
  });

  test('an empty message with 50006', async () => {
    expect(await refusal(bot.api.channels.createMessage(textId, {}))).toMatchObject({
      status: 400,
      code: 50006,
    });
  });

  const option = (name: string, required = false) => ({ type: 3 as const, name, description: 'x', required });
  test.each([
    ['a name with capitals', { name: 'Session', description: 'x' }],
    ['a name with a space', { name: 'session start', description: 'x' }],
    ['a missing description', { name: 'session', description: '' }],
    [
      '26 options',
      { name: 's', description: 'x', options: Array.from({ length: 26 }, (_, n) => option(`o${n}`)) },
    ],
    [
      'a required option behind an optional one',
      { name: 's', description: 'x', options: [option('a'), option('b', true)] },
    ],
    ['two options of one name', { name: 's', description: 'x', options: [option('a'), option('a')] }],
  ])('a command with %s', async (_, command) => {
    const answer = await refusal(bot.api.applicationCommands.createGlobalCommand(application.id, command));
    expect(answer).toMatchObject({ status: 400, code: 50035 });
  });

  test('commands of another application', async () => {
    const other = await simulator.addApplication();
    const answer = await refusal(bot.api.applicationCommands.getGlobalCommands(other.id));
    expect(answer).toMatchObject({ status: 403, code: 20012 });
  });
});

describe('an interaction', () => {
  async function use() {
    await bot.api.applicationCommands.bulkOverwriteGlobalCommands(application.id, [
      {
        name: 'ping',
        description: 'Ping',
        options: [{ type: 3, name: 'who', description: 'x', autocomplete: true }],
      },
    ]);
    const alice = await simulator.person({ guildId, name: 'Alice' });
    const used = simulator.command(alice, guildId, textId, 'ping');
    const { d } = await bot.next('INTERACTION_CREATE');
    return { ...(d as { id: string; token: string }), used, alice };
  }

  test('can be acknowledged for three seconds, then it is unknown', async () => {
    const { id, token, used } = await use();
    clock.advance(3_001);
    expect(await refusal(bot.api.interactions.reply(id, token, { content: 'late' }))).toMatchObject({
      status: 404,
      code: 10062,
    });
    expect(await used).toMatchObject({ acknowledgedMs: null, acknowledgement: 'none' });
  });

  test('can be acknowledged once', async () => {
    const { id, token } = await use();
    await bot.api.interactions.reply(id, token, { content: 'first' });
    expect(await refusal(bot.api.interactions.defer(id, token))).toMatchObject({ status: 400, code: 40060 });
  });

  test('takes follow-ups for fifteen minutes', async () => {
    const { id, token, used } = await use();
    clock.advance(120);
    await bot.api.interactions.reply(id, token, { content: 'first' });
    expect((await used).acknowledgedMs).toBe(120);
    clock.advance(14 * 60_000);
    await bot.api.interactions.followUp(application.id, token, { content: 'second' });
    clock.advance(60_000);
    expect(
      await refusal(bot.api.interactions.followUp(application.id, token, { content: 'third' })),
    ).toMatchObject({
      status: 401,
      code: 50027,
    });
  });

  test('is no webhook before it was acknowledged', async () => {
    const { token } = await use();
    expect(
      await refusal(bot.api.interactions.editReply(application.id, token, { content: 'x' })),
    ).toMatchObject({
      code: 10015,
    });
  });

  test('offers choices while one types, and is used with what was chosen', async () => {
    const { id, token, alice } = await use();
    await bot.api.interactions.reply(id, token, { content: 'ok' });
    const typing = simulator.autocomplete(alice, guildId, textId, 'ping', { name: 'who', value: 'str' });
    const { d } = await bot.next('INTERACTION_CREATE');
    expect(d).toMatchObject({ type: 4, data: { options: [{ name: 'who', value: 'str', focused: true }] } });
    const asked = d as { id: string; token: string };
    await bot.api.interactions.createAutocompleteResponse(asked.id, asked.token, {
      choices: [{ name: 'Strahd', value: 'strahd' }],
    });
    expect(await typing).toEqual([{ name: 'Strahd', value: 'strahd' }]);
  });

  test('with a button leads to an update of its message, with a modal to its fields', async () => {
    const { id, token, alice, used } = await use();
    const buttons = [{ type: 1, components: [{ type: 2, style: 1, custom_id: 'stop', label: 'Stop' }] }];
    await bot.api.interactions.reply(id, token, { content: 'Running', components: buttons });
    const [reply] = await (await used).replies();
    const message = { channelId: textId, messageId: reply?.messageId ?? '' };
    const pressed = simulator.component(alice, message, 'stop');
    const press = (await bot.next('INTERACTION_CREATE')).d as { id: string; token: string };
    await bot.api.interactions.createModal(press.id, press.token, {
      custom_id: 'why',
      title: 'Why?',
      components: [{ type: 1, components: [{ type: 4, custom_id: 'reason', label: 'Reason', style: 1 }] }],
    });
    const opened = await pressed;
    expect(opened).toMatchObject({ acknowledgement: 'modal', modal: { custom_id: 'why' } });
    const submitted = simulator.submitModal(alice, opened.id, { reason: 'supper' });
    const { d } = await bot.next('INTERACTION_CREATE');
    expect(d).toMatchObject({
      type: 5,
      data: { custom_id: 'why', components: [{ components: [{ value: 'supper' }] }] },
    });
    const submit = d as { id: string; token: string };
    await bot.api.interactions.reply(submit.id, submit.token, { content: 'Stopped' });
    await (await submitted).waitForReply('Stopped');
  });

  test('whose answer carries files keeps them', async () => {
    const { id, token, used } = await use();
    await bot.api.interactions.reply(id, token, {
      content: 'transcript',
      files: [{ name: 'transcript.txt', data: Buffer.from('hello'), contentType: 'text/plain' }],
    });
    const [reply] = await (await used).replies();
    expect(reply?.message.attachments).toMatchObject([{ filename: 'transcript.txt', size: 5 }]);
  });
});

describe('rate limits', () => {
  test('are in the headers, and the sixth message in five seconds is a 429', async () => {
    const send = () =>
      request(`/channels/${textId}/messages`, { method: 'POST', body: JSON.stringify({ content: 'x' }) });
    const first = await send();
    expect(first.headers.get('x-ratelimit-remaining')).toBe('4');
    for (let index = 0; index < 4; index += 1) expect((await send()).status).toBe(200);
    const sixth = await send();
    expect(sixth).toMatchObject({
      status: 429,
      body: { message: 'You are being rate limited.', global: false, retry_after: 5 },
    });
    clock.advance(5_000);
    expect((await send()).status).toBe(200);
  });

  test('of a storm are waited for by the real client', async () => {
    await simulator.inject({ kind: 'rateLimit', count: 1, retryAfterMs: 30, path: '/users/@me' });
    await expect(bot.api.users.getCurrent()).resolves.toMatchObject({ id: application.id });
    const statuses = (await simulator.requests()).filter((r) => r.path === '/users/@me').map((r) => r.status);
    expect(statuses).toEqual([429, 200]);
  });
});

test('a failing Discord answers 503 as often as it was told to', async () => {
  await simulator.inject({ kind: 'failRest', count: 1, status: 503, path: '/users/@me' });
  expect((await request('/users/@me')).status).toBe(503);
  expect((await request('/users/@me')).status).toBe(200);
});
