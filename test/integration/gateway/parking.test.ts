import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { warmJobName } from '../../../src/api/index.ts';
import type { Inbox } from './inbox.ts';
import { Scene } from './scene.ts';
import { refused, Workers } from './workers.ts';

// Warm workers: their streams wait at the gateway until a session's status names their Job.

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

let counter = 0;

async function parked(
  podUid = 'pod-1',
  job = warmJobName(String(counter++)),
): Promise<{ job: string; inbox: Inbox }> {
  const inbox = await workers.dial(gateway, job, { podUid });
  await inbox.next('parked');
  return { job, inbox };
}

/** What the operator writes for a session that has claimed the worker. */
async function claim(job: string, podUID?: string): Promise<string> {
  const name = workers.nextName();
  await scene.createSession(name);
  const worker = { jobName: job, ...(podUID === undefined ? {} : { podUID }) };
  await scene.operatorStatus(name, { phase: 'Provisioning', worker });
  return name;
}

test('a session that claims a parked worker has it on the stream that is open', async () => {
  const { job, inbox } = await parked();
  const name = await claim(job, 'pod-1');
  const { session } = await inbox.next('configure');
  expect(session?.name).toBe(name);
  workers.join(inbox);
  await inbox.next('voiceServerUpdate');
  expect(inbox.cases.filter((one) => one === 'parked')).toHaveLength(1);
});

test('a parked worker hears nothing of other sessions', async () => {
  const { inbox } = await parked();
  const other = await workers.provisioned();
  await workers.attached(gateway, other.job);
  expect(inbox.cases).toEqual(['parked']);
});

test('the pod that dials anew takes the place of its stream', async () => {
  const first = await parked();
  const second = await parked('pod-2', first.job);
  expect(await refused(first.inbox)).toBe('UNAVAILABLE');
  await claim(first.job, 'pod-2');
  await second.inbox.next('configure');
});

test('a parked worker whose pod is not the one that the status names is sent away to dial again', async () => {
  const { job, inbox } = await parked('pod-1');
  await claim(job, 'pod-2');
  expect(await refused(inbox)).toBe('UNAVAILABLE');
});

test('a worker that is not there at the moment of the claim is served when it dials', async () => {
  const { job, inbox } = await parked();
  await inbox.stream[Symbol.asyncDispose]();
  await claim(job);
  await workers.attached(gateway, job);
});

test('a worker whose session is over is not parked again', async () => {
  const { job, inbox } = await parked();
  const name = await claim(job);
  await inbox.next('configure');
  await scene.operatorStatus(name, { phase: 'Ended', worker: { jobName: job } });
  expect(await inbox.ended()).toBe('closed');
  expect(await refused(await workers.dial(gateway, job))).toBe('FAILED_PRECONDITION');
});

test('a gateway that closes sends parked workers away; the next one parks them again, or serves them', async () => {
  const [one, two] = [await parked('pod-1'), await parked('pod-2')];
  await gateway.close();
  expect(await refused(one.inbox)).toBe('UNAVAILABLE');
  await claim(one.job);
  gateway = await scene.startGateway();
  await workers.attached(gateway, one.job);
  await parked('pod-2', two.job);
});
