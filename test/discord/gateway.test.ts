import { GatewayDispatchEvents, InteractionType, MessageFlags } from 'discord-api-types/v10';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
