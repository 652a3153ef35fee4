/** Nobody is heard before they were told, and nothing is heard when the money is spent: with real speech, over DAVE. */
import { afterEach, expect, inject, test } from 'vitest';
import { SessionStore, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { Scene } from './scene.ts';

const WORDS = 'A notice. An artificial intelligence listens here.';
const QUESTION = 'Bruno, can you mend my sword?';

let scene: Scene;

afterEach(async () => {
  await scene.close();
});

async function person(name: string): Promise<PersonHandle> {
  const one = await scene.simulator.person({ guildId: scene.guildId, name });
  scene.gateway.name(one.userId, name);
  await one.joinVoice(scene.channelId);
  return one;
}

const texts = (endpoint: string) =>
  scene.providers.requests
    .filter((request) => request.endpoint === endpoint)
    .map(({ body }) => (typeof body === 'object' && body !== null ? Reflect.get(body, 'input') : undefined));

async function ask(from: PersonHandle): Promise<void> {
  scene.providers.script(QUESTION);
  await from.say(await scene.speech(QUESTION));
}

/** More answers than there were. A busy machine may hear one question as two. */
async function answered(before: number): Promise<void> {
  await expect.poll(() => texts('chat').length, { timeout: 20_000 }).toBeGreaterThan(before);
}

test('nobody is recognised before the notice was said to them, or written for who came later; what is to be forgotten is', async () => {
  const schema = `notices_${Date.now()}`;
  const databaseUrl = tenantDatabaseUrl(inject('databaseUrl'), schema);
  await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
  const consentNotice = { words: WORDS, spoken: true, text: false };
  scene = await Scene.create({ configuration: { consentNotice }, databaseUrl });
  const { gateway } = scene;
  const alice = await person('Alice');
  scene.worker();
  // She speaks into it, and a game master has an NPC speak.
  await gateway.until('listening', () => gateway.reports.at(-1)?.state === 'WORKER_STATE_RUNNING');
  gateway.send({ $case: 'speak', value: { correlationId: 'c', npc: 'Greta', text: 'Welcome.' } });
  await alice.say(await scene.speech(QUESTION));
  await gateway.until('the notice is over', () =>
    gateway.notices.find(({ spoken, told }) => spoken && told.includes(alice.userId)),
  );
  await gateway.until('the NPC has spoken', () => gateway.spoken.length > 0);
  const said = texts('speech');
  expect(said.indexOf('Welcome.')).toBeGreaterThan(said.findIndex((text) => WORDS.startsWith(String(text))));
  expect(texts('transcriptions')).toEqual([]);

  await ask(alice);
  await answered(0);

  const ben = await person('Ben');
  await gateway.until('Ben is to be told', () =>
    gateway.notices.find(({ tell }) => tell.includes(ben.userId)),
  );
  await ben.say(await scene.speech(QUESTION));
  const toldAt = Date.now();
  let before = texts('chat').length;
  gateway.send({ $case: 'noticed', value: { told: [ben.userId], notTold: [], spoken: false } });
  await ask(ben);
  await answered(before);
  const store = new SessionStore({ url: databaseUrl, applicationName: 'test' });
  const ofBen = async () =>
    (await store.readTranscript(gateway.configuration.sessionUid)).filter(
      ({ speakerId }) => speakerId === ben.userId,
    );
  await expect.poll(async () => (await ofBen()).length, { timeout: 10_000 }).toBeGreaterThan(0);
  // His first question took two seconds, all of them before he was told.
  for (const { startedAt } of await ofBen()) expect(startedAt.getTime()).toBeGreaterThan(toldAt - 1000);
  await store.close();
  expect(JSON.stringify(scene.providers.requests)).toContain('[Alice]');

  gateway.send({ $case: 'forget', value: { userId: alice.userId } });
  await gateway.until('forgotten', () => gateway.forgotten.includes(alice.userId));
  before = texts('chat').length;
  await ask(ben);
  await answered(before);
  const prompt = JSON.stringify(
    scene.providers.requests.filter(({ endpoint }) => endpoint === 'chat').at(-1)?.body,
  );
  expect(prompt).toContain('[Ben]');
  expect(prompt).not.toContain('[Alice]');
});

test('at the soft limit no more turn is taken, which is said once; at the hard one the session asks for its end', async () => {
  scene = await Scene.create({ configuration: { spendSoftUsd: 0.001, spendNotice: 'The purse is empty.' } });
  const { gateway } = scene;
  const alice = await person('Alice');
  const worker = scene.worker();
  await scene.listening();
  await ask(alice);
  await gateway.until(
    'the soft limit is reported',
    () => gateway.reports.at(-1)?.reason === 'SpendSoftLimitReached',
    30_000,
  );
  expect(gateway.reports.at(-1)?.state).toBe('WORKER_STATE_PAUSED');
  await expect.poll(() => texts('speech'), { timeout: 20_000 }).toContain('The purse is empty.');
  const recognised = texts('transcriptions').length;
  await alice.say(await scene.speech(QUESTION));
  const line = () => worker.lines.find(({ msg }) => msg === 'No turn is taken');
  await expect.poll(line, { timeout: 20_000 }).toBeDefined();
  expect(texts('transcriptions')).toHaveLength(recognised);
  expect(texts('speech').filter((text) => text === 'The purse is empty.')).toHaveLength(1);

  expect(gateway.stopRequests).toEqual([]);
  const before = Date.now();
  gateway.configure({ spendHardUsd: 0.001 });
  await gateway.until('the end is asked for', () => gateway.stopRequests.length > 0, 15_000);
  expect(gateway.stopRequests[0]?.reason).toBe('SpendCap');
  console.log(`the hard limit was acted upon after ${Date.now() - before} ms`);
});
