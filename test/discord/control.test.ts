import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimulatorClient } from './client.ts';
import { controlServer } from './control/server.ts';
import { DiscordSimulator } from './simulator.ts';
import { connectBot } from './testing.ts';
import { readWav, writeWav } from './wav.ts';

let simulator: DiscordSimulator;
let client: SimulatorClient;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'simulator-test-'));
  simulator = new DiscordSimulator();
  const { controlUrl } = await simulator.start(controlServer(simulator));
  client = await SimulatorClient.connect(controlUrl);
});

afterEach(async () => {
  await simulator.stop();
  await rm(directory, { recursive: true });
});

test('the client scripts a guild, a command and two people who hear each other', async () => {
  const application = await client.addApplication({ name: 'Skald' });
  const guildId = await client.addGuild({ name: 'Tavern' });
  const textId = await client.addChannel(guildId, { type: 'text', name: 'table' });
  const voiceId = await client.addChannel(guildId, { type: 'voice', name: 'voice' });
  await client.inviteBot(application.id, guildId);
  const bot = await connectBot(simulator, application);
  await bot.api.applicationCommands.bulkOverwriteGlobalCommands(application.id, [
    { name: 'ping', description: 'Ping' },
  ]);
  const [alice, bob] = [
    await client.person({ guildId, name: 'Alice' }),
    await client.person({ guildId, name: 'Bob' }),
  ];

  const used = client.command(alice, guildId, textId, 'ping');
  const { d } = await bot.next('INTERACTION_CREATE');
  const { id, token } = d as { id: string; token: string };
  await bot.api.interactions.reply(id, token, { content: 'pong 42' });
  await expect((await used).waitForReply(/pong \d+/)).resolves.toMatchObject({ text: 'pong 42' });
  await bot.close();

  await alice.joinVoice(voiceId);
  await bob.joinVoice(voiceId);
  const samples = Int16Array.from({ length: 4_800 }, (_, index) => 9_000 * Math.sin(index / 12));
  const said = await alice.say(writeWav({ sampleRate: 16_000, samples }));
  const spurt = await bob.waitToHear({ from: alice.userId, silenceMs: 120 });
  expect(spurt).toMatchObject({ packets: said.packets, lost: 0, undecryptable: 0 });
  const file = join(directory, 'heard.wav');
  await bob.writeHeard(file, { from: alice.userId });
  const sound = readWav(await readFile(file));
  expect(sound.sampleRate).toBe(48_000);
  expect(sound.samples.length).toBeGreaterThanOrEqual(15 * 960);
});

test('mistakes of the scenario come back as sentences', async () => {
  await expect(client.addChannel('1', { type: 'voice', name: 'x' })).rejects.toThrow(
    'guild 1 does not exist: call addGuild first',
  );
  const guildId = await client.addGuild({ name: 'Tavern' });
  await expect(client.command('7', guildId, '8', 'x')).rejects.toThrow('channel 8 does not exist');
  await expect(client.addRole(guildId, { name: 'gm', permissions: ['Fly' as 'Connect'] })).rejects.toThrow(
    'permissions.0: unknown permission name',
  );
});
