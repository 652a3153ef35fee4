/** Turns with a worker as its pod runs it: pauses that are no ends, answers that are begun early, two who speak at once. */
import { afterEach, expect, it } from 'vitest';
import type { PersonHandle } from '../../discord/api.ts';
import { Scene, type SceneOptions, type WorkerRun } from './scene.ts';

let scene: Scene;

afterEach(async () => {
  await scene.close();
});

async function table(
  names: readonly string[],
  turnTaking: NonNullable<SceneOptions['configuration']>['turnTaking'],
): Promise<{ people: PersonHandle[]; worker: WorkerRun }> {
  scene = await Scene.create({ configuration: { turnTaking } });
  const people: PersonHandle[] = [];
  for (const name of names) {
    const person = await scene.simulator.person({ guildId: scene.guildId, name });
    scene.gateway.name(person.userId, name);
    people.push(person);
  }
  // Game masters are known before the worker is told who is there.
  const [first] = people;
  if (first !== undefined) scene.gateway.promote(first.userId);
  for (const person of people) await person.joinVoice(scene.channelId);
  const worker = scene.worker();
  await scene.listening();
  return { people, worker };
}

const asked = (endpoint: string) =>
  scene.providers.requests.filter((request) => request.endpoint === endpoint);
const lines = (worker: WorkerRun, text: string) => worker.lines.filter(({ msg }) => msg === text);
const WAIT = { timeout: 40_000, interval: 20 };

it('goes on listening when a pause was no end: the answer that was begun is cancelled, and asked anew', async () => {
  const { people, worker } = await table(['Alice'], {
    ...{ endpointing: 'fixed', minDelayMs: 2500, maxDelayMs: 2500, preemptive: true },
  });
  const [alice] = people;
  if (alice === undefined) throw new Error('there is nobody');
  const [beginning, rest] = [
    await scene.speech('Greta, we want a room.'),
    await scene.speech('And two ales please.'),
  ];
  scene.providers.setFaults({ chat: { firstMs: 20_000, times: 1 } });
  scene.providers.script('Greta, we want a room.');
  await alice.say(beginning);
  await expect.poll(() => asked('chat').length, WAIT).toBe(1);
  scene.providers.script('Greta, we want a room. And two ales, please.');
  const said = await alice.say(rest);
  await alice.waitToHear({ from: scene.bot.applicationId, afterMs: said.startedAt, timeoutMs: 40_000 });
  await expect.poll(() => lines(worker, 'Turn'), WAIT).toHaveLength(1);
  expect(lines(worker, 'Turn')[0]).toMatchObject({ npc: 'Greta', transcript: 'early', drafted: true });
  const chats = asked('chat');
  expect(chats.map(({ complete }) => complete)).toEqual([false, true]);
  expect(JSON.stringify(chats[0]?.body)).not.toContain('two ales');
  expect(JSON.stringify(chats[1]?.body)).toContain('two ales');
  expect(asked('transcriptions')).toHaveLength(2);
  // What was said is the answer to all of it, and nothing else.
  for (const { text = '?' } of asked('speech')) expect(chats[1]?.text).toContain(text);
});

it('keeps two apart who speak at once, and does what a game master says', async () => {
  const { people, worker } = await table(['Alice', 'Bert'], {
    ...{ endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: false },
  });
  const [alice, bert] = people;
  if (alice === undefined || bert === undefined) throw new Error('somebody is missing');
  const short = await scene.speech('Bruno, how much?');
  const long = await scene.speech('Greta and all of her guests have seen the dragon over the hills tonight');
  scene.providers.script('I roll for perception.', 'It was a long road over the hills.');
  await Promise.all([bert.say(long), alice.say(short)]);
  await expect.poll(() => lines(worker, 'Turn without answer').length, WAIT).toBe(2);
  const sizes = asked('transcriptions').map(({ body }) =>
    Number(/"(\d+) bytes"/.exec(JSON.stringify(body))?.[1]),
  );
  expect(sizes).toHaveLength(2);
  // Neither has the other's voice in it, or they would be of one length.
  expect(sizes[1]).toBeGreaterThan(1.5 * (sizes[0] ?? 0));

  scene.providers.script('Mute Greta.');
  await alice.say(short);
  await expect.poll(() => scene.gateway.commands.length, WAIT).toBe(1);
  expect(scene.gateway.commands).toEqual([{ userId: alice.userId, mute: ['Greta'], unmute: [] }]);
  scene.providers.script('Greta, what is on the menu?');
  await bert.say(short);
  await expect
    .poll(() => lines(worker, 'Turn without answer')[2], WAIT)
    .toMatchObject({ to: 'Greta', muted: true });
  scene.providers.script('Bruno, how much?');
  await bert.say(short);
  await expect.poll(() => asked('chat').length, WAIT).toBe(1);
  const prompt = JSON.stringify(asked('chat')[0]?.body);
  expect(prompt).toContain('[Alice] I roll for perception.');
  expect(prompt).toContain('[Bert] It was a long road over the hills.');
  expect(prompt).not.toContain('Mute Greta');
});
