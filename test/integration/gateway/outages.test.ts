import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { eventually, Scene } from './scene.ts';
import { refused, Workers } from './workers.ts';

let scene: Scene;
let gateway: Gateway;
let workers: Workers;

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  gateway = await scene.startGateway();
  workers = new Workers(scene);
});

afterAll(async () => {
  await scene?.close();
});

afterEach(async () => {
  await workers?.clear();
});

describe('when Discord or the gateway goes away', () => {
  test('a resumed connection keeps the voice state', async () => {
    const { job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    workers.join(inbox);
    await inbox.next('voiceServerUpdate');
    const afterMs = await scene.discord.now();
    await scene.discord.inject({ kind: 'requestReconnect', applicationId: scene.applicationId });
    await scene.discord.waitForEvent({ kind: 'gatewayResumed', afterMs });
    expect(inbox.cases).not.toContain('rejoinVoice');
  });

  test('after a fresh READY the worker is asked to join again', async () => {
    const { job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    workers.join(inbox);
    const { token } = await inbox.next('voiceServerUpdate');
    inbox.stream.send({ $case: 'report', value: WorkerReport.create({ voiceConnected: true }) });
    await scene.discord.inject({
      kind: 'invalidateSession',
      applicationId: scene.applicationId,
      resumable: false,
    });
    await inbox.next('rejoinVoice', 20_000);
    workers.join(inbox);
    expect((await inbox.next('voiceServerUpdate')).token).not.toBe(token);
  });

  test('a worker finds its way back after the gateway is replaced', async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    workers.join(inbox);
    await inbox.next('voiceServerUpdate');
    inbox.stream.send({
      $case: 'report',
      value: WorkerReport.create({ state: WorkerState.RUNNING, voiceConnected: true }),
    });
    await eventually(
      'the status is written',
      async () => (await scene.session(name)).status?.voice?.connected,
    );

    await scene.stopGateway(gateway);
    expect(await refused(inbox)).toBe('UNAVAILABLE');
    expect((await scene.session(name)).status?.voice?.state).toBe('Listening');
    gateway = await scene.startGateway();
    const again = await workers.attached(gateway, job);
    // Before or after Configure, which waits for what the database says.
    await eventually('it is asked to join again', () => again.cases.includes('rejoinVoice'));
    workers.join(again);
    const server = await again.next('voiceServerUpdate');
    expect(server.token).not.toBe('');
    const order = again.cases.filter((kind) => kind.startsWith('voiceS'));
    expect(order[0]).toBe('voiceStateUpdate');
  });

  test('the bot leaves the channel when a session is over whose worker did not', async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    workers.join(inbox);
    await inbox.next('voiceServerUpdate');
    await inbox.stream[Symbol.asyncDispose]();
    await scene.operatorStatus(name, { phase: 'Failed', worker: { jobName: job } });
    await nobodyInVoice(2_000);
  });

  test('the bot leaves the channel of a session that ended while no gateway was there', async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    workers.join(inbox);
    await inbox.next('voiceServerUpdate');
    await scene.discord.inject({ kind: 'keepVoiceAcrossIdentify', on: true });
    await scene.stopGateway(gateway);
    await scene.operatorStatus(name, { phase: 'Failed', worker: { jobName: job } });
    gateway = await scene.startGateway();
    expect(await scene.discord.voiceStates(scene.guildId)).toHaveLength(1);
    await nobodyInVoice(40_000);
  });
});

async function nobodyInVoice(withinMs: number): Promise<void> {
  await eventually(
    'the bot has left',
    async () => (await scene.discord.voiceStates(scene.guildId)).length === 0,
    withinMs,
  );
}
