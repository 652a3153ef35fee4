/** A worker that hears through Deepgram and speaks through ElevenLabs, each with its own key, at a table with DAVE. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AddressReach, Provider } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { DeepgramDouble } from '../../providers/deepgram/double.ts';
import { ElevenLabsDouble } from '../../providers/elevenlabs/double.ts';
import { readWav } from './read-wav.ts';
import { Scene, type WorkerRun } from './scene.ts';

const QUESTION = 'Bruno, can you mend my sword?';
const KEYS = { stt: 'the-key-for-deepgram', tts: 'the-key-for-elevenlabs' };

let deepgram: DeepgramDouble;
let elevenLabs: ElevenLabsDouble;
let scene: Scene;
let worker: WorkerRun;
let alice: PersonHandle;

beforeEach(async () => {
  deepgram = new DeepgramDouble({ apiKey: KEYS.stt });
  elevenLabs = new ElevenLabsDouble({ apiKey: KEYS.tts });
  await deepgram.start();
  await elevenLabs.start();
  const provider = (kind: string, baseUrl: string) =>
    Provider.create({ kind, baseUrl, reach: AddressReach.ANY, pricePerUnitUsd: 0.001 });
  scene = await Scene.create({
    configuration: {
      stt: provider('deepgram', deepgram.baseURL),
      tts: provider('elevenlabs', elevenLabs.baseURL),
      // As a Campaign that says nothing of it.
      turnTaking: { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true },
    },
  });
  alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
  scene.gateway.name(alice.userId, 'Alice');
  await alice.joinVoice(scene.channelId);
  const env: Record<string, string> = {
    SKALD_STT_API_KEY_URL: deepgram.baseURL,
    SKALD_TTS_API_KEY_URL: elevenLabs.baseURL,
  };
  for (const [role, key] of Object.entries(KEYS)) {
    const file = join(scene.directory, `${role}-key`);
    await writeFile(file, key);
    env[`SKALD_${role.toUpperCase()}_API_KEY_FILE`] = file;
  }
  worker = scene.worker({ env });
  await scene.listening();
});

afterEach(async () => {
  await scene.close();
  await deepgram.stop();
  await elevenLabs.stop();
});

async function say(text: string) {
  deepgram.script(text);
  return await alice.say(await scene.speech(text));
}

it('recognises while a person speaks, and answers with the voice of the NPC; when somebody speaks into it, no more is synthesised', async () => {
  const said = await say(QUESTION);
  const heard = await alice.waitToHear({
    from: scene.bot.applicationId,
    afterMs: said.startedAt,
    timeoutMs: 20_000,
  });
  expect(heard.undecryptable).toBe(0);
  await alice.writeHeard(`${scene.directory}/answer.wav`, {
    from: scene.bot.applicationId,
    afterMs: said.startedAt,
  });
  expect(readWav(await readFile(`${scene.directory}/answer.wav`)).rms).toBeGreaterThan(500);

  const [recognised] = deepgram.requests;
  expect(recognised).toMatchObject({ endpoint: 'stream', text: QUESTION, complete: true });
  expect(recognised?.query.get('language')).toBe('en');
  expect(recognised?.query.getAll('keyterm')).toEqual(['Greta', 'Bruno']);
  expect(recognised?.messages).toContainEqual({ type: 'Finalize' });
  // It began before she had finished.
  expect(recognised?.at).toBeLessThan(performance.timeOrigin + said.lastVoicedAt);
  const [spoken] = elevenLabs.requests;
  expect(spoken).toMatchObject({
    path: '/v1/text-to-speech/bruno/stream',
    status: 200,
    body: { model_id: 'eleven_flash_v2_5', language_code: 'en', voice_settings: { speed: 1.2 } },
  });

  // Slower than it is spoken, so that it is still being synthesised when it is certain that she interrupts.
  elevenLabs.setFaults({ speak: { eachMs: 100 } });
  const before = elevenLabs.requests.length;
  const again = await say('Bruno, tell me about your forge and the village.');
  const audible = async () =>
    (await alice.heardArrivals(scene.bot.applicationId)).filter(({ at }) => at > again.lastVoicedAt).length;
  await expect.poll(audible, { timeout: 20_000 }).toBeGreaterThan(10);
  await say('Stop, stop, I have heard enough of this for today!');
  await expect
    .poll(() => worker.lines.find(({ msg }) => msg === 'Barge-in'), { timeout: 20_000 })
    .toBeDefined();
  const cut = elevenLabs.requests.slice(before).filter(({ complete }) => !complete);
  expect(cut.length).toBeGreaterThan(0);
  await Promise.all(cut.map(({ closed }) => closed));
  expect(cut.filter(({ complete }) => complete)).toEqual([]);

  scene.gateway.send({ $case: 'stop', value: { reason: 'Requested', message: '' } });
  expect(await worker.exit).toBe(0);
  expect((await worker.result()).spendUSD).toBeGreaterThan(0);
  for (const key of Object.values(KEYS)) expect(JSON.stringify(worker.lines)).not.toContain(key);
});

it('says what the vendor says when the key is refused, without the key, and recovers', async () => {
  deepgram.setFaults({
    stream: { status: 401, repeatKey: true, times: 1 },
    listen: { status: 401, repeatKey: true, times: 1 },
  });
  await alice.say(await scene.speech(QUESTION));
  const degraded = await scene.gateway.until('degraded', () =>
    scene.gateway.reports.findLast(({ state }) => state === 'WORKER_STATE_DEGRADED'),
  );
  expect(degraded.reason).toBe('SpeechToTextUnavailable');
  expect(degraded.message).toContain('/v1/listen');
  expect(degraded.message).toContain('answered 401');
  expect(degraded.message).not.toContain(KEYS.stt);

  const said = await say(QUESTION);
  await alice.waitToHear({ from: scene.bot.applicationId, afterMs: said.startedAt, timeoutMs: 20_000 });
  await scene.listening();
});
