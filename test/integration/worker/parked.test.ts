/** A worker that no session has claimed yet: what it says, what it does when one does, and that there is only one. */
import { afterEach, expect, it } from 'vitest';
import { exitCodes } from '../../../src/api/exit-codes.ts';
import { Scene, type WorkerRun } from './scene.ts';

let scene: Scene;

afterEach(async () => {
  await scene.close();
});

async function parked(): Promise<WorkerRun> {
  scene = await Scene.create();
  scene.gateway.park = true;
  const worker = scene.worker();
  await scene.gateway.until('attached', () => scene.gateway.attachedAt.length > 0);
  return worker;
}

async function readiness(worker: WorkerRun): Promise<number | undefined> {
  if (Number.isNaN(worker.healthPort)) return undefined;
  return (await fetch(`http://127.0.0.1:${worker.healthPort}/readyz`)).status;
}

async function becomes(worker: WorkerRun, status: number): Promise<void> {
  await expect.poll(() => readiness(worker), { timeout: 20_000, interval: 25 }).toBe(status);
}

it('is ready once everything is loaded, joins when a session claims it, and listens', async () => {
  const worker = await parked();
  await becomes(worker, 200);
  expect(worker.lines.map(({ msg }) => msg)).toContain('Everything is loaded');
  expect(await scene.simulator.voiceStates(scene.guildId)).toEqual([]);
  scene.gateway.claim();
  await scene.listening();
  await becomes(worker, 200);
  scene.gateway.send({ $case: 'stop', value: { reason: 'Requested', message: '' } });
  expect(await worker.exit).toBe(exitCodes.Stopped);
});

it('dials again when its gateway goes, is not ready meanwhile, and is parked anew', async () => {
  const worker = await parked();
  await becomes(worker, 200);
  const { port } = scene.gateway;
  await scene.gateway.stop();
  await becomes(worker, 503);
  await scene.gateway.start(port);
  await becomes(worker, 200);
});

it('ends with SIGTERM as a pod that is to be replaced', async () => {
  const worker = await parked();
  await becomes(worker, 200);
  await worker.stop();
  expect(await worker.exit).toBe(exitCodes.Terminated);
});

it('serves one session: the configuration of another ends it for good', async () => {
  const worker = await parked();
  scene.gateway.claim();
  await scene.gateway.until('a report', () => scene.gateway.reports.length > 0);
  scene.gateway.configure({ sessionUid: crypto.randomUUID(), name: 'another' });
  expect(await worker.exit).toBe(exitCodes.IdentityRefused);
});
