import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playScene, type SceneResult } from '../../hack/demo/scene.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { Progress } from '../../hack/environment/progress.ts';
import { Stage } from './harness.ts';

/** What `npm run demo` plays and reports. */
describe('the scene of the demo', () => {
  let folder: string;
  let result: SceneResult;
  const progress = new Progress(() => {});

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skald-demo-'));
    const stage = await Stage.open(4);
    result = await playScene({
      environment: stage,
      simulator: stage.simulator,
      table: stage.table,
      tenant: stage.tenant,
      campaign: stage.campaignName,
      wav: await playerSays(defaultSentence, () => {}),
      recording: join(folder, 'answer.wav'),
      progress,
      signal: new AbortController().signal,
      stop: true,
    });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('hears the sentence as it was said, and Greta answers to what was asked', () => {
    expect(result).toMatchObject({
      phase: 'Ended',
      heard: 'Greta have you heard any news from the city',
      npc: 'Greta',
    });
    expect(result.answer).toMatch(/city/i);
  });

  it('records the answer as the player heard it', async () => {
    expect(result.answerSeconds).toBeGreaterThan(1);
    // 48 kHz, 16 bit, mono.
    const { size } = await stat(result.recording ?? '');
    expect(size).toBeGreaterThan(result.answerSeconds * 96_000 * 0.9);
  });

  it('shows the session to kubectl, and times every step', () => {
    // Other files' sessions are listed, too.
    expect(result.table).toMatch(/^skald-stage-4 .* Active /m);
    expect(Object.keys(progress.steps)).toEqual(['start', 'speak', 'answer', 'transcript', 'stop']);
    expect(result.responseMs).toBeGreaterThan(0);
    expect(result.listeningMs).toBeGreaterThan(0);
  });
});
