/**
 * A worker as its pod runs it, at a table with everything around it: the simulated Discord with DAVE, a
 * gateway that speaks the contract, providers that answer in character, PostgreSQL.
 */
import { readFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { SessionStore, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { readWav } from './read-wav.ts';
import { Scene, type SceneOptions, type WorkerRun } from './scene.ts';

let scene: Scene;

afterEach(async () => {
  await scene.close();
});

async function table(options: SceneOptions = {}): Promise<{ alice: PersonHandle; worker: WorkerRun }> {
  scene = await Scene.create(options);
  const alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
  scene.gateway.name(alice.userId, 'Alice');
  await alice.joinVoice(scene.channelId);
  const worker = scene.worker();
  await scene.listening();
  return { alice, worker };
}

/** Alice says it, and it is recognised as what she said. */
async function say(alice: PersonHandle, text: string, heardAs = text) {
  scene.providers.script(heardAs);
  return await alice.say(await scene.speech(text));
}

const answer = (alice: PersonHandle, afterMs: number, timeoutMs = 20_000) =>
  alice.waitToHear({ from: scene.bot.applicationId, afterMs, timeoutMs });

const asked = (endpoint: string) =>
  scene.providers.requests.filter((request) => request.endpoint === endpoint);

async function stop(worker: WorkerRun, reason = 'Requested'): Promise<Record<string, unknown>> {
  scene.gateway.send({ $case: 'stop', value: { reason, message: '' } });
  expect(await worker.exit).toBe(0);
  return await worker.result();
}

describe('worker', () => {
  it('hears a person through DAVE, answers as the NPC that was meant, writes the transcript, ends with a result', async () => {
    const schema = `worker_${Date.now()}`;
    const databaseUrl = tenantDatabaseUrl(inject('databaseUrl'), schema);
    await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
    const { alice, worker } = await table({ databaseUrl });
    expect(scene.gateway.reports.at(-1)).toMatchObject({
      voiceConnected: true,
      daveVersion: 1,
      buildSha: 'unknown',
    });

    const said = await say(alice, 'Bruno, can you mend my sword?');
    const heard = await answer(alice, said.startedAt);
    expect(heard.undecryptable).toBe(0);
    expect(heard.firstPacketAt - said.lastVoicedAt).toBeGreaterThan(300);
    await alice.writeHeard(`${scene.directory}/answer.wav`, {
      from: scene.bot.applicationId,
      afterMs: said.startedAt,
    });
    expect(readWav(await readFile(`${scene.directory}/answer.wav`)).rms).toBeGreaterThan(500);

    const [request] = asked('transcriptions');
    expect(request?.body).toMatchObject({ model: 'double-stt', language: 'en', prompt: 'Greta, Bruno' });
    const [chat] = asked('chat');
    expect(JSON.stringify(chat?.body)).toContain('You are Bruno, the blacksmith');
    expect(JSON.stringify(chat?.body)).toContain('[Alice] Bruno, can you mend my sword?');
    expect(JSON.stringify(chat?.body)).not.toContain('Runs the inn');
    expect(asked('speech')[0]?.body).toMatchObject({ voice: 'bruno', response_format: 'pcm' });

    const result = await stop(worker);
    expect(result).toMatchObject({ endReason: 'Requested', utterances: 1, replies: 1, bargeIns: 0 });
    expect(result.llmTokens).toBeGreaterThan(20);
    expect(result.spendUSD).toBeGreaterThan(0);
    expect(result.transcriptRef).toBe(`sessions/${scene.gateway.configuration.sessionUid}`);
    expect((await scene.simulator.voiceStates(scene.guildId)).map(({ userId }) => userId)).toEqual([
      alice.userId,
    ]);
    expect(scene.gateway.reports.at(-1)?.state).toBe('WORKER_STATE_STOPPED');
    expect(scene.gateway.reports.at(-1)?.responseP50Ms).toBeGreaterThan(300);

    const store = new SessionStore({ url: databaseUrl, applicationName: 'test' });
    const rows = await store.readTranscript(scene.gateway.configuration.sessionUid);
    expect(
      rows.map(({ speakerKind, speakerName, addressedNpc }) => [speakerKind, speakerName, addressedNpc]),
    ).toEqual([
      ['player', 'Alice', 'Bruno'],
      ['npc', 'Bruno', undefined],
    ]);
    expect(rows[1]?.text).toBe(asked('chat')[0]?.text);
    expect(rows[1]?.correlationId).toBe(rows[0]?.correlationId);
    const counters = await store.readCounters(scene.gateway.configuration.sessionUid);
    expect(counters).toMatchObject({ utterances: 1, replies: 1 });
    await store.close();
  });

  it('lets a muted NPC be silent, and nobody else answers to its name', async () => {
    const { alice, worker } = await table({ configuration: { mutedNpcs: ['Greta'] } });
    await say(alice, 'Greta, what is on the menu tonight?');
    const line = () => worker.lines.find(({ msg }) => msg === 'Turn without answer');
    await expect.poll(line, { timeout: 40_000 }).toMatchObject({ to: 'Greta', muted: true });
    expect(asked('chat')).toEqual([]);
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, said.startedAt);
    expect(JSON.stringify(asked('chat')[0]?.body)).toContain('You are Bruno');
    await stop(worker);
  });

  it('falls silent in mid-sentence when its NPC is muted, and says nothing for a game master either', async () => {
    const { alice, worker } = await table();
    const text = 'Welcome, all of you. '.repeat(20);
    scene.gateway.send({ $case: 'speak', value: { correlationId: 'c1', npc: 'Greta', text } });
    await scene.simulator.waitForEvent({ kind: 'firstRtp', userId: scene.bot.applicationId }, 40_000);
    scene.gateway.send({ $case: 'speak', value: { correlationId: 'c2', npc: 'Greta', text } });
    const mutedAt = await scene.simulator.now();
    scene.gateway.configure({ mutedNpcs: ['Greta'] });
    await scene.gateway.until('all is answered', () => scene.gateway.spoken.length === 2);
    scene.gateway.send({ $case: 'speak', value: { correlationId: 'c3', npc: 'Greta', text } });
    scene.gateway.send({ $case: 'speak', value: { correlationId: 'c4', npc: 'Bruno', text: 'I may.' } });
    await scene.gateway.until('all is answered', () => scene.gateway.spoken.length === 4);
    expect(scene.gateway.spoken.map(({ correlationId, reason }) => [correlationId, reason])).toEqual([
      ['c2', 'Muted'],
      ['c1', 'Interrupted'],
      ['c3', 'Muted'],
      ['c4', ''],
    ]);
    const spurts = (await alice.heard()).filter(({ userId }) => userId === scene.bot.applicationId);
    const silentAfter = (spurts[0]?.lastPacketAt ?? Number.POSITIVE_INFINITY) - mutedAt;
    console.log(`muted in mid-sentence: silent after ${Math.round(silentAfter)} ms`);
    expect(silentAfter).toBeLessThan(2000);
    expect(await stop(worker)).toMatchObject({ bargeIns: 0 });
  });

  it('is DEGRADED with a reason while recognition fails, and recovers with the next sentence', async () => {
    const { alice, worker } = await table();
    scene.providers.setFaults({ transcriptions: { status: 500 } });
    await alice.say(await scene.speech('Greta, what is on the menu tonight?'));
    const degraded = await scene.gateway.until('degraded', () =>
      scene.gateway.reports.findLast(({ state }) => state === 'WORKER_STATE_DEGRADED'),
    );
    expect(degraded.reason).toBe('SpeechToTextUnavailable');
    expect(degraded.message).toContain('500');
    expect(asked('transcriptions')).toHaveLength(3);

    scene.providers.setFaults({});
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, said.startedAt);
    await scene.listening();
    await stop(worker);
  });

  it('survives its language model and its voice failing in the middle of an answer', async () => {
    const { alice, worker } = await table();
    scene.providers.setFaults({ chat: { status: 503 } });
    await say(alice, 'Bruno, can you mend my sword?');
    await scene.gateway.until('model degraded', () =>
      scene.gateway.reports.some(({ reason }) => reason === 'LanguageModelUnavailable'),
    );
    scene.providers.setFaults({ speech: { cutAfter: 20 } });
    await say(alice, 'Bruno, can you mend my sword?');
    await scene.gateway.until('voice degraded', () =>
      scene.gateway.reports.some(({ reason }) => reason === 'TextToSpeechUnavailable'),
    );
    scene.providers.setFaults({});
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, said.startedAt);
    await scene.listening();
    await stop(worker);
  });

  it('stops speaking when a person speaks over it, and remembers only what was heard', async () => {
    const { alice, worker } = await table();
    await say(alice, 'Greta, what is on the menu tonight?');
    await scene.simulator.waitForEvent({ kind: 'firstRtp', userId: scene.bot.applicationId }, 40_000);
    const said = await say(alice, 'No no no, wait a moment please, I have to say something.');
    const line = () => worker.lines.find(({ msg }) => msg === 'Barge-in');
    await expect.poll(line, { timeout: 30_000 }).toMatchObject({ npc: 'Greta' });
    const spurts = await alice.heard();
    const cut = spurts.filter(({ userId }) => userId === scene.bot.applicationId)[0];
    expect((cut?.lastPacketAt ?? Number.POSITIVE_INFINITY) - said.startedAt).toBeLessThan(900);
    const result = await stop(worker);
    expect(result).toMatchObject({ bargeIns: 1 });
  });

  it('goes on where it stopped when a person only showed that they listen', async () => {
    const schema = `listening_${Date.now()}`;
    const databaseUrl = tenantDatabaseUrl(inject('databaseUrl'), schema);
    await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
    const { alice, worker } = await table({ databaseUrl });
    await say(alice, 'Greta, what is on the menu tonight?');
    await scene.simulator.waitForEvent({ kind: 'firstRtp', userId: scene.bot.applicationId }, 40_000);
    const said = await say(alice, 'Oh yeah yeah.');
    const line = (text: string) => worker.lines.find(({ msg }) => msg === text);
    await expect.poll(() => line('Interrupted'), { timeout: 30_000 }).toMatchObject({ npc: 'Greta' });
    await expect
      .poll(() => line('False interruption: the NPC goes on'), { timeout: 30_000 })
      .toMatchObject({ npc: 'Greta' });
    await answer(alice, said.lastVoicedAt);
    await expect.poll(() => line('Turn'), { timeout: 20_000 }).toMatchObject({ npc: 'Greta' });
    expect(await stop(worker)).toMatchObject({ bargeIns: 0, utterances: 2, replies: 1 });
    const store = new SessionStore({ url: databaseUrl, applicationName: 'test' });
    const rows = await store.readTranscript(scene.gateway.configuration.sessionUid);
    await store.close();
    const [, listening] = rows.filter(({ speakerKind }) => speakerKind === 'player');
    expect(listening?.text).toBe('Oh yeah yeah.');
    const spoken = rows.filter(({ speakerKind }) => speakerKind === 'npc');
    expect(spoken).toMatchObject([{ interrupted: false }]);
    expect(spoken[0]?.text).not.toContain('…');
  });

  it('speaks a given text as an NPC, and says when there is no such NPC', async () => {
    const { alice, worker } = await table();
    const now = await scene.simulator.now();
    scene.gateway.send({
      $case: 'speak',
      value: { correlationId: 'c1', npc: 'Greta', text: 'Welcome, all of you.' },
    });
    scene.gateway.send({ $case: 'speak', value: { correlationId: 'c2', npc: 'Nobody', text: 'Hello.' } });
    await answer(alice, now);
    await scene.gateway.until('spoken', () => scene.gateway.spoken.length === 2);
    expect(scene.gateway.spoken.find(({ correlationId }) => correlationId === 'c1')?.error).toBe('');
    expect(scene.gateway.spoken.find(({ correlationId }) => correlationId === 'c2')?.error).toContain(
      'Nobody',
    );
    expect(asked('chat')).toEqual([]);
    await stop(worker);
  });

  it('does not send the voice of a player who opted out, nor of another bot, to recognition', async () => {
    scene = await Scene.create();
    const alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
    const robot = await scene.simulator.person({ guildId: scene.guildId, name: 'Robot' });
    scene.gateway.name(alice.userId, 'Alice');
    scene.gateway.name(robot.userId, 'Robot', true);
    const { campaign } = scene.gateway.configuration;
    if (campaign === undefined) throw new Error('the scene has a campaign');
    campaign.players.push({ discordUserId: alice.userId, character: 'Aria', optOut: true });
    await alice.joinVoice(scene.channelId);
    await robot.joinVoice(scene.channelId);
    const worker = scene.worker();
    await scene.listening();
    await alice.say(await scene.speech('Greta, what is on the menu tonight?'));
    await robot.say(await scene.speech('Bruno, can you mend my sword?'));
    campaign.players.length = 0;
    scene.gateway.configure({ campaign });
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, said.startedAt);
    expect(asked('transcriptions')).toHaveLength(1);
    // The robot's words, had they been recognised, would have been answered.
    expect(JSON.stringify(asked('chat')[0]?.body)).toContain('[Alice] Bruno, can you mend my sword?');
    await stop(worker);
  });

  it('is respawned after kill -9, rejoins, and remembers the counters', async () => {
    const schema = `respawn_${Date.now()}`;
    const databaseUrl = tenantDatabaseUrl(inject('databaseUrl'), schema);
    await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
    const { alice, worker } = await table({ databaseUrl });
    const first = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, first.startedAt);
    // A report may come before the row is written: what was written is what outlives the process.
    const store = new SessionStore({ url: databaseUrl, applicationName: 'test' });
    const written = () => store.readCounters(scene.gateway.configuration.sessionUid);
    await expect.poll(written, { timeout: 40_000 }).toMatchObject({ utterances: 1, replies: 1 });
    await store.close();

    process.kill(await scene.workerPid(worker), 'SIGKILL');
    await scene.gateway.until('attached again', () => scene.gateway.attachedAt.length === 2);
    await scene.gateway.until('listening again', () =>
      scene.gateway.reports.some(
        ({ state }, at) =>
          at > 0 && state === 'WORKER_STATE_RUNNING' && scene.gateway.attachedAt.length === 2,
      ),
    );
    await scene.listening();
    const said = await say(alice, 'and how long will that take?', 'Bruno, and how long will that take?');
    await answer(alice, said.startedAt);
    // What was said before the crash is in the prompt: the memory came back from the transcript.
    expect(JSON.stringify(asked('chat').at(-1)?.body)).toContain('can you mend my sword');
    expect(await stop(worker)).toMatchObject({ utterances: 2, replies: 2 });
  });

  it('goes on speaking and listening while the gateway is away, reattaches without touching the audio', async () => {
    const { alice, worker } = await table();
    const { port } = scene.gateway;
    await scene.gateway.stop();
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, said.startedAt);
    const before = (await scene.simulator.events()).filter(({ kind }) => kind === 'voiceIdentify').length;
    await scene.gateway.start(port);
    await scene.gateway.until('attached again', () => scene.gateway.attachedAt.length === 2, 30_000);
    await scene.listening();
    const after = (await scene.simulator.events()).filter(({ kind }) => kind === 'voiceIdentify').length;
    expect(after).toBe(before);
    await stop(worker);
  });

  it.each([4015, 4006, 4009])('comes back after the voice server closed with %i', async (code) => {
    const { alice, worker } = await table();
    await scene.simulator.inject({
      kind: 'closeVoice',
      guildId: scene.guildId,
      userId: scene.bot.applicationId,
      code,
    });
    const connected = async () =>
      (await scene.simulator.voiceStates(scene.guildId)).find(
        ({ userId }) => userId === scene.bot.applicationId,
      );
    await expect.poll(connected, { timeout: 20_000 }).toMatchObject({ connected: true, dave: true });
    const said = await say(alice, 'Bruno, can you mend my sword?');
    await answer(alice, said.startedAt);
    await stop(worker);
  });

  it('hears and answers where Discord offers no AES-256-GCM', async () => {
    const { alice, worker } = await table({ discord: { modes: ['aead_xchacha20_poly1305_rtpsize'] } });
    const said = await say(alice, 'Bruno, can you mend my sword?');
    expect((await answer(alice, said.startedAt)).undecryptable).toBe(0);
    await stop(worker);
  });

  it('listens again when everyone left and somebody returns', async () => {
    const { alice, worker } = await table();
    await alice.leaveVoice();
    await alice.joinVoice(scene.channelId);
    await scene.listening();
    const said = await say(alice, 'Bruno, can you mend my sword?');
    expect((await answer(alice, said.startedAt)).undecryptable).toBe(0);
    await stop(worker);
  });

  it('follows to another voice server, and understands speech over a bad network', async () => {
    const { alice, worker } = await table();
    await scene.simulator.inject({
      kind: 'moveVoiceServer',
      guildId: scene.guildId,
      userId: scene.bot.applicationId,
    });
    const connected = async () =>
      (await scene.simulator.voiceStates(scene.guildId)).find(
        ({ userId }) => userId === scene.bot.applicationId,
      );
    await expect.poll(connected, { timeout: 20_000 }).toMatchObject({ connected: true, dave: true });
    scene.providers.script('Bruno, can you mend my sword?');
    const said = await alice.say(await scene.speech('Bruno, can you mend my sword?'), {
      impairments: { loss: 0.05, jitterMs: 30, reorder: 0.1, extension: true, padding: true },
    });
    await answer(alice, said.startedAt);
    expect(asked('transcriptions')).toHaveLength(1);
    await stop(worker);
  });

  it('asks to be stopped when Discord refuses it for good, and leaves by itself when nobody answers', async () => {
    const { worker } = await table();
    await scene.simulator.inject({
      kind: 'closeVoice',
      guildId: scene.guildId,
      userId: scene.bot.applicationId,
      code: 4022,
    });
    const request = await scene.gateway.until('a stop request', () => scene.gateway.stopRequests[0]);
    expect(request.reason).toBe('DiscordRefused');
    expect(await worker.exit).toBe(69);
    expect(await worker.result()).toMatchObject({ endReason: 'DiscordRefused' });
  });

  it('asks to be stopped when somebody throws it out of the channel', async () => {
    const { worker } = await table();
    await scene.simulator.moveMember(scene.guildId, scene.bot.applicationId, null);
    const request = await scene.gateway.until('a stop request', () => scene.gateway.stopRequests[0]);
    expect(request.reason).toBe('Kicked');
    expect(await stop(worker, 'Kicked')).toMatchObject({ endReason: 'Kicked' });
  });

  it('is DEGRADED while Discord keeps it from being heard, and goes on by itself when that is undone', async () => {
    const { worker } = await table();
    const { gateway, simulator, guildId, bot } = scene;
    await simulator.muteMember(guildId, bot.applicationId, true);
    const muted = await gateway.until('degraded', () =>
      gateway.reports.findLast(({ state }) => state === 'WORKER_STATE_DEGRADED'),
    );
    expect(muted).toMatchObject({ reason: 'BotMuted', message: expect.stringContaining('muted the bot') });
    await simulator.muteMember(guildId, bot.applicationId, false);
    await scene.listening();
    await stop(worker);
  });

  it('asks to be stopped when nobody speaks', async () => {
    const { worker } = await table({ configuration: { idleTimeoutSeconds: 2 } });
    const request = await scene.gateway.until('a stop request', () => scene.gateway.stopRequests[0]);
    expect(request.reason).toBe('Idle');
    await stop(worker, 'Idle');
  });

  it('finishes its sentence when it is stopped in the middle of one', async () => {
    const { alice, worker } = await table();
    const said = await say(alice, 'Greta, what is on the menu tonight?');
    await scene.simulator.waitForEvent({ kind: 'firstRtp', userId: scene.bot.applicationId }, 40_000);
    const result = await stop(worker);
    expect(result).toMatchObject({ endReason: 'Requested', replies: 1 });
    const [spurt] = (await alice.heard()).filter(({ firstPacketAt }) => firstPacketAt > said.startedAt);
    expect(spurt?.durationMs).toBeGreaterThan(300);
  });

  it('leaves at SIGTERM without Stop, with the code that does not count as a failure', async () => {
    const { worker } = await table();
    worker.child.kill('SIGTERM');
    expect(await worker.exit).toBe(143);
    expect(
      (await scene.simulator.voiceStates(scene.guildId)).some(
        ({ userId }) => userId === scene.bot.applicationId,
      ),
    ).toBe(false);
  });

  it('ends for good when the gateway refuses its identity', async () => {
    scene = await Scene.create();
    scene.gateway.refuseWith = status.PERMISSION_DENIED;
    const worker = scene.worker();
    expect(await worker.exit).toBe(65);
    expect(await worker.result()).toMatchObject({ endReason: 'WorkerFailed' });
  });

  it('waits for a gateway that does not know the session yet', async () => {
    scene = await Scene.create();
    scene.gateway.refuseWith = status.UNAVAILABLE;
    const worker = scene.worker();
    await expect.poll(() => scene.gateway.refused, { timeout: 40_000 }).toBeGreaterThan(2);
    scene.gateway.refuseWith = undefined;
    // Alone in the channel there is no group to be welcomed to: that is listening too.
    await scene.listening();
    expect(await (await fetch(`http://127.0.0.1:${worker.healthPort}/readyz`)).text()).toBe('ok\n');
    expect(await (await fetch(`http://127.0.0.1:${worker.healthPort}/metrics`)).text()).toContain(
      'skald_worker_replies',
    );
    await stop(worker);
  });

  it('does not start without its settings, and names what is missing', async () => {
    scene = await Scene.create();
    const worker = scene.worker({ env: { SKALD_GATEWAY_ADDRESS: '', SKALD_POD_UID: '' } });
    expect(await worker.exit).toBe(64);
    expect((await worker.result()).message).toMatch(/SKALD_GATEWAY_ADDRESS(.|\n)*SKALD_POD_UID/);
  });
});
