// `/npc` from Discord to the worker's stream: the gateway under its own rights, a worker that the test plays.
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import type { Campaign } from '../../../src/api/index.ts';
import type { InteractionHandle, PersonHandle } from '../../discord/api.ts';
import type { Inbox } from './inbox.ts';
import { eventually, GAME_MASTER, Scene } from './scene.ts';
import { Workers } from './workers.ts';

const NAMES = ['Bart', 'Greta', 'Ulla'];

let scene: Scene;
let gateway: Gateway;
let workers: Workers;
let people: PersonHandle[];

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  const { guildId } = scene;
  const roles = [scene.gameMasterRole];
  people = [
    await scene.discord.person({ guildId, name: 'Gandalf', roles }),
    await scene.discord.person({ guildId, name: 'Saruman', roles }),
  ];
  gateway = await scene.startGateway();
  workers = new Workers(scene);
  const npc = (name: string): Campaign['spec']['npcs'][number] => ({
    name,
    voice: { pitch: 1, speed: 1 },
    engine: 'cascaded',
    budget: 'standard',
    addressOnly: false,
    gameMasterHelper: false,
  });
  await scene.changeCampaign('night', { npcs: NAMES.map(npc) });
  await scene.approveCampaign('night');
  await eventually('commands are registered', async () => {
    const commands = await scene.discord.commands(scene.applicationId);
    return commands[guildId]?.includes('npc');
  });
});
afterAll(() => scene?.close());
afterEach(() => workers.clear());

async function use(
  command: string,
  options: Record<string, string> = {},
  person = 0,
): Promise<InteractionHandle> {
  const { userId } = people[person] ?? { userId: GAME_MASTER };
  return await scene.discord.command(userId, scene.guildId, scene.textChannelId, `npc ${command}`, options);
}

async function typing(command: string): Promise<readonly (string | number)[]> {
  const { userId } = people[0] ?? { userId: GAME_MASTER };
  const where = [userId, scene.guildId, scene.textChannelId] as const;
  const choices = await scene.discord.autocomplete(...where, `npc ${command}`, { name: 'npc', value: '' });
  return choices.map(({ value }) => value);
}

/** A session that is Active, with its worker's stream. */
async function playing(): Promise<{ name: string; inbox: Inbox }> {
  const { name, job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  await scene.operatorStatus(name, { phase: 'Connecting', worker: { jobName: job } });
  await scene.operatorStatus(name, { phase: 'Active', worker: { jobName: job } });
  await eventually('the gateway knows that it is Active', async () => {
    const reply = await (await use('list')).waitForReply(/./);
    return !JSON.stringify(reply).includes('still joining');
  });
  return { name, inbox };
}

async function mutesOf(name: string): Promise<readonly string[]> {
  return [...((await scene.session(name)).spec.mutedNpcs ?? [])].sort();
}

test('a mute is in the session, and with the worker within a second; kubectl and Discord agree', async () => {
  const { name, inbox } = await playing();
  const began = performance.now();
  const handle = await use('mute', { npc: 'greta' });
  const { session } = await inbox.next('configure');
  console.log(`/npc mute to the worker's configuration: ${Math.round(performance.now() - began)} ms`);
  expect(session?.mutedNpcs).toEqual(['Greta']);
  const reply = await handle.waitForReply('silent now');
  expect(reply.ephemeral).toBe(true);
  expect(await mutesOf(name)).toEqual(['Greta']);

  await scene.mute(name, ['Bart', 'Greta']);
  expect((await inbox.next('configure')).session?.mutedNpcs).toEqual(['Bart', 'Greta']);
  expect(await typing('mute')).toEqual(['Ulla']);
  expect(await typing('unmute')).toEqual(['Bart', 'Greta']);

  await (await use('muteall')).waitForReply('All characters of **The Long Night** are silent');
  expect(await mutesOf(name)).toEqual(NAMES);
  await (await use('unmuteall')).waitForReply('may speak again');
  expect(await mutesOf(name)).toEqual([]);
});

test('two game masters mute and unmute at once, while the gateway writes: nothing is lost', async () => {
  const { name } = await playing();
  const wanted = await Promise.all([
    use('mute', { npc: 'Bart' }, 0),
    use('mute', { npc: 'Greta' }, 1),
    use('mute', { npc: 'Ulla' }, 0),
  ]);
  for (const handle of wanted) await handle.waitForReply('silent now');
  expect(await mutesOf(name)).toEqual(NAMES);
  await eventually('the gateway knows', async () => (await typing('unmute')).length === NAMES.length);
  const unwanted = await Promise.all([
    use('unmute', { npc: 'Bart' }, 0),
    use('unmute', { npc: 'Ulla' }, 1),
    scene.operatorStatus(name, { phase: 'Degraded' }),
  ]);
  for (const handle of unwanted.slice(0, 2)) await handle?.waitForReply('may speak again');
  expect(await mutesOf(name)).toEqual(['Greta']);
});

test('what an NPC is to say goes over the stream, and the asker is told what became of it', async () => {
  const { inbox } = await playing();
  const handle = await use('speak', { npc: 'Greta', text: 'Welcome, all of you.' });
  await handle.waitForReply('as soon as');
  const spoken = await inbox.next('speak');
  expect(spoken).toMatchObject({ npc: 'Greta', text: 'Welcome, all of you.' });
  const { correlationId } = spoken;
  inbox.stream.send({ $case: 'speakResult', value: { correlationId, error: '', reason: '' } });
  expect((await handle.waitForReply('has said it')).ephemeral).toBe(true);

  const cut = await use('speak', { npc: 'Bart', text: 'And who are you?' });
  const next = await inbox.next('speak');
  const result = { correlationId: next.correlationId, error: 'It was interrupted.', reason: 'Interrupted' };
  inbox.stream.send({ $case: 'speakResult', value: result });
  await cut.waitForReply('was interrupted');

  const lost = await use('speak', { npc: 'Bart', text: 'Anybody?' });
  await inbox.next('speak');
  await inbox.stream.close();
  await lost.waitForReply('the connection was lost');
  await (await use('speak', { npc: 'Bart', text: 'Hello?' })).waitForReply('I have no connection');
});

test('before the session is Active each command has its own sentence, and none says that nothing runs', async () => {
  await (await use('speak', { npc: 'Bart', text: 'Hello.' })).waitForReply('No session runs');
  const { name } = await workers.provisioned();
  await eventually('the gateway knows the session', async () => (await typing('mute')).length > 0);
  await (await use('speak', { npc: 'Bart', text: 'Hello.' })).waitForReply('still joining');
  await (await use('mute', { npc: 'Bart' })).waitForReply('as soon as they have joined');
  expect(await mutesOf(name)).toEqual(['Bart']);
});

test('choices of NPCs come within a tenth of a second while others type, too', async () => {
  await playing();
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let count = 0; count < 15; count += 1) {
        const began = performance.now();
        expect(await typing('mute')).toEqual(NAMES);
        times.push(performance.now() - began);
      }
    }),
  );
  times.sort((left, right) => left - right);
  const p99 = times[Math.floor(times.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  console.log(`choices of NPCs, 8 people at once, from key to answer: p99 ${p99.toFixed(0)} ms`);
  expect(p99).toBeLessThan(3_000);
});
