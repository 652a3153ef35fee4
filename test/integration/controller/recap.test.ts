// A Recap beside a table: the operator under the chart's RBAC on a real API server, with a database. Kubelet, gateway and
// worker are the test's.
import { expect, test } from 'vitest';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/index.ts';
import { setTheScene, tenant, world } from './database-scene.ts';
import { unique } from './world.ts';

setTheScene();

const LIMITS = { maxSessionSeconds: 14_400, idleTimeoutSeconds: 900, admissionTimeoutSeconds: 60 };

const done = (endReason: string, message: string) =>
  JSON.stringify({ endReason, message, llmTokens: 900, spendUSD: 0.01 });

/** A tenant that may have two sessions at a time, one of which is at its table. */
async function table() {
  const { name, namespace } = await tenant({ limits: { ...LIMITS, concurrentSessions: 2 } });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  const session = unique('table');
  await world.active(namespace, session);
  return { tenantName: name, namespace, session };
}

/** A recap whose worker writes. */
async function writing(namespace: string, recapOf: string) {
  const name = unique('recap');
  await world.session(namespace, name, { mode: 'Recap', recapOf, voiceChannelId: undefined });
  const provisioning = await world.phase(namespace, name, 'Provisioning');
  const job = await world.job(namespace, provisioning);
  const pod = await world.pod(job);
  await world.running(pod);
  const connecting = await world.phase(namespace, name, 'Connecting');
  await world.voice(connecting, { connected: false, state: 'Listening', podUID: pod.metadata.uid });
  return { name, job, pod, active: await world.phase(namespace, name, 'Active') };
}

test('is written while its session is at the table, takes nothing from it, and leaves nothing but what it cost', async () => {
  const { namespace, session, tenantName } = await table();
  const claims = async () => (await world.claims()).map(({ metadata }) => metadata.name).sort();
  const before = await claims();
  const { name, job, pod, active } = await writing(namespace, session);
  expect(active.status).toMatchObject({ reason: 'Summarising' });
  expect(findCondition(active.status?.conditions, 'Ready')?.message).toBe(
    `The recap of ${session} is being written.`,
  );
  expect(await claims()).toEqual(before);
  // Five minutes, and what the operator needs to end it itself.
  expect(job.spec?.activeDeadlineSeconds).toBeLessThan(1200);
  const { status } = await world.admin.get(tenants, { name: tenantName });
  expect(status?.usage?.activeSessions ?? 1).toBe(1);

  await world.exited(pod, 0, done('Completed', 'The recap is written.'));
  const ended = await world.phase(namespace, name, 'Ended', 'Failed');
  expect(ended.status).toMatchObject({
    phase: 'Ended',
    endReason: 'Completed',
    result: { llmTokens: 900, spendUSD: 0.01 },
  });
  await expect
    .poll(async () => (await world.admin.get(tenants, { name: tenantName })).status?.usage?.spendThisMonth, {
      timeout: 20_000,
    })
    .toBe(0.01);
  expect(await claims()).toEqual(before);
  expect((await world.phase(namespace, session, 'Active')).status?.phase).toBe('Active');
});

test('fails with the worker’s sentence; a third at a time waits, and is admitted when one is over', async () => {
  const { namespace } = await table();
  const [first] = [await writing(namespace, 'monday'), await writing(namespace, 'tuesday')];
  const third = unique('recap');
  await world.session(namespace, third, { mode: 'Recap', recapOf: 'friday', voiceChannelId: undefined });
  const waiting = await world.phase(namespace, third, 'Pending');
  expect(waiting.status?.reason).toBe('RecapsBusy');
  const message = 'Nothing of what was said in monday was written down.';
  await world.exited(first.pod, 0, done('NothingToRecap', message));
  const failed = await world.phase(namespace, first.name, 'Ended', 'Failed');
  expect(failed.status).toMatchObject({ phase: 'Failed', endReason: 'NothingToRecap' });
  expect(findCondition(failed.status?.conditions, 'Ended')?.message).toBe(message);
  await world.phase(namespace, third, 'Provisioning');
});
