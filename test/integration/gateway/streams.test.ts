import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { slotPlace } from '../../../src/api/gateway-place.ts';
import { AttachError } from '../../../src/rpc/attach-error.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { DEFAULT_TRUST_DOMAIN } from '../../../src/rpc/identity.ts';
import { GatewayStatusClient } from '../../../src/rpc/status-client.ts';
import { Inbox } from './inbox.ts';
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

test('the worker gets its configuration, and again when it changes', async () => {
  const { name, job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  const first = inbox.received.find(({ $case }) => $case === 'configure');
  if (first?.$case !== 'configure' || first.value.session === undefined) throw new Error('no configuration');
  const { session } = first.value;
  expect(session).toMatchObject({
    name,
    namespace: scene.namespace,
    tenant: scene.tenantName,
    guildId: scene.guildId,
    voiceChannelId: scene.voiceChannelId,
    stt: { kind: 'openai', baseUrl: 'http://127.0.0.1:8090/v1' },
    idleTimeoutSeconds: 900,
  });
  expect(session.botUserId).not.toBe('');
  expect(session.campaign?.npcs.map((npc) => npc.name)).toEqual(['Bart']);

  await scene.mute(name, ['Bart']);
  const again = await inbox.next('configure');
  expect(again.session?.mutedNpcs).toEqual(['Bart']);
});

test("another provider's address reaches the worker when the operator has approved it, not before", async () => {
  const { name, job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  const elsewhere = { providers: { llm: { baseURL: 'https://elsewhere.example/v1' } } };
  await scene.changeCampaign('night', elsewhere);
  await scene.mute(name, ['Bart']);
  const kept = await inbox.next('configure');
  expect(kept.session).toMatchObject({ mutedNpcs: ['Bart'], llm: { baseUrl: '' } });
  await scene.approveCampaign('night', 'False');
  await scene.mute(name, []);
  expect((await inbox.next('configure')).session?.llm?.baseUrl).toBe('');
  await scene.approveCampaign('night');
  expect((await inbox.next('configure')).session?.llm?.baseUrl).toBe('https://elsewhere.example/v1');
});

test('opcode 4 is passed on, and STATE comes before SERVER', async () => {
  const { job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  workers.join(inbox);
  const server = await inbox.next('voiceServerUpdate');
  expect(server.endpoint).toBe(scene.discord.addresses.voiceEndpoint);
  expect(server.token).not.toBe('');
  expect(inbox.cases.filter((kind) => kind.startsWith('voiceS'))).toEqual([
    'voiceStateUpdate',
    'voiceServerUpdate',
  ]);
  const state = inbox.received.find(({ $case }) => $case === 'voiceStateUpdate');
  expect(state?.value).toMatchObject({ channelId: scene.voiceChannelId, guildId: scene.guildId });

  const alone = inbox.received.findLast(({ $case }) => $case === 'channelMembers');
  expect(alone?.value).toMatchObject({ members: [{ bot: true }] });
  const person = await scene.discord.person({ guildId: scene.guildId, name: 'Sam' });
  await person.joinVoice(scene.voiceChannelId);
  const withSam = await eventually('Sam is told', async () => {
    const list = await inbox.next('channelMembers');
    return list.members.find(({ displayName }) => displayName === 'Sam');
  });
  expect(withSam).toMatchObject({ userId: person.userId, bot: false });
  await person.leaveVoice();
});

test('STATE comes before SERVER when Discord says it the other way round', async () => {
  await scene.discord.inject({ kind: 'serverUpdateFirst', guildId: scene.guildId, on: true });
  const { job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  workers.join(inbox);
  await inbox.next('voiceServerUpdate');
  expect(inbox.cases.filter((kind) => kind.startsWith('voiceS'))).toEqual([
    'voiceStateUpdate',
    'voiceServerUpdate',
  ]);
});

test('the next session in the guild is not given the voice session of the one before', async () => {
  const { name, job } = await workers.provisioned();
  const first = await workers.attached(gateway, job);
  workers.join(first);
  await first.next('voiceServerUpdate');
  await scene.operatorStatus(name, { phase: 'Failed', worker: { jobName: job } });
  expect(await first.ended()).toBe('closed');
  const second = await workers.attached(gateway, (await workers.provisioned()).job);
  await second.next('channelMembers');
  expect(second.cases).toEqual(['configure', 'channelMembers']);
});

test('a stream that comes back gets STATE and SERVER again, and the old one ends', async () => {
  const { job } = await workers.provisioned();
  const first = await workers.attached(gateway, job);
  workers.join(first);
  const { token } = await first.next('voiceServerUpdate');
  const second = await workers.attached(gateway, job);
  await second.next('voiceStateUpdate');
  expect((await second.next('voiceServerUpdate')).token).toBe(token);
  expect(await refused(first)).toBe('UNAVAILABLE');
});

describe('a worker is refused', () => {
  test('with the certificate of another namespace', async () => {
    const { job } = await workers.provisioned();
    await workers.attached(gateway, job);
    expect(
      await refused(await workers.dial(gateway, job, { podUid: 'pod-2', namespace: 'skald-other' })),
    ).toBe('UNAVAILABLE');
  });

  test('with the certificate of a Job that no session has', async () => {
    await workers.provisioned();
    expect(await refused(await workers.dial(gateway, 'not-a-job'))).toBe('UNAVAILABLE');
  });

  test('when another pod of its Job is attached', async () => {
    const { job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    expect(await refused(await workers.dial(gateway, job, { podUid: 'pod-2' }))).toBe('UNAVAILABLE');
    inbox.stream.send({ $case: 'report', value: WorkerReport.create({ state: WorkerState.INIT }) });
    expect(inbox.cases).not.toContain('stop');
  });

  test('when the status names another pod, until it names this one', async () => {
    const { name, job } = await workers.provisioned({ podUID: 'pod-1' });
    const first = await workers.attached(gateway, job, { podUid: 'pod-1' });
    expect(await refused(await workers.dial(gateway, job, { podUid: 'pod-2' }))).toBe('UNAVAILABLE');
    await scene.operatorStatus(name, { phase: 'Provisioning', worker: { jobName: job, podUID: 'pod-2' } });
    await workers.attached(gateway, job, { podUid: 'pod-2' });
    expect(await refused(first)).toBe('UNAVAILABLE');
  });

  test('for good when its session is over', async () => {
    const { name, job } = await workers.provisioned();
    await scene.operatorStatus(name, { phase: 'Failed', worker: { jobName: job } });
    const code = await eventually('the gateway knows', async () => {
      const end = await refused(await workers.dial(gateway, job));
      // Until its cache has followed, the session is unknown, or served and then let go.
      return end === 'UNAVAILABLE' || end === 'closed' ? undefined : end;
    });
    expect(code).toBe('FAILED_PRECONDITION');
  });

  test('for good when it is not a worker', async () => {
    const identity = await scene.operatorIdentity();
    const inbox = new Inbox(await scene.dial(gateway, { identity }));
    const end = await inbox.ended();
    expect(end).toMatchObject({ code: status.PERMISSION_DENIED, retryable: false });
  });

  test('in TLS when another authority has signed it', async () => {
    const identity = await scene.foreignIdentity(`spiffe://skald.local/ns/${scene.namespace}/worker/x`);
    const end = await new Inbox(await scene.dial(gateway, { identity })).ended();
    expect(end).toMatchObject({ code: status.UNAVAILABLE });
  });
});

test('a tenant of another slot is redirected to it', async () => {
  const { job } = await workers.provisioned();
  const other = await scene.startGateway({ slot: 1, connected: false });
  const redirect = await eventually('the slot knows the tenant', async () => {
    const inbox = await workers.dial(other, job);
    try {
      return await inbox.next('redirect');
    } catch (error) {
      if (error instanceof AttachError && error.retryable) return undefined;
      throw error;
    }
  });
  expect(redirect.address).toBe('skald-gateway-0.skald-system.svc:8443');
  await scene.stopGateway(other);
});

test('a channel that the bot may not join is refused at once', async () => {
  const channel = await scene.discord.addChannel(scene.guildId, { type: 'voice', name: 'Locked' });
  await scene.discord.setChannelPermissions(channel, scene.guildId, { deny: ['Connect'] });
  const name = workers.nextName();
  await scene.createSession(name, channel);
  await scene.operatorStatus(name, { phase: 'Provisioning', worker: { jobName: `${name}-job` } });
  const inbox = await workers.attached(gateway, `${name}-job`);
  workers.join(inbox, channel);
  const refusal = await inbox.next('voiceRefused', 2_000);
  expect(refusal).toMatchObject({ reason: 'MissingConnectPermission', terminal: true });
  expect(refusal.message).toContain('"Connect"');
});

test("a channel that is not the session's is refused", async () => {
  const channel = await scene.discord.addChannel(scene.guildId, { type: 'voice', name: 'Elsewhere' });
  const { job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  workers.join(inbox, channel);
  expect(await inbox.next('voiceRefused', 2_000)).toMatchObject({
    reason: 'ChannelNotFound',
    terminal: true,
  });
});

test('a guild that the bot is not in is refused at once', async () => {
  const guild = await scene.discord.addGuild({ name: 'Mordor' });
  const channel = await scene.discord.addChannel(guild, { type: 'voice', name: 'Barad-dûr' });
  const name = workers.nextName();
  await scene.createSession(name, channel, guild);
  await scene.operatorStatus(name, { phase: 'Provisioning', worker: { jobName: `${name}-job` } });
  const inbox = await workers.attached(gateway, `${name}-job`);
  inbox.stream.send({
    $case: 'voiceStateRequest',
    value: { guildId: guild, channelId: channel, selfMute: false, selfDeaf: false },
  });
  expect(await inbox.next('voiceRefused', 2_000)).toMatchObject({
    reason: 'ChannelNotFound',
    terminal: true,
  });
});

test('a worker that joins without pause is slowed down before Discord notices', async () => {
  const { job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  const before = (await scene.discord.events()).filter(({ kind }) => kind === 'opcode4').length;
  for (let join4 = 0; join4 < 30; join4 += 1) workers.join(inbox);
  const refusal = await inbox.next('voiceRefused');
  expect(refusal).toMatchObject({ reason: 'RateLimited', terminal: false });
  expect(refusal.retryAfterMs).toBeGreaterThan(0);
  const sent = (await scene.discord.events()).filter(({ kind }) => kind === 'opcode4').length - before;
  expect(sent).toBeLessThanOrEqual(4);
});

describe('the worker is told to stop', () => {
  test('when the session is to be stopped', async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    await scene.stopSession(name);
    expect((await inbox.next('stop')).reason).toBe('Requested');
    await inbox.stream.close();
    expect(await inbox.ended()).toBe('closed');
  });

  test('when the operator drains, with its reason', async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    await scene.operatorStatus(name, {
      phase: 'Draining',
      worker: { jobName: job },
      endReason: 'DeadlineExceeded',
    });
    expect((await inbox.next('stop')).reason).toBe('DeadlineExceeded');
  });

  test('when it asks for it', async () => {
    const { job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    inbox.stream.send({ $case: 'stopRequest', value: { reason: 'Idle', message: 'nobody spoke' } });
    expect(await inbox.next('stop')).toEqual({ reason: 'Idle', message: 'nobody spoke' });
  });
});

describe('status.voice', () => {
  const listening = WorkerReport.create({
    state: WorkerState.RUNNING,
    voiceConnected: true,
    daveVersion: 1,
    packetLoss: 0.01234567,
    responseP50Ms: 812.4,
    models: ['stt:base', 'tts:flite'],
    buildSha: 'test',
  });

  test("follows the worker's state at once, and measurements rarely", async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    inbox.stream.send({ $case: 'report', value: listening });
    const voice = await eventually('the status is written', async () => {
      const { status: current } = await scene.session(name);
      return current?.voice?.state === 'Listening' ? current.voice : undefined;
    });
    expect(voice).toMatchObject({
      connected: true,
      podUID: 'pod-1',
      dave: 1,
      packetLoss: 0.0123,
      responseP50Ms: 812,
      models: ['stt:base', 'tts:flite'],
    });
    expect(voice.connectedAt).toBeDefined();
    const { resourceVersion } = (await scene.session(name)).metadata;
    inbox.stream.send({ $case: 'report', value: { ...listening, responseP50Ms: 900 } });
    inbox.stream.send({
      $case: 'report',
      value: {
        ...listening,
        state: WorkerState.DEGRADED,
        reason: 'SpeechToTextUnavailable',
        message: 'No answer.',
      },
    });
    const degraded = await eventually('the change of state is written', async () => {
      const session = await scene.session(name);
      return session.status?.voice?.state === 'Degraded' ? session : undefined;
    });
    expect(degraded.status?.voice).toMatchObject({
      reason: 'SpeechToTextUnavailable',
      message: 'No answer.',
    });
    expect(degraded.metadata.resourceVersion).not.toBe(resourceVersion);
    expect(degraded.metadata.managedFields?.some(({ manager }) => manager === 'skald-gateway')).toBe(true);
  });

  test('says Detached when the stream is lost and does not come back', { timeout: 30_000 }, async () => {
    const { name, job } = await workers.provisioned();
    const inbox = await workers.attached(gateway, job);
    inbox.stream.send({ $case: 'report', value: listening });
    await eventually(
      'the status is written',
      async () => (await scene.session(name)).status?.voice?.connected,
    );
    await inbox.stream[Symbol.asyncDispose]();
    expect((await scene.session(name)).status?.voice?.connected).toBe(true);
    const voice = await eventually(
      'the loss is written',
      async () => {
        const current = (await scene.session(name)).status?.voice;
        return current?.state === 'Detached' ? current : undefined;
      },
      40_000,
    );
    expect(voice).toMatchObject({ connected: false, reason: 'StreamLost' });
  });
});

test('the operator, and nobody else, is told how the bot is', async () => {
  const identity = await scene.operatorIdentity();
  const address = `127.0.0.1:${gateway.port}`;
  using client = new GatewayStatusClient({
    address,
    place: slotPlace(0),
    trustDomain: DEFAULT_TRUST_DOMAIN,
    identity: () => identity,
  });
  expect(await client.getTenantStatus(scene.tenantName)).toMatchObject({
    served: true,
    connected: true,
    reason: 'Connected',
  });
  expect(await client.getTenantStatus('nobody')).toMatchObject({ served: false, connected: false });
  const worker = await scene.workerIdentity('some-job');
  using impostor = new GatewayStatusClient({
    address,
    place: slotPlace(0),
    trustDomain: DEFAULT_TRUST_DOMAIN,
    identity: () => worker,
  });
  await expect(impostor.getTenantStatus(scene.tenantName)).rejects.toThrow('only the operator may ask');
});
