import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { claimHolder, finalizers, workerJobName } from '../../../src/api/index.ts';
import { jobs, leases, secrets } from '../../../src/kube/index.ts';
import { key, unique, World } from './world.ts';

// The operator dies at any point; the next one finds what is in the cluster and carries on from there.

let world: World;
let namespace: string;
let applicationId: string;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  const name = unique('restart');
  namespace = `skald-${name}`;
  await world.tenant(name);
  await world.ready(tenants, { name });
  applicationId = (await world.admin.get(tenants, { name })).spec.discord.applicationId;
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
});
afterAll(() => world[Symbol.asyncDispose]());

async function nothingIsLeft(): Promise<void> {
  expect(await world.leftovers(namespace)).toEqual([]);
  expect(await world.claims()).toEqual([]);
}

test('before it saw the session', async () => {
  const name = unique('unseen');
  await world.stop();
  await world.session(namespace, name);
  await world.start();
  await world.phase(namespace, name, 'Provisioning');
  await world.admin.delete(voiceSessions, { namespace, name });
  await world.until(voiceSessions, { namespace, name }, (one) => one === undefined);
  await nothingIsLeft();
});

test('after the finalizer and one claim, before the status', async () => {
  const name = unique('claimed');
  await world.stop();
  const session = await world.session(namespace, name);
  const metadata = { ...session.metadata, namespace };
  await world.admin.patch(voiceSessions, key(session), {
    merge: { metadata: { finalizers: [finalizers.session] } },
  });
  await world.admin.create(leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      namespace: world.systemNamespace,
      name: `claim-${applicationId}-100000000000000001`,
      labels: { 'app.kubernetes.io/managed-by': 'skald', 'skald.dev/claim': 'guild' },
    },
    spec: { holderIdentity: claimHolder({ metadata }) },
  });
  await world.start();
  await world.phase(namespace, name, 'Provisioning');
  await world.admin.delete(voiceSessions, { namespace, name });
  await world.until(voiceSessions, { namespace, name }, (one) => one === undefined);
  await nothingIsLeft();
});

test('after the status named the Job, before there was one', async () => {
  const name = unique('named');
  await world.stop();
  const session = await world.session(namespace, name);
  const jobName = workerJobName(session);
  await world.admin.patch(voiceSessions, key(session), {
    merge: { metadata: { finalizers: [finalizers.session] } },
  });
  const status = { phase: 'Provisioning', startedAt: new Date().toISOString(), worker: { jobName } };
  await world.admin.patch(voiceSessions, key(session), { merge: { status } }, { subresource: 'status' });
  await world.start();
  await world.until(jobs, { namespace, name: jobName }, (job) => job !== undefined);
  await world.until(secrets, { namespace, name: `${jobName}-session` }, (secret) => secret !== undefined);
  await world.admin.delete(voiceSessions, { namespace, name });
  await world.until(voiceSessions, { namespace, name }, (one) => one === undefined);
  await nothingIsLeft();
});

test('while the worker connects, while it listens, and while it ends', async () => {
  const name = unique('phases');
  await world.session(namespace, name);
  const session = await world.phase(namespace, name, 'Provisioning');
  const job = await world.job(namespace, session);
  await world.stop();
  const pod = await world.pod(job);
  await world.running(pod);
  await world.start();
  await world.phase(namespace, name, 'Connecting');

  await world.stop();
  await world.voice(session, { connected: true, state: 'Listening', podUID: pod.metadata.uid });
  await world.start();
  const active = await world.phase(namespace, name, 'Active');

  await world.restart();
  await world.stopSession(namespace, name);
  await world.phase(namespace, name, 'Draining');
  await world.stop();
  await world.exited(pod, 0, JSON.stringify({ endReason: 'Requested', utterances: 4 }));
  await world.start();
  const ended = await world.phase(namespace, name, 'Ended');
  expect(ended.status).toMatchObject({
    startedAt: session.status?.startedAt,
    activeAt: active.status?.activeAt,
    result: { utterances: 4 },
  });
  expect((await world.admin.get(voiceSessions, key(active))).status?.worker?.restarts).toBe(0);
  await nothingIsLeft();
});

test('after the result was copied, before anything was removed', async () => {
  const name = unique('copied');
  const { session, pod } = await world.active(namespace, name);
  await world.stop();
  await world.exited(pod, 0, JSON.stringify({ endReason: 'Idle', utterances: 9 }));
  const conditions = [
    ...(session.status?.conditions ?? []),
    {
      type: 'Ended',
      status: 'False',
      reason: 'Idle',
      message: 'Nobody spoke.',
      lastTransitionTime: new Date().toISOString(),
    },
  ];
  const status = {
    phase: 'Draining',
    endReason: 'Idle',
    reason: 'Idle',
    result: { utterances: 9 },
    conditions,
  };
  await world.admin.patch(voiceSessions, key(session), { merge: { status } }, { subresource: 'status' });
  await world.start();
  const ended = await world.phase(namespace, name, 'Ended');
  expect(ended.status).toMatchObject({ endReason: 'Idle', result: { utterances: 9 } });
  await nothingIsLeft();
});

test('orphaned claims are swept when a term begins', async () => {
  await world.stop();
  await world.admin.create(leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      namespace: world.systemNamespace,
      name: `claim-${applicationId}-100000000000000077`,
      labels: { 'app.kubernetes.io/managed-by': 'skald', 'skald.dev/claim': 'guild' },
    },
    spec: { holderIdentity: `${namespace}/long-gone/00000000-0000-0000-0000-000000000000` },
  });
  await world.start();
  await expect.poll(() => world.claims(), { timeout: 30_000 }).toEqual([]);
});
