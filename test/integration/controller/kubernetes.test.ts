import { afterAll, beforeAll, expect, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { type ControlPlane, startControlPlane } from '../../../hack/cluster/control-plane.ts';
import {
  jobs,
  type Live,
  namespaces,
  type Pod,
  podDisruptionBudgets,
  pods,
} from '../../../src/kube/index.ts';
import { applyDefinitions } from './definitions.ts';
import { World } from './world.ts';

// With Kubernetes' own controllers: what Jobs, owner references, finalizers and namespaces really do. The kubelet
// alone is played by the test.

let plane: ControlPlane;
let world: World;

beforeAll(async () => {
  plane = await startControlPlane({ kubeControllerManager: true });
  await applyDefinitions(plane.kubeconfig);
  world = await World.create({ kubeconfig: plane.kubeconfig });
  await world.start();
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await plane?.stop();
});

/** The one pod of the Job that has not ended, as the Job controller made it. */
async function podOf(namespace: string, jobName: string, not?: string): Promise<Live<Pod>> {
  let found: Live<Pod> | undefined;
  await expect
    .poll(
      async () => {
        const all = await world.admin.listAll(pods, { namespace, labelSelector: `job-name=${jobName}` });
        found = all.find(({ metadata, status }) => metadata.name !== not && status?.phase === 'Pending');
        return found !== undefined;
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  if (found === undefined) throw new Error('no pod');
  return found;
}

async function bind(pod: Live<Pod>): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  await world.admin.raw({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: 'node-1' } },
    repeatable: false,
  });
}

/** The kubelet's last word, once the containers of a deleted pod have ended. */
async function finishDeletion(pod: Live<Pod>): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  await world.admin.delete(pods, { namespace, name }, { uid, gracePeriodSeconds: 0 });
}

/** What `kubectl drain` does to each pod. */
async function evict(pod: Live<Pod>): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  await world.admin.raw({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } },
    repeatable: false,
    retry: false,
  });
}

/** Undefined until Kubernetes has counted. */
async function disruptionsAllowed(namespace: string, name: string): Promise<number | undefined> {
  const budget = await world.admin.find(podDisruptionBudgets, { namespace, name });
  return budget?.status?.expectedPods === 1 ? budget.status.disruptionsAllowed : undefined;
}

test('a session, an eviction, an end, and the tenant’s end leave nothing', { timeout: 120_000 }, async () => {
  const namespace = 'skald-real';
  await world.tenant('real', { deletionPolicy: 'Delete' });
  await world.ready(tenants, { name: 'real' });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  await world.session(namespace, 'evening');
  const session = await world.phase(namespace, 'evening', 'Provisioning');
  const job = await world.job(namespace, session);

  const first = await podOf(namespace, job.metadata.name);
  expect(first.metadata.finalizers).toEqual(
    expect.arrayContaining(['skald.dev/result', 'batch.kubernetes.io/job-tracking']),
  );
  expect(first.spec?.automountServiceAccountToken).toBe(false);
  await bind(first);
  await world.running(first);
  await world.voice(session, { connected: true, state: 'Listening', podUID: first.metadata.uid });
  await world.phase(namespace, 'evening', 'Active');

  // The session's budget matches this pod, once it is Ready: nobody evicts it.
  await world.podStatus(first, { conditions: [{ type: 'Ready', status: 'True' }] });
  await expect.poll(() => disruptionsAllowed(namespace, job.metadata.name), { timeout: 20_000 }).toBe(0);
  await expect(evict(first)).rejects.toThrow(/disruption budget/);

  // A node that is drained nevertheless (the pod is deleted in order): the Job makes another pod, and does not count.
  await world.admin.delete(pods, { namespace, name: first.metadata.name }, { uid: first.metadata.uid });
  await world.exited(first, 143);
  await finishDeletion(first);
  const second = await podOf(namespace, job.metadata.name, first.metadata.name);
  await bind(second);
  await world.running(second);
  await world.voice(session, { connected: true, state: 'Listening', podUID: second.metadata.uid });
  const active = await world.phase(namespace, 'evening', 'Active');
  expect(active.status?.worker).toMatchObject({ restarts: 1, podUID: second.metadata.uid });

  await world.exited(second, 0, JSON.stringify({ endReason: 'Idle', utterances: 6 }));
  const ended = await world.phase(namespace, 'evening', 'Ended');
  expect(ended.status).toMatchObject({ endReason: 'Idle', result: { utterances: 6 } });
  await expect
    .poll(
      async () => {
        const [job, pod] = await Promise.all([
          world.admin.listAll(jobs, { namespace }),
          world.admin.listAll(pods, { namespace }),
        ]);
        return [...job, ...pod].map(({ metadata }) => metadata.name);
      },
      { timeout: 30_000 },
    )
    .toEqual([]);

  // One that is not Ready serves nobody: it may be evicted, and that does not count either.
  await world.session(namespace, 'evicted');
  const started = await world.phase(namespace, 'evicted', 'Provisioning');
  const evictedJob = await world.job(namespace, started);
  const unready = await podOf(namespace, evictedJob.metadata.name);
  await bind(unready);
  await world.running(unready);
  await world.phase(namespace, 'evicted', 'Connecting');
  await expect
    .poll(() => disruptionsAllowed(namespace, evictedJob.metadata.name), { timeout: 20_000 })
    .toBe(0);
  await evict(unready);
  const told = await world.admin.get(pods, { namespace, name: unready.metadata.name });
  expect(told.metadata.deletionTimestamp).toBeDefined();
  expect(told.status?.conditions?.map(({ type }) => type)).toContain('DisruptionTarget');
  // The kubelet had to kill it.
  await world.exited(unready, 137);
  await finishDeletion(unready);
  const third = await podOf(namespace, evictedJob.metadata.name, unready.metadata.name);
  expect(third.metadata.uid).not.toBe(unready.metadata.uid);
  const { status: counted } = await world.admin.get(jobs, { namespace, name: evictedJob.metadata.name });
  expect(counted?.failed ?? 0).toBe(0);
  await world.admin.delete(voiceSessions, { namespace, name: 'evicted' });
  await world.until(voiceSessions, { namespace, name: 'evicted' }, (one) => one === undefined);

  // A session that runs is drained before its tenant goes.
  await world.session(namespace, 'second');
  const last = await world.phase(namespace, 'second', 'Provisioning');
  await podOf(namespace, (await world.job(namespace, last)).metadata.name);
  await world.admin.delete(tenants, { name: 'real' });
  await expect
    .poll(() => world.admin.find(tenants, { name: 'real' }).then((one) => one === undefined), {
      timeout: 60_000,
    })
    .toBe(true);
  expect(await world.admin.find(namespaces, { name: namespace })).toBeUndefined();
  expect(await world.claims()).toEqual([]);
});
