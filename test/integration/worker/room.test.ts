/** What is in the channel besides answers: nobody who would answer, and a sound under it all. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { writeWav } from '../../../src/audio/wav.ts';
import { AddressReach } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { Scene, type SceneOptions } from './scene.ts';

let scene: Scene;
let files: Server | undefined;

afterEach(async () => {
  await scene.close();
  files?.close();
  files = undefined;
});

async function table(options: SceneOptions = {}): Promise<PersonHandle> {
  scene = await Scene.create(options);
  const alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
  scene.gateway.name(alice.userId, 'Alice');
  await alice.joinVoice(scene.channelId);
  scene.worker();
  await scene.listening();
  return alice;
}

it('is PAUSED while every NPC is muted, and no longer', async () => {
  await table();
  scene.gateway.configure({ mutedNpcs: ['Greta', 'Bruno'] });
  await scene.gateway.until('paused', () => scene.gateway.reports.at(-1)?.state === 'WORKER_STATE_PAUSED');
  expect(scene.gateway.reports.at(-1)).toMatchObject({ reason: 'EveryNpcMuted' });
  scene.gateway.configure({ mutedNpcs: ['Greta'] });
  await scene.listening();
  expect(scene.gateway.reports.at(-1)).toMatchObject({ reason: '' });
});

it('plays the campaign’s ambience while nobody speaks, answers over it, and ends it with the setting', async () => {
  const rain = writeWav(
    new Int16Array(16_000).map((_, n) => Math.round(Math.sin(n / 5) * 8000)),
    16_000,
  );
  files = createServer((_, response) => response.end(rain)).listen(0, '127.0.0.1');
  await once(files, 'listening');
  const { port } = files.address() as AddressInfo;
  const alice = await table();
  const { campaign } = scene.gateway.configuration;
  const ambience = { url: `http://127.0.0.1:${port}/rain.wav`, volume: 0.5, reach: AddressReach.ANY };
  scene.gateway.configure({ campaign: campaign && { ...campaign, ambience } });
  const from = scene.bot.applicationId;
  const sounds = async () => (await alice.heard()).findLast(({ userId }) => userId === from);
  await expect.poll(async () => (await sounds())?.durationMs, { timeout: 30_000 }).toBeGreaterThan(1000);

  scene.providers.script('Bruno, can you mend my sword?');
  await alice.say(await scene.speech('Bruno, can you mend my sword?'));
  const answers = () => scene.gateway.reports.at(-1)?.counters?.replies;
  await expect.poll(answers, { timeout: 30_000 }).toBe(1);

  scene.gateway.configure({ campaign: campaign && { ...campaign, ambience: undefined } });
  const silent = async () => (await scene.simulator.now()) - ((await sounds())?.lastPacketAt ?? 0);
  await expect.poll(silent, { timeout: 30_000 }).toBeGreaterThan(1000);
  // One stretch of packets from its beginning to its end: the answer was in the same rhythm.
  const heard = (await alice.heard()).filter(({ userId }) => userId === from);
  expect(heard).toHaveLength(1);
});
