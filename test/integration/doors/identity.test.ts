import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { dedicatedPlace, slotPlace } from '../../../src/api/gateway-place.ts';
import { warmJobName } from '../../../src/api/index.ts';
import type { WorkerMessage } from '../../../src/rpc/attach-client.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { DEFAULT_TRUST_DOMAIN, gatewayId } from '../../../src/rpc/identity.ts';
import { GatewayStatusClient } from '../../../src/rpc/status-client.ts';
import { Inbox } from '../gateway/inbox.ts';
import { eventually, Scene } from '../gateway/scene.ts';
import { refused, Workers } from '../gateway/workers.ts';
import { Neighbour } from './neighbour.ts';

// What a worker can do to a session that is not its own, with a certificate that is valid: nothing.

let scene: Scene;
let gateway: Gateway;
let workers: Workers;
let neighbour: Neighbour;
/** The neighbour's worker, in its voice channel. */
let victim: Inbox;
const VICTIM = 'parlour';
const MARK = 'mark-of-the-intruder';

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  neighbour = await Neighbour.create(scene);
  gateway = await scene.startGateway();
  await neighbour.connected(gateway);
  workers = new Workers(scene);
  const job = await neighbour.provisioned(VICTIM);
  victim = await eventually('the neighbour’s worker is served', async () => {
    const identity = await scene.workerIdentity(job, neighbour.namespace);
    const inbox = new Inbox(await scene.dial(gateway, { identity, podUid: 'victim-pod' }));
    return await inbox.next('configure').then(
      () => inbox,
      () => undefined,
    );
  });
  const { guildId, voiceChannelId: channelId } = neighbour;
  victim.stream.send({
    $case: 'voiceStateRequest',
    value: { guildId, channelId, selfMute: false, selfDeaf: false },
  });
  await victim.next('voiceServerUpdate');
  victim.stream.send({
    $case: 'report',
    value: WorkerReport.create({
      state: WorkerState.RUNNING,
      voiceConnected: true,
      buildSha: 'of-the-victim',
    }),
  });
  await eventually(
    'its state is written',
    async () => (await neighbour.session(VICTIM)).status?.voice?.connected === true,
  );
});

afterAll(async () => {
  await neighbour?.close();
  await scene?.close();
});

afterEach(async () => {
  await workers?.clear();
});

/** Nothing of the neighbour's session has been heard. */
function heardNothingOf(inbox: Inbox): void {
  const heard = JSON.stringify(inbox.received);
  const { namespace, tenantName, guildId, voiceChannelId, botToken } = neighbour;
  for (const theirs of [
    namespace,
    tenantName,
    guildId,
    voiceChannelId,
    botToken,
    VICTIM,
    "neighbour's own story",
  ])
    expect(heard).not.toContain(theirs);
}

/** The neighbour's session is as it was. */
async function isUntouched(heardBefore: number): Promise<void> {
  const { status, spec } = await neighbour.session(VICTIM);
  expect(status?.voice).toMatchObject({ state: 'Listening', connected: true, podUID: 'victim-pod' });
  expect(JSON.stringify({ status, spec })).not.toContain(MARK);
  expect(spec.desiredState).toBe('Running');
  expect(victim.received.length).toBe(heardBefore);
  const scope = gateway.directory.scopeOf(neighbour.tenantName);
  expect(scope?.attachedWorkers).toBe(1);
}

describe('a worker with a valid certificate cannot attach', () => {
  test("as the neighbour's worker: its certificate names its own namespace", async () => {
    await workers.provisioned();
    const before = victim.received.length;
    const inbox = await workers.dial(gateway, `${VICTIM}-job`, { podUid: 'victim-pod' });
    expect(await refused(inbox)).toBe('UNAVAILABLE');
    heardNothingOf(inbox);
    await isUntouched(before);
  });

  test('as another session of its own tenant: its certificate names its own Job', async () => {
    const one = await workers.provisioned();
    const inbox = await workers.attached(gateway, one.job);
    const configured = inbox.received.find(({ $case }) => $case === 'configure');
    expect(configured).toMatchObject({ value: { session: { name: one.name } } });
    const other = await workers.dial(gateway, 'a-job-that-no-session-has');
    expect(await refused(other)).toBe('UNAVAILABLE');
    expect(other.cases).toEqual([]);
  });

  test('and Hello changes nothing, whosever pod it claims to be', async () => {
    const { name, job } = await workers.provisioned();
    await workers.attached(gateway, job, { podUid: 'own-pod' });
    const before = victim.received.length;
    const identity = await scene.workerIdentity(job);
    // The neighbour's pod, its names, and what an injection would look like.
    for (const podUid of ['victim-pod', `${neighbour.namespace}/${VICTIM}`, '../victim-pod', '__proto__']) {
      const inbox = new Inbox(await scene.dial(gateway, { identity, podUid }));
      expect(await refused(inbox)).toBe('UNAVAILABLE');
      heardNothingOf(inbox);
    }
    expect((await scene.session(name)).status?.voice?.podUID).not.toBe('victim-pod');
    await isUntouched(before);
  });

  test('while another pod serves the session', async () => {
    const { job } = await workers.provisioned();
    const first = await workers.attached(gateway, job, { podUid: 'pod-1' });
    const second = await workers.dial(gateway, job, { podUid: 'pod-2' });
    expect(await refused(second)).toBe('UNAVAILABLE');
    expect(second.cases).toEqual([]);
    first.stream.send({ $case: 'stopRequest', value: { reason: 'Idle', message: '' } });
    expect((await first.next('stop')).reason).toBe('Idle');
  });
});

describe('whatever a worker says concerns its own session', () => {
  /** Every message that the contract has, filled with what belongs to the neighbour. */
  const messages: Readonly<Record<WorkerMessage['$case'], () => WorkerMessage[]>> = {
    voiceStateRequest: () =>
      [neighbour.voiceChannelId, undefined].map((channelId) => ({
        $case: 'voiceStateRequest',
        value: { guildId: neighbour.guildId, channelId, selfMute: true, selfDeaf: true },
      })),
    report: () => [
      {
        $case: 'report',
        value: WorkerReport.create({
          state: WorkerState.STOPPED,
          reason: MARK,
          message: `${neighbour.namespace}/${VICTIM}`,
          buildSha: MARK,
        }),
      },
    ],
    speakResult: () => [
      {
        $case: 'speakResult',
        value: { correlationId: `${neighbour.namespace}/${VICTIM}`, error: MARK, reason: '' },
      },
    ],
    noticeState: () => [
      { $case: 'noticeState', value: { tell: [MARK, '100000000000000009'], told: [MARK], spoken: true } },
    ],
    forgotten: () => [{ $case: 'forgotten', value: { userId: MARK } }],
    npcCommand: () => [{ $case: 'npcCommand', value: { userId: MARK, mute: [MARK], unmute: [MARK] } }],
    stopRequest: () => [
      {
        $case: 'stopRequest',
        value: { reason: 'Kicked', message: MARK },
      },
    ],
  };

  test('and the table has every message of the contract', async () => {
    const proto = await readFile(
      new URL('../../../src/rpc/proto/skald/v1/gateway.proto', import.meta.url),
      'utf8',
    );
    const [, fields = ''] = /message AttachRequest \{\s*oneof message \{([^}]*)\}/.exec(proto) ?? [];
    const names = [...fields.matchAll(/^\s*\w+ (\w+) = \d+;/gm)].map(([, name = '']) =>
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    );
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(names)).toEqual(new Set([...Object.keys(messages), 'hello']));
  });

  test.each(Object.keys(messages) as WorkerMessage['$case'][])(
    "%s neither reaches nor steers the neighbour's session",
    async (kind) => {
      const { name, job } = await workers.provisioned();
      const inbox = await workers.attached(gateway, job);
      const before = victim.received.length;
      const opcodes = async (): Promise<number> =>
        (await scene.discord.events()).filter(({ kind: event }) => event === 'opcode4').length;
      const sent = await opcodes();
      for (const message of messages[kind]()) inbox.stream.send(message);
      // A round trip on the same stream: what was said before it has been handled.
      inbox.stream.send({ $case: 'stopRequest', value: { reason: 'Idle', message: 'the last' } });
      await inbox.next('stop');
      expect(await opcodes()).toBe(sent);
      await isUntouched(before);
      heardNothingOf(inbox);
      expect((await scene.session(name)).metadata.name).toBe(name);
    },
  );

  test('and a second Hello, as somebody else, ends the stream', async () => {
    const { job } = await workers.provisioned();
    const { RawWorker } = await import('./raw-worker.ts');
    const raw = await RawWorker.connect(gateway.port, await scene.workerIdentity(job));
    try {
      const status = await eventually('it is served, and then ended', async () => {
        const stream = raw.attach();
        stream.hello();
        stream.hello({ podUid: 'victim-pod', podName: VICTIM });
        const end = await stream.status;
        return end.code === 14 ? undefined : end;
      });
      expect(status).toEqual({ code: 3, message: 'Hello was sent twice' });
    } finally {
      raw.close();
    }
  });
});

test('a parked worker hears and steers nothing, whatever it says', async () => {
  const inbox = await workers.dial(gateway, warmJobName('7'));
  await inbox.next('parked');
  const { job, name } = await workers.provisioned();
  const other = await workers.attached(gateway, job);
  const before = victim.received.length;
  const { guildId, voiceChannelId: channelId } = scene;
  const said: WorkerMessage[] = [
    { $case: 'voiceStateRequest', value: { guildId, channelId, selfMute: false, selfDeaf: false } },
    { $case: 'report', value: WorkerReport.create({ state: WorkerState.RUNNING, buildSha: MARK }) },
    { $case: 'stopRequest', value: { reason: 'Idle', message: MARK } },
    { $case: 'speakResult', value: { correlationId: name, error: MARK, reason: '' } },
  ];
  for (const message of said) inbox.stream.send(message);
  workers.join(other);
  await other.next('voiceServerUpdate');
  expect(other.cases).not.toContain('stop');
  expect(JSON.stringify(await scene.session(name))).not.toContain(MARK);
  expect(inbox.cases).toEqual(['parked']);
  await isUntouched(before);
});

describe('who is no worker cannot attach', () => {
  test.each([
    ['the operator', 'spiffe://skald.local/operator', 'PERMISSION_DENIED'],
    ['a gateway', gatewayId(DEFAULT_TRUST_DOMAIN, slotPlace(0)), 'PERMISSION_DENIED'],
    ['another gateway', gatewayId(DEFAULT_TRUST_DOMAIN, slotPlace(7)), 'PERMISSION_DENIED'],
    ['an identity of another trust domain', 'spiffe://other.local/operator', 'UNAUTHENTICATED'],
    ['a name that no form of Skald has', 'spiffe://skald.local/ns/a/worker/b/c', 'UNAUTHENTICATED'],
    ['a name that climbs', 'spiffe://skald.local/ns/../worker/b', 'UNAUTHENTICATED'],
  ])('%s', async (_who, uri, code) => {
    const inbox = new Inbox(await scene.dial(gateway, { identity: await scene.clientIdentity(uri) }));
    expect(await refused(inbox)).toBe(code);
    expect(inbox.cases).toEqual([]);
  });

  test("a tenant's own gateway", async () => {
    const uri = gatewayId(DEFAULT_TRUST_DOMAIN, dedicatedPlace(scene.namespace));
    const inbox = new Inbox(await scene.dial(gateway, { identity: await scene.clientIdentity(uri) }));
    expect(await refused(inbox)).toBe('PERMISSION_DENIED');
  });
});

test.each([
  ['a worker', () => scene.workerIdentity('some-job'), 'only the operator may ask'],
  [
    'a gateway',
    () => scene.clientIdentity(gatewayId(DEFAULT_TRUST_DOMAIN, slotPlace(0))),
    'only the operator may ask',
  ],
  ['nobody', () => scene.clientIdentity('spiffe://other.local/operator'), 'only the operator may ask'],
])("%s is not told a tenant's state", async (_who, identityOf, answer) => {
  const identity = await identityOf();
  using client = new GatewayStatusClient({
    address: `127.0.0.1:${gateway.port}`,
    place: slotPlace(0),
    trustDomain: DEFAULT_TRUST_DOMAIN,
    identity: () => identity,
  });
  await expect(client.getTenantStatus(neighbour.tenantName)).rejects.toThrow(answer);
});
