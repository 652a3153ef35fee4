import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { finalizers, isWarmJobName, labels, workerJobName } from '../../../src/api/index.ts';
import { events, type Job, jobs, type Live, type Pod, pods, secrets } from '../../../src/kube/index.ts';
import { unique, World } from './world.ts';

// Spare workers: made, claimed, refilled, replaced, removed; and what a crash in the middle of a claim leaves.

let world: World;
let tenantName: string;
let namespace: string;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  tenantName = unique('warm');
  namespace = `skald-${tenantName}`;
  await world.tenant(tenantName);
  await world.ready(tenants, { name: tenantName });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
});
afterAll(() => world[Symbol.asyncDispose]());

afterEach(async () => {
  const all = await world.admin.listAll(voiceSessions, { namespace });
  for (const { metadata } of all) await world.admin.delete(voiceSessions, { namespace, name: metadata.name });
  await spares(0);
  // What the gateway's Stop, a kubelet and the garbage collector would do.
  for (const pod of await world.admin.listAll(pods, { namespace })) await world.exited(pod, 0);
  await eventually(
    'no session is left',
    async () => (await world.admin.listAll(voiceSessions, { namespace })).length === 0,
  );
  for (const { metadata } of await world.admin.listAll(pods, { namespace })) {
    await world.admin.delete(pods, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
  }
  for (const { metadata } of await world.admin.listAll(secrets, { namespace })) {
    await world.admin.delete(secrets, { namespace, name: metadata.name });
  }
});

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come to be that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

async function unclaimed(): Promise<Live<Job>[]> {
  return world.admin.listAll(jobs, { namespace, labelSelector: `${labels.warm}=true` });
}

/** Asks for this many spares and waits until they are there, none of them among `without`. */
async function spares(count: number, without: readonly string[] = []): Promise<Live<Job>[]> {
  await want(count);
  let found: Live<Job>[] = [];
  await eventually(`there are ${count} spares`, async () => {
    found = await unclaimed();
    // The Secret comes after the Job.
    const made = await Promise.all(
      found.map(({ metadata: { name } }) =>
        world.admin.find(secrets, { namespace, name: `${name}-session` }),
      ),
    );
    if (found.length !== count || made.includes(undefined)) return false;
    return found.every(({ metadata: { name } }) => !without.includes(name));
  });
  return found;
}

async function want(warm: number, worker: object = {}): Promise<void> {
  await world.admin.patch(
    tenants,
    { name: tenantName },
    { merge: { spec: { worker: { warm, ...worker } } } },
  );
}

/** What Job controller, kubelet, worker and gateway do: a pod that is parked. */
async function becomesReady(job: Live<Job>, suffix = 'a'): Promise<Live<Pod>> {
  const pod = await world.pod(job, suffix);
  await world.running(pod);
  await world.podStatus(pod, {
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
  });
  return pod;
}

/** The operator's cache has the pod when the next session does not have to wait for it. */
async function readySpare(): Promise<{ job: Live<Job>; pod: Live<Pod> }> {
  const [job] = await spares(1);
  if (job === undefined) throw new Error('there is no spare');
  const pod = await becomesReady(job);
  const informer = world.operator.manager.informers.get(pods, {
    labelSelector: `${labels.managedBy}=skald,${labels.component}=worker`,
  });
  await eventually('the operator sees the ready pod', async () => {
    const seen = informer.get({ namespace, name: pod.metadata.name });
    return seen?.status?.conditions?.some(({ type }) => type === 'Ready') ?? false;
  });
  return { job, pod };
}

async function jobNameOf(name: string): Promise<string> {
  const session = await world.phase(namespace, name, 'Provisioning', 'Connecting', 'Active');
  return session.status?.worker?.jobName ?? '';
}

describe('the pool', () => {
  test('spares are the Tenant’s, each with a Secret that goes with it', async () => {
    const found = await spares(2);
    for (const { metadata } of found) {
      expect(isWarmJobName(metadata.name)).toBe(true);
      expect(metadata.ownerReferences).toMatchObject([
        { kind: 'Tenant', name: tenantName, controller: true },
      ]);
      expect(metadata.labels?.[labels.session]).toBeUndefined();
      const secret = await world.admin.get(secrets, { namespace, name: `${metadata.name}-session` });
      expect(secret.metadata.ownerReferences).toMatchObject([{ kind: 'Job', uid: metadata.uid }]);
      expect(Object.keys(secret.data ?? {})).toEqual(
        expect.arrayContaining(['tls.crt', 'tls.key', 'ca.crt']),
      );
    }
  });

  test('fewer wanted: the others go', async () => {
    const before = await spares(2);
    const after = await spares(1);
    expect(before.map(({ metadata }) => metadata.uid)).toContain(after[0]?.metadata.uid);
  });

  test('settings of the Tenant changed: every spare is replaced', async () => {
    const before = (await spares(2)).map(({ metadata: { name } }) => name);
    await want(2, { resources: { requests: { cpu: '123m' } } });
    const after = await spares(2, before);
    const template = after[0]?.spec?.template.spec;
    expect(template?.containers[0]?.resources?.requests?.cpu).toBe('123m');
    await world.admin.patch(
      tenants,
      { name: tenantName },
      { merge: { spec: { worker: { resources: null } } } },
    );
  });

  test('one whose Job has failed is replaced', async () => {
    const [job] = await spares(1);
    if (job === undefined) throw new Error('there is no spare');
    const now = new Date().toISOString();
    const condition = {
      status: 'True',
      reason: 'PodFailurePolicy',
      message: '',
      lastProbeTime: now,
      lastTransitionTime: now,
    };
    const conditions = [
      { type: 'FailureTarget', ...condition },
      { type: 'Failed', ...condition },
    ];
    await world.admin.patch(
      jobs,
      { namespace, name: job.metadata.name },
      { merge: { status: { startTime: now, conditions } } },
      { subresource: 'status' },
    );
    await world.until(jobs, { namespace, name: job.metadata.name }, (one) => one === undefined);
    await spares(1, [job.metadata.name]);
  });

  test('after a restart of the operator they are the same', async () => {
    const before = (await spares(2)).map(({ metadata }) => metadata.uid);
    await world.restart();
    await want(3);
    const after = (await spares(3)).map(({ metadata }) => metadata.uid);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test('one that an operator left without its Secret is replaced', async () => {
    const [job] = await spares(1);
    const name = job?.metadata.name ?? '';
    await world.stop();
    await world.admin.delete(secrets, { namespace, name: `${name}-session` });
    await world.start();
    await spares(1, [name]);
  });
});

describe('a claim', () => {
  test('the session has the spare from now on, and another one is made', async () => {
    const { job, pod } = await readySpare();
    const name = unique('evening');
    const session = await world.session(namespace, name);
    expect(await jobNameOf(name)).toBe(job.metadata.name);

    const claimed = await world.admin.get(jobs, { namespace, name: job.metadata.name });
    expect(claimed.metadata.uid).toBe(job.metadata.uid);
    expect(claimed.metadata.ownerReferences).toMatchObject([
      { kind: 'VoiceSession', uid: session.metadata.uid },
    ]);
    expect(claimed.metadata.labels).toMatchObject({ [labels.sessionUid]: session.metadata.uid });
    expect(claimed.metadata.labels?.[labels.warm]).toBeUndefined();
    expect(claimed.spec?.activeDeadlineSeconds).toBeGreaterThan(14_400);
    await world.until(pods, { namespace, name: pod.metadata.name }, (one) => {
      const { labels: own, finalizers: kept } = one?.metadata ?? {};
      return own?.[labels.sessionUid] === session.metadata.uid && kept?.includes(finalizers.result) === true;
    });
    const connecting = await world.phase(namespace, name, 'Connecting');
    expect(connecting.status?.worker).toMatchObject({
      podName: pod.metadata.name,
      podUID: pod.metadata.uid,
      restarts: 0,
    });
    expect(connecting.status?.worker?.certificateExpiry).toBeDefined();
    await spares(1, [job.metadata.name]);
    await eventually('an Event tells of it', async () => {
      const told = await world.admin.listAll(events, { namespace });
      return told.some(({ reason, regarding }) => reason === 'ClaimedWarmWorker' && regarding?.name === name);
    });
  });

  test('the end of the session is the end of the worker', async () => {
    const { job, pod } = await readySpare();
    const name = unique('once');
    await world.session(namespace, name);
    expect(await jobNameOf(name)).toBe(job.metadata.name);
    await world.phase(namespace, name, 'Connecting');
    await world.until(
      pods,
      { namespace, name: pod.metadata.name },
      (one) => one?.metadata.finalizers?.includes(finalizers.result) === true,
    );
    await want(0);
    await world.exited(pod, 0, JSON.stringify({ endReason: 'Requested', message: 'done' }));
    const over = await world.phase(namespace, name, 'Ended');
    expect(over.status?.result).toBeDefined();
    expect((await world.leftovers(namespace)).filter((left) => left.startsWith(job.metadata.name))).toEqual(
      [],
    );
  });

  test('of two sessions one gets the last spare; the other starts cold', async () => {
    const { job } = await readySpare();
    await want(1);
    const other = unique('other');
    await world.campaign(namespace, other);
    await world.ready(campaigns, { namespace, name: other });
    const guild = '100000000000000002';
    await world.admin.patch(
      tenants,
      { name: tenantName },
      { merge: { spec: { discord: { guilds: ['100000000000000001', guild] } } } },
    );
    await eventually('both servers are the tenant’s', async () => {
      const tenant = await world.admin.get(tenants, { name: tenantName });
      return tenant.status?.observedGeneration === tenant.metadata.generation;
    });
    const [one, two] = [unique('one'), unique('two')];
    const sessions = await Promise.all([
      world.session(namespace, one),
      world.session(namespace, two, { guildId: guild, campaignRef: { name: other } }),
    ]);
    const names = await Promise.all([jobNameOf(one), jobNameOf(two)]);
    const cold = sessions.map(workerJobName);
    expect([
      [job.metadata.name, cold[1]],
      [cold[0], job.metadata.name],
    ]).toContainEqual(names);
  });

  test('a session that needs another pod starts cold', async () => {
    const { job } = await readySpare();
    const own = unique('own');
    await world.admin.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name: own },
      data: { key: Buffer.from('k').toString('base64') },
    });
    await world.campaign(namespace, own, {
      providers: { llm: { apiKeySecretRef: { name: own, key: 'key' } } },
    });
    await world.ready(campaigns, { namespace, name: own });
    const name = unique('keyed');
    const session = await world.session(namespace, name, { campaignRef: { name: own } });
    expect(await jobNameOf(name)).toBe(workerJobName(session));
    expect((await unclaimed()).map(({ metadata }) => metadata.name)).toContain(job.metadata.name);
  });
});

describe('the operator dies in the middle of a claim', () => {
  /** What the claim writes on the Job. */
  async function claimFor(
    job: Live<Job>,
    session: { metadata: { name: string; uid: string } },
  ): Promise<void> {
    const { name, uid } = session.metadata;
    await world.admin.patch(
      jobs,
      { namespace, name: job.metadata.name },
      {
        merge: {
          metadata: {
            labels: { [labels.session]: name, [labels.sessionUid]: uid, [labels.warm]: null },
            ownerReferences: [
              { apiVersion: 'skald.dev/v1alpha1', kind: 'VoiceSession', name, uid, controller: true },
            ],
          },
        },
      },
    );
  }

  test('after the Job was claimed, before the status names it: the session has it', async () => {
    const { job } = await readySpare();
    await world.stop();
    const name = unique('halfway');
    const session = await world.session(namespace, name);
    await claimFor(job, session);
    await world.start();
    expect(await jobNameOf(name)).toBe(job.metadata.name);
  });

  test('and the next one gave the session another Job: the claimed one is removed', async () => {
    const { job } = await readySpare();
    const name = unique('twice');
    await world.stop();
    const session = await world.session(namespace, name);
    const status = {
      phase: 'Provisioning',
      startedAt: new Date().toISOString(),
      worker: { jobName: workerJobName(session) },
    };
    await world.admin.patch(
      voiceSessions,
      { namespace, name },
      { merge: { status } },
      { subresource: 'status' },
    );
    await claimFor(job, session);
    await world.start();
    await world.until(jobs, { namespace, name: job.metadata.name }, (one) => one === undefined);
    await world.until(jobs, { namespace, name: workerJobName(session) }, (one) => one !== undefined);
    expect(await jobNameOf(name)).toBe(workerJobName(session));
  });

  test('and the session is deleted meanwhile: nothing of it stays', async () => {
    const { job } = await readySpare();
    const name = unique('gone');
    await world.stop();
    const session = await world.session(namespace, name);
    await world.admin.patch(
      voiceSessions,
      { namespace, name },
      { merge: { metadata: { finalizers: [finalizers.session] } } },
    );
    await claimFor(job, session);
    await world.admin.delete(voiceSessions, { namespace, name });
    await world.start();
    await world.until(voiceSessions, { namespace, name }, (one) => one === undefined);
    await world.until(jobs, { namespace, name: job.metadata.name }, (one) => one === undefined);
  });
});
