/** Messages, buttons, forms and files of interactions: what the simulator takes, and what it refuses as Discord does. */
import { DiscordAPIError } from '@discordjs/rest';
import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InteractionHandle, OptionValue } from './api.ts';
import type { Person } from './people/person.ts';
import { DiscordSimulator } from './simulator.ts';
import { type Bot, connectBot } from './testing.ts';

let simulator: DiscordSimulator;
let guildId: string;
let textId: string;
let alice: Person;
let bot: Bot;

beforeEach(async () => {
  simulator = new DiscordSimulator();
  await simulator.start();
  const application = await simulator.addApplication({ name: 'Skald' });
  guildId = await simulator.addGuild({ name: 'Tavern', locale: 'de' });
  textId = await simulator.addChannel(guildId, { type: 'text', name: 'table' });
  await simulator.inviteBot(application.id, guildId);
  alice = await simulator.person({ guildId, name: 'Alice', locale: 'de' });
  bot = await connectBot(simulator, application);
  await bot.api.applicationCommands.bulkOverwriteGuildCommands(application.id, guildId, [
    {
      name: 'show',
      description: 'Show',
      options: [{ type: 11, name: 'file', description: 'A file' }],
    },
  ]);
});

afterEach(async () => {
  await bot.close();
  await simulator.stop();
});

interface Received {
  id: string;
  token: string;
  locale: string;
  guild_locale: string;
  data: { options: { value: string }[]; resolved: { attachments: Record<string, { url: string }> } };
}

async function use(
  options: Record<string, OptionValue> = {},
): Promise<Received & { used: Promise<InteractionHandle> }> {
  const used = simulator.command(alice, guildId, textId, 'show', options);
  const { d } = await bot.next('INTERACTION_CREATE');
  return { ...(d as Received), used };
}

async function codeOf(promise: Promise<unknown>): Promise<number | string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DiscordAPIError)) throw new Error(`was not refused: ${String(error)}`);
  return error.code;
}

const button = (id: string) =>
  ({ type: ComponentType.Button, style: ButtonStyle.Primary, custom_id: id, label: 'Press' }) as const;
const row = (...components: object[]) => ({ type: ComponentType.ActionRow, components });

describe('a message is refused with', () => {
  test.each([
    ['content of 2001 characters', { content: 'x'.repeat(2001) }],
    ['an embed of more than 4096 characters', { embeds: [{ description: 'x'.repeat(4097) }] }],
    [
      'embeds of more than 6000 characters',
      { embeds: [{ description: 'x'.repeat(4000) }, { description: 'x'.repeat(2001) }] },
    ],
    ['six buttons in a row', { components: [row(...['1', '2', '3', '4', '5', '6'].map(button))] }],
    ['six rows', { components: ['1', '2', '3', '4', '5', '6'].map((id) => row(button(id))) }],
    ['a custom id of 101 characters', { components: [row(button('x'.repeat(101)))] }],
    ['a custom id twice', { components: [row(button('a'), button('a'))] }],
    ['a label of 81 characters', { components: [row({ ...button('a'), label: 'x'.repeat(81) })] }],
    ['a button without words', { components: [row({ type: 2, style: 1, custom_id: 'a' })] }],
    ['a button outside a row', { components: [button('a')] }],
  ])('%s', async (_what, body) => {
    const { id, token } = await use();
    const message = { content: 'x', ...body } as { content: string };
    expect(await codeOf(bot.api.interactions.reply(id, token, message))).toBe(50035);
    expect(await codeOf(bot.api.channels.createMessage(textId, message))).toBe(50035);
  });
});

const field = (change: object = {}) => ({ type: 4, custom_id: 'name', style: 1, ...change });
const labelled = (change: object = {}, label = 'Name') => ({ type: 18, label, component: field(change) });

describe('a form', () => {
  const open = async (change: object) => {
    const { id, token, used } = await use();
    const modal = { custom_id: 'f', title: 'Form', components: [labelled()], ...change };
    await bot.api.interactions.createModal(id, token, modal as never);
    return await used;
  };

  test.each([
    ['a title of 46 characters', { title: 'x'.repeat(46) }],
    ['six fields', { components: [1, 2, 3, 4, 5, 6].map((n) => labelled({ custom_id: `${n}` })) }],
    ['no field', { components: [] }],
    ['a label of 46 characters', { components: [labelled({}, 'x'.repeat(46))] }],
    ['one field twice', { components: [labelled(), labelled()] }],
    ['a custom id of 101 characters', { custom_id: 'x'.repeat(101) }],
  ])('is refused with %s', async (_what, change) => {
    expect(await codeOf(open(change))).toBe(50035);
  });

  test('comes back in the form that it had, with the fields that nobody touched', async () => {
    const components = [labelled(), labelled({ custom_id: 'kind', value: 'person' })];
    const opened = await open({ components });
    void simulator.submitModal(alice, opened.id, { name: 'Bart' });
    expect((await bot.next('INTERACTION_CREATE')).d).toMatchObject({
      type: 5,
      data: {
        components: [
          { type: 18, component: { custom_id: 'name', value: 'Bart' } },
          { type: 18, component: { custom_id: 'kind', value: 'person' } },
        ],
      },
    });
  });

  test.each([
    ['a required field empty', {}],
    ['too much in a field', { name: 'x'.repeat(11) }],
    ['a field that it has not', { name: 'x', other: 'y' }],
  ])('cannot be sent with %s', async (_what, fields) => {
    const opened = await open({ components: [labelled({ max_length: 10 })] });
    await expect(simulator.submitModal(alice, opened.id, fields)).rejects.toThrow(/field/);
  });
});

test('a file that a person attaches is at the address that the interaction tells', async () => {
  const { data, id, token } = await use({ file: { filename: 'a b.yaml', content: 'x: ü' } });
  const attachment = data.resolved.attachments[data.options[0]?.value ?? ''];
  expect(attachment).toMatchObject({ filename: 'a b.yaml', size: 5 });
  const response = await fetch(attachment?.url ?? '');
  expect(await response.text()).toBe('x: ü');
  expect((await fetch(`${attachment?.url}x`)).status).toBe(404);
  await bot.api.interactions.reply(id, token, { content: 'thanks' });
});

test('an interaction tells the languages of the person and of the server', async () => {
  const { id, token, locale, guild_locale } = await use();
  expect([locale, guild_locale]).toEqual(['de', 'de']);
  await bot.api.interactions.reply(id, token, { content: 'x' });
});

test('a deferred update of a button is followed by an edit of its message', async () => {
  const { id, token, used } = await use();
  await bot.api.interactions.reply(id, token, { content: 'card', components: [row(button('a'))] as never });
  const [card] = await (await used).replies();
  const pressed = simulator.component(alice, { channelId: textId, messageId: card?.messageId ?? '' }, 'a');
  const press = (await bot.next('INTERACTION_CREATE')).d as Received;
  await bot.api.interactions.deferMessageUpdate(press.id, press.token);
  expect((await pressed).acknowledgement).toBe('deferredUpdate');
  await bot.api.interactions.editReply(bot.applicationId, press.token, { content: 'changed' });
  const [message] = await simulator.messages(textId);
  expect(message?.text).toContain('changed');
});

describe('a reply of more than fifteen minutes ago', () => {
  async function old(): Promise<{ token: string; messageId: string }> {
    const { id, token, used } = await use();
    const answer = await bot.api.interactions.defer(id, token, { with_response: true });
    await used;
    await simulator.inject({ kind: 'expireInteractions' });
    return { token, messageId: answer.interaction.response_message_id ?? '' };
  }

  test('is not edited with the token of its interaction, and is as a message of the bot', async () => {
    const { token, messageId } = await old();
    const late = bot.api.interactions.editReply(bot.applicationId, token, { content: 'late' });
    expect(await codeOf(late)).toBe(50027);
    await bot.api.channels.editMessage(textId, messageId, { content: 'late' });
    expect((await simulator.messages(textId))[0]).toMatchObject({ text: 'late', thinking: false });
  });

  test('is not edited where the bot sees nothing, nor when it is gone', async () => {
    const { messageId } = await old();
    expect(await codeOf(bot.api.channels.editMessage(textId, '1', { content: 'x' }))).toBe(10008);
    await simulator.setChannelPermissions(textId, guildId, { deny: ['ViewChannel'] });
    expect(await codeOf(bot.api.channels.editMessage(textId, messageId, { content: 'x' }))).toBe(50001);
  });
});

test('files need the permission to attach them', async () => {
  await simulator.setChannelPermissions(textId, guildId, { deny: ['AttachFiles'] });
  const files = [{ name: 'a.txt', data: 'x' }];
  expect(await codeOf(bot.api.channels.createMessage(textId, { content: 'x', files }))).toBe(50013);
});
