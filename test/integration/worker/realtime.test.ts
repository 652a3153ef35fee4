// NPCs that hear and speak by one model, and what is not said because of what it is: the worker with everything around it.
import { afterEach, describe, expect, it } from 'vitest';
import {
  AddressReach,
  type Provider,
  SessionConfiguration,
} from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { ModerationDouble } from '../../providers/moderation/double.ts';
import { MS_PER_WORD, RealtimeDouble } from '../../providers/realtime/double.ts';
import { Scene, type SceneOptions, type WorkerRun } from './scene.ts';

const doubles: AsyncDisposable[] = [];
let scene: Scene;

afterEach(async () => {
  await scene.close();
  for (const double of doubles.splice(0)) await double[Symbol.asyncDispose]();
});

function provider(model: string, baseUrl: string): Provider {
  return {
    kind: 'openai',
    model,
    baseUrl,
    reach: AddressReach.ANY,
    pricePerUnitUsd: 0.001,
    fallback: undefined,
  };
}

const { campaign } = SessionConfiguration.create({
  campaign: {
    ...{ name: 'village', title: 'The Village at the Ford', language: 'en' },
    npcs: [
      {
        ...{ name: 'Greta', title: 'innkeeper', engine: 'speechToSpeech', personality: 'Warm and curious.' },
        voice: { id: 'cedar', pitch: 0, speed: 1 },
      },
    ],
  },
});

async function table(options: SceneOptions): Promise<{ alice: PersonHandle; worker: WorkerRun }> {
  scene = await Scene.create(options);
  const alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
  scene.gateway.name(alice.userId, 'Alice');
  await alice.joinVoice(scene.channelId);
  const worker = scene.worker();
  await scene.listening();
  return { alice, worker };
}

async function say(alice: PersonHandle, text: string) {
  scene.providers.script(text);
  return await alice.say(await scene.speech(text));
}

describe('an NPC with the engine speechToSpeech', () => {
  it('answers who addressed it by its own model, and the model forgets what a barge-in kept from being heard', async () => {
    const realtime = new RealtimeDouble();
    await realtime.start();
    doubles.push(realtime);
    realtime.script.push(Array(60).fill('word').join(' '), 'As you wish.');
    const { alice, worker } = await table({
      configuration: {
        campaign,
        speechToSpeech: provider('gpt-realtime', realtime.baseURL),
      },
    });
    await say(alice, 'Greta, what is on the menu tonight?');
    const spoken = async () => {
      const spurt = (await alice.heard()).find(({ userId }) => userId === scene.bot.applicationId);
      return (spurt?.lastPacketAt ?? 0) - (spurt?.firstPacketAt ?? 0);
    };
    // Some words of it, so that there is something to remember.
    await expect.poll(spoken, { timeout: 40_000 }).toBeGreaterThan(4 * MS_PER_WORD);
    // It heard the question itself, and nobody else was asked.
    expect(realtime.connections[0]?.heardSeconds[0]).toBeGreaterThan(1);
    expect(JSON.stringify(realtime.sent('session.update'))).toContain('You are Greta, the innkeeper.');
    expect(scene.providers.requests.map(({ endpoint }) => endpoint)).toEqual(['transcriptions']);

    await say(alice, 'Wait, can you mend my sword instead?');
    const cut = () => realtime.sent('conversation.item.truncate')[0];
    await expect.poll(cut, { timeout: 40_000 }).toBeDefined();
    const heardMs = Number(cut()?.audio_end_ms);
    console.log(
      `cut after ${heardMs} ms of ${60 * MS_PER_WORD}; on the wire for ${Math.round(await spoken())} ms`,
    );
    expect(heardMs).toBeGreaterThan(4 * MS_PER_WORD - 200);
    expect(heardMs).toBeLessThan(60 * MS_PER_WORD);

    const turns = () => worker.lines.filter(({ msg }) => msg === 'Turn').length;
    await expect.poll(turns, { timeout: 40_000 }).toBe(2);
    expect(realtime.connections).toHaveLength(1);
    scene.gateway.send({ $case: 'stop', value: { reason: 'Requested', message: '' } });
    expect(await worker.exit).toBe(0);
    const result = await worker.result();
    expect(result).toMatchObject({ utterances: 2, replies: 2, bargeIns: 1, ttsCharacters: 0 });
    expect(result.llmTokens).toBeGreaterThan(100);
    expect(realtime.connections[0]?.closed).toBe(true);
  });
});

describe('what an NPC is about to say', () => {
  it('is not heard when the provider of moderation flags it; the NPC says something else', async () => {
    const moderation = new ModerationDouble();
    await moderation.start();
    doubles.push(moderation);
    moderation.flagging.set('Sword', ['hate']);
    const { alice, worker } = await table({
      configuration: {
        moderation: provider('omni-moderation-latest', moderation.baseURL),
        withheldLine: 'Of that I would rather not speak.',
      },
    });
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await alice.waitToHear({ from: scene.bot.applicationId, afterMs: said.startedAt, timeoutMs: 40_000 });
    await expect.poll(() => worker.lines.some(({ msg }) => msg === 'Turn'), { timeout: 40_000 }).toBe(true);
    const spoken = scene.providers.requests.filter(({ endpoint }) => endpoint === 'speech').at(-1);
    expect(spoken?.text).toBe('Of that I would rather not speak.');
    const withheld = worker.lines.find(({ msg }) => msg === 'A sentence was withheld');
    expect(withheld).toMatchObject({ npc: 'Bruno', reason: 'Flagged', detail: 'hate' });
    expect(JSON.stringify(withheld)).not.toContain('Sword');
  });
});
