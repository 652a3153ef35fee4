// What a person sees with kubectl, as the operator writes it: columns, conditions, Events in their order, and `wait`.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { conditionTypes, type VoiceSession } from '../../../src/api/index.ts';
import { type Live, secrets } from '../../../src/kube/index.ts';
import { type Kubectl, kubectl } from '../crds/kubectl.ts';
import { unique, World } from './world.ts';

let world: World;
let k: Kubectl;
let tenant: string;
let namespace: string;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  tenant = unique('seen');
  namespace = `skald-${tenant}`;
  k = await kubectl('-n', namespace);
  await world.tenant(tenant, {
    limits: { maxSessionSeconds: 3600, idleTimeoutSeconds: 60, admissionTimeoutSeconds: 2 },
  });
  await world.ready(tenants, { name: tenant });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
});
afterAll(() => world[Symbol.asyncDispose]());

const cells = (line = ''): string[] => line.trimEnd().split(/\s{2,}/);
const table = async (...args: readonly string[]): Promise<Record<string, string>> => {
  const [header, row] = (await k('get', ...args)).split('\n');
  const values = cells(row);
  return Object.fromEntries(cells(header).map((name, column) => [name, values[column] ?? '']));
};

/** The story that `kubectl describe` ends with, oldest first: type and reason. */
const story = async (kind: string, name: string): Promise<string[]> => {
  const order = '--sort-by=.eventTime';
  const regarding = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const list = await k('get', 'events', '-A', order, '--field-selector', regarding, '-o', 'json');
  const { items }: { items: { type: string; reason: string }[] } = JSON.parse(list);
  return items.map(({ type, reason }) => `${type} ${reason}`);
};
const tells = (kind: string, name: string, wanted: readonly string[]) =>
  expect.poll(() => story(kind, name), { timeout: 30_000, interval: 100 }).toEqual(wanted);

const conditions = ({ status }: { status?: VoiceSession['status'] }): Record<string, string> =>
  Object.fromEntries((status?.conditions ?? []).map((one) => [one.type, `${one.status} ${one.reason}`]));

const whole = (session: Live<VoiceSession>): void => {
  for (const one of session.status?.conditions ?? []) {
    expect(one.message, one.type).toMatch(/^[A-Z0-9].*[.]$/s);
    expect(one.observedGeneration, one.type).toBeGreaterThan(0);
  }
};

describe('a session that goes well', () => {
  let name: string;
  let pod: string;

  beforeAll(() => {
    name = unique('well');
  });

  test('lets `kubectl wait` wait for it, with a condition for each step', async () => {
    await world.session(namespace, name);
    const waits = k('wait', '--for=condition=Ready', `voicesession/${name}`, '--timeout=30s');
    const provisioning = await world.phase(namespace, name, 'Provisioning');
    expect(conditions(provisioning)).toEqual({
      Admitted: 'True Admitted',
      CertificateIssued: 'True Issued',
      WorkerScheduled: 'False WorkerPending',
      Ready: 'False WorkerPending',
    });
    whole(provisioning);
    const made = await world.pod(await world.job(namespace, provisioning));
    pod = made.metadata.name;
    await world.running(made);
    const connecting = await world.phase(namespace, name, 'Connecting');
    expect(conditions(connecting)).toMatchObject({
      WorkerScheduled: 'True Scheduled',
      Ready: 'False WorkerConnecting',
    });
    await world.voice(connecting, {
      connected: true,
      state: 'Listening',
      podUID: made.metadata.uid,
      responseP50Ms: 640,
    });
    expect(await waits).toMatch(/condition met/);
    const active = await world.phase(namespace, name, 'Active');
    expect(conditions(active)).toMatchObject({ Ready: 'True Listening' });
    whole(active);
  });

  test('has every column filled, and so have its campaign and its tenant', async () => {
    expect(await table('voicesessions', name, '-o', 'wide')).toEqual({
      NAME: name,
      CAMPAIGN: 'curse',
      CHANNEL: '200000000000000001',
      PHASE: 'Active',
      WORKER: pod,
      'RESPONSE(P50)': '640',
      RESTARTS: '0',
      AGE: expect.stringMatching(/^\d+[sm]/),
      REASON: 'Listening',
      NODE: 'node-1',
      GUILD: '100000000000000001',
    });
    await world.until(campaigns, { namespace, name: 'curse' }, (one) => one?.status?.activeSession === name);
    expect(await table('campaigns', 'curse', '-o', 'wide')).toEqual({
      NAME: 'curse',
      TITLE: 'The Curse',
      NPCS: '1',
      SESSION: name,
      READY: 'True',
      AGE: expect.any(String),
      REASON: 'Valid',
      REVISION: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    await world.until(tenants, { name: tenant }, (one) => one?.status?.usage?.activeSessions === 1);
    expect(await table('tenants', tenant, '-o', 'wide')).toEqual({
      NAME: tenant,
      TOPOLOGY: 'shared',
      READY: 'True',
      SESSIONS: '1',
      HOURS: '0',
      GATEWAY: expect.stringMatching(/^skald-gateway-\d$/),
      AGE: expect.any(String),
      REASON: 'Ready',
      NAMESPACE: namespace,
    });
  });

  test('ends, with its story in Events', async () => {
    const session = await world.admin.get(voiceSessions, { namespace, name });
    const key = { namespace, name: pod };
    await world.podEnds(
      key,
      0,
      '{"endReason":"ChannelEmpty","message":"Everyone left.","utterances":7,"replies":5}',
    );
    await k('wait', '--for=jsonpath={.status.phase}=Ended', `vs/${name}`, '--timeout=30s');
    const ended = await world.phase(namespace, name, 'Ended');
    expect(conditions(ended)).toMatchObject({ Ready: 'False Ended', Ended: 'True ChannelEmpty' });
    expect(ended.status?.observedGeneration).toBe(session.metadata.generation);
    whole(ended);
    await tells('VoiceSession', name, [
      'Normal Admitted',
      'Normal Connecting',
      'Normal Active',
      'Normal ChannelEmpty',
      'Normal Ended',
    ]);
    const described = await k('describe', 'vs', name);
    expect(described.slice(described.indexOf('Events:'))).toMatch(/7 utterances heard, 5 answers spoken/);
  });
});

test('a session that is refused says what it waited for, and that it gave up', async () => {
  const name = unique('refused');
  await world.session(namespace, name, { campaignRef: { name: 'none' } });
  const pending = await world.phase(namespace, name, 'Pending');
  expect(conditions(pending)).toEqual({ Admitted: 'False CampaignNotReady', Ready: 'False NotAdmitted' });
  whole(pending);
  expect(await table('vs', name, '-o', 'wide')).toMatchObject({ PHASE: 'Pending' });
  const failed = await world.phase(namespace, name, 'Failed');
  expect(conditions(failed)).toEqual({
    Admitted: 'False CampaignNotReady',
    Ready: 'False Failed',
    Ended: 'True CampaignNotReady',
  });
  whole(failed);
  await tells('VoiceSession', name, ['Warning CampaignNotReady', 'Warning CampaignNotReady']);
});

test('a session that fails says how, step by step', async () => {
  const name = unique('failed');
  const { job, pod } = await world.active(namespace, name);
  await world.exited(pod, 137);
  await world.phase(namespace, name, 'Degraded');
  const next = await world.pod(job, 'b');
  await world.running(next);
  await world.exited(next, 64, '{"message":"SKALD_LLM_MODEL is not set."}');
  const failed = await world.phase(namespace, name, 'Failed');
  expect(conditions(failed)).toMatchObject({ Ready: 'False Failed', Ended: 'True ConfigurationError' });
  whole(failed);
  const told = await story('VoiceSession', name);
  expect(told.slice(0, 4)).toEqual([
    'Normal Admitted',
    'Normal Connecting',
    'Normal Active',
    'Warning WorkerLost',
  ]);
  await expect
    .poll(async () => (await story('VoiceSession', name)).slice(-2), { timeout: 30_000 })
    .toEqual(['Warning ConfigurationError', 'Warning ConfigurationError']);
  expect(await k('describe', 'vs', name)).toContain('SKALD_LLM_MODEL is not set.');
});

test('a Tenant has every condition, with a reason, and `kubectl wait` knows it', async () => {
  await k('wait', '--for=condition=Ready', `tenant/${tenant}`, '--timeout=10s');
  const { status } = await world.admin.get(tenants, { name: tenant });
  expect(Object.fromEntries((status?.conditions ?? []).map((one) => [one.type, one.reason]))).toEqual({
    Ready: 'Ready',
    NamespaceReady: 'NamespaceReady',
    DatabaseReady: 'DatabaseNotConfigured',
    CertificatesReady: 'CertificatesReady',
    ProviderKeysReady: 'NoKeysInVault',
    TokenEncrypted: 'VaultNotConfigured',
    GatewayAssigned: 'GatewayAssigned',
    DiscordConnected: 'Connected',
  });
  expect(status?.conditions?.map(({ type }) => type).sort()).toEqual([...conditionTypes.Tenant].sort());
  expect((await story('Tenant', tenant)).at(-1)).toBe('Normal Ready');
});

test('a Campaign that is mended says what was wrong, and that it is well', async () => {
  const name = unique('mended');
  const llm = { baseURL: 'https://llm.example/v1', apiKeySecretRef: { name: 'llm', key: 'key' } };
  await world.admin.patch(
    tenants,
    { name: tenant },
    { merge: { spec: { providers: { allowedHosts: ['llm.example'] } } } },
  );
  await world.campaign(namespace, name, { providers: { llm } });
  await world.until(campaigns, { namespace, name }, (one) =>
    (one?.status?.conditions ?? []).some(({ reason }) => reason === 'ProviderKeyMissing'),
  );
  await world.admin.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'llm' },
    stringData: { key: 'x' },
  });
  await k('wait', '--for=condition=Ready', `campaign/${name}`, '--timeout=20s');
  await expect
    .poll(async () => (await story('Campaign', name)).slice(-2), { timeout: 30_000 })
    .toEqual(['Warning ProviderKeyMissing', 'Normal Valid']);
});

test.each([
  ['voicesession.status.voice.configRevision', /equal to the\s+Campaign's status\.revision/],
  ['voicesession.spec.mutedNpcs', /NPC/],
  ['tenant.spec.limits.concurrentSessions', /Unset means no limit/],
  ['tenant.status.usage.settled', /each\s+is\s+counted\s+once/],
  ['campaign.spec.npcs.voice.pitch', /Factor on the voice's pitch/],
  ['campaign.status.entities', /ConfigMap/],
])('kubectl explain %s reads well', async (path, words) => {
  expect(await k('explain', path)).toMatch(words);
});
