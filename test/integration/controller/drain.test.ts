// A node that is drained under a live session; what is not there (kubelet, scheduler, disruption controller) is played
// by the test. test/integration/controller/kubernetes.test.ts and the e2e tests have them.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { tenants, voiceSessions } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/index.ts';
import { events, nodes, podDisruptionBudgets, pods } from '../../../src/kube/index.ts';
import { unique, World } from './world.ts';

let world: World;
const nodeName = unique('node');
const namespace = `skald-${unique('drain')}`;

beforeAll(async () => {
  world = await World.create({
    kubeconfig: inject('kubeconfig'),
    env: { SKALD_SESSION_MOVE_AFTER_SECONDS: '1' },
    node: nodeName,
  });
  await world.admin.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } });
  await world.start();
  const name = namespace.replace('skald-', '');
  await world.tenant(name);
  await world.ready(tenants, { name });
  await world.campaign(namespace);
});
afterAll(async () => {
  await world.admin.delete(nodes, { name: nodeName });
  await world[Symbol.asyncDispose]();
});

describe('a live session', () => {
  test('has a PodDisruptionBudget of its own until it ends', async () => {
    const { session, job } = await world.active(namespace, 'guarded');
    const key = { namespace, name: job.metadata.name };
    const budget = await world.until(podDisruptionBudgets, key, (one) => one !== undefined);
    expect(budget?.spec).toEqual({
      minAvailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: { 'batch.kubernetes.io/job-name': job.metadata.name } },
    });
    expect(budget?.metadata.ownerReferences).toMatchObject([
      { kind: 'VoiceSession', name: 'guarded', uid: session.metadata.uid, controller: true },
    ]);
    await world.stopSession(namespace, 'guarded');
    await world.phase(namespace, 'guarded', 'Draining');
    await world.until(podDisruptionBudgets, key, (one) => one === undefined);
    await world.admin.delete(voiceSessions, { namespace, name: 'guarded' });
    await world.exited(await world.podOf(namespace, 'guarded'), 0);
    await world.until(voiceSessions, { namespace, name: 'guarded' }, (one) => one === undefined);
  });

  test('moves when its node is drained, and carries on', async () => {
    const { session, job, pod } = await world.active(namespace, 'moved');
    const cordon = (unschedulable: boolean | null) =>
      world.admin.patch(nodes, { name: nodeName }, { merge: { spec: { unschedulable } } });
    await cordon(true);
    // Asked to go in order: SIGTERM and its grace period.
    const told = await world.until(
      pods,
      { namespace, name: pod.metadata.name },
      (one) => one?.metadata.deletionTimestamp !== undefined,
    );
    expect(told?.metadata.deletionGracePeriodSeconds).toBe(30);
    const degraded = await world.phase(namespace, 'moved', 'Degraded');
    expect(degraded.status).toMatchObject({ phase: 'Degraded', reason: 'Moving' });
    await world.exited(pod, 143);
    await world.until(pods, { namespace, name: pod.metadata.name }, (one) => !one?.metadata.finalizers);
    await cordon(null);

    const next = await world.pod(job, 'b');
    await world.running(next);
    await world.voice(session, { connected: true, state: 'Listening', podUID: next.metadata.uid });
    const active = await world.phase(namespace, 'moved', 'Active');
    expect(active.status?.worker).toMatchObject({ podName: next.metadata.name, restarts: 1, node: nodeName });
    expect(findCondition(active.status?.conditions, 'Moving')).toMatchObject({
      status: 'False',
      reason: 'Moved',
    });
    await expect
      .poll(async () => {
        const all = await world.admin.listAll(events, { namespace });
        const own = all.filter(({ regarding }) => regarding.uid === session.metadata.uid);
        return own.map(({ reason }) => reason);
      })
      .toEqual(expect.arrayContaining(['NodeDraining', 'Moving', 'Moved', 'Active']));
  });
});
