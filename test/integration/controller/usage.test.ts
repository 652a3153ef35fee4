// What a tenant used is kept in its status: it outlives the VoiceSessions and the operator, and ends what runs.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/index.ts';
import { events } from '../../../src/kube/index.ts';
import { key, unique, World } from './world.ts';

let world: World;
let tenant: string;
let namespace: string;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  tenant = unique('spend');
  namespace = `skald-${tenant}`;
  await world.tenant(tenant, {
    limits: {
      maxSessionSeconds: 3600,
      idleTimeoutSeconds: 60,
      admissionTimeoutSeconds: 60,
      spendPerMonth: { soft: 1, hard: 2 },
      spendPerSession: { soft: 0.5 },
    },
  });
  await world.ready(tenants, { name: tenant });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
});
afterAll(() => world[Symbol.asyncDispose]());

const left = (spendUSD: number) => JSON.stringify({ endReason: 'ChannelEmpty', spendUSD });

const spent = (amount: number) =>
  world.until(tenants, { name: tenant }, (one) => one?.status?.usage?.spendThisMonth === amount);

const told = async (regarding: string): Promise<string[]> => {
  const all = await world.admin.listAll(events);
  return all.filter((event) => event.regarding.name === regarding).map(({ reason }) => reason);
};

test('what a session cost stays when it is deleted, also when that happens while it runs, and when the operator changes', async () => {
  const first = await world.active(namespace, 'first');
  await world.exited(first.pod, 0, left(0.25));
  await world.phase(namespace, 'first', 'Ended');
  await world.admin.delete(voiceSessions, key(first.session));
  await world.until(voiceSessions, key(first.session), (one) => one === undefined);
  await spent(0.25);

  const second = await world.active(namespace, 'second');
  await world.admin.delete(voiceSessions, key(second.session));
  await world.phase(namespace, 'second', 'Draining');
  await world.restart();
  await world.exited(second.pod, 0, left(0.5));
  await world.until(voiceSessions, key(second.session), (one) => one === undefined);
  const counted = await spent(0.75);
  expect(counted?.status?.usage).toMatchObject({ activeSessions: 0, endedSpendUSD: 0.75 });

  await world.restart();
  const third = await world.active(namespace, 'third');
  await world.until(tenants, { name: tenant }, (one) => one?.status?.usage?.activeSessions === 1);
  await world.exited(third.pod, 0, left(0.125));
  await world.phase(namespace, 'third', 'Ended');
  await spent(0.875);
  // Each of them left the list when it lost its finalizer, or leaves it with the next one.
  expect((await world.admin.get(tenants, { name: tenant })).status?.usage?.settled?.length).toBeLessThan(2);
});

test('a soft limit is told of, for the session and for the month; the hard cap of the month ends what runs', async () => {
  const { session, pod } = await world.active(namespace, 'costly');
  const reports = (spendUSD: number) =>
    world.voice(session, { connected: true, state: 'Listening', podUID: pod.metadata.uid, spendUSD });
  await reports(0.6);
  const warned = await world.until(
    voiceSessions,
    key(session),
    (one) => one?.status?.reason === 'SpendSoftLimitReached',
  );
  expect(warned?.status?.phase).toBe('Active');
  expect(findCondition(warned?.status?.conditions, 'Ready')).toMatchObject({
    status: 'True',
    message: 'The session has reached its soft limit on spend, 0.5 USD: no new turn is taken.',
  });
  await spent(1.475);
  await expect.poll(() => told('costly'), { timeout: 30_000 }).toContain('SpendSoftLimitReached');
  await expect.poll(() => told(tenant), { timeout: 30_000 }).toContain('SpendSoftLimitReached');

  await reports(1.2);
  const draining = await world.phase(namespace, 'costly', 'Draining');
  expect(draining.status).toMatchObject({ endReason: 'SpendCap', reason: 'SpendCap' });
  await world.exited(pod, 0, JSON.stringify({ endReason: 'SpendCap', spendUSD: 1.25 }));
  expect((await world.phase(namespace, 'costly', 'Ended')).status?.endReason).toBe('SpendCap');
  await spent(2.125);
  await expect.poll(() => told(tenant), { timeout: 30_000 }).toContain('SpendCapReached');

  await world.session(namespace, 'late');
  const failed = await world.phase(namespace, 'late', 'Failed');
  expect(failed.status).toMatchObject({ endReason: 'Rejected', reason: 'SpendCapReached' });
});

test('hours that are used up keep sessions out, although the VoiceSessions are gone', async () => {
  const month = (await world.admin.get(tenants, { name: tenant })).status?.usage?.month;
  // An hour cannot be waited for: it is in the sums as if sessions had used it.
  await world.stop();
  await world.admin.patch(
    tenants,
    { name: tenant },
    { merge: { status: { usage: { endedSeconds: 3600, endedSpendUSD: 0, month } } } },
    { subresource: 'status' },
  );
  await world.admin.patch(
    tenants,
    { name: tenant },
    { merge: { spec: { limits: { sessionHoursPerMonth: 1, spendPerMonth: null } } } },
  );
  await world.start();
  await world.until(tenants, { name: tenant }, (one) => one?.status?.usage?.hoursThisMonth === 1);
  await world.session(namespace, 'tired');
  expect((await world.phase(namespace, 'tired', 'Failed')).status).toMatchObject({
    endReason: 'Rejected',
    reason: 'QuotaExceeded',
  });
});

test('a session that runs ends when the hours of the month are used up', async () => {
  await world.admin.patch(
    tenants,
    { name: tenant },
    { merge: { spec: { limits: { sessionHoursPerMonth: 2 } } } },
  );
  const { session, pod } = await world.active(namespace, 'long');
  await world.admin.patch(
    tenants,
    { name: tenant },
    { merge: { spec: { limits: { sessionHoursPerMonth: 1 } } } },
  );
  // It looks once a minute, or when something happens to it.
  await world.voice(session, {
    connected: true,
    state: 'Listening',
    podUID: pod.metadata.uid,
    spendUSD: 0.1,
  });
  const draining = await world.phase(namespace, 'long', 'Draining');
  expect(draining.status).toMatchObject({ endReason: 'DeadlineExceeded', reason: 'QuotaExceeded' });
  await world.exited(pod, 0, left(0.1));
  await world.phase(namespace, 'long', 'Ended');
});
