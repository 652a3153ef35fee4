// A campaign that is edited while it is played: the worker that is attached gets it over its stream, in time.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import type { Campaign } from '../../../src/api/index.ts';
import type { SessionConfiguration } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { Inbox } from './inbox.ts';
import { eventually, Scene } from './scene.ts';
import { Workers } from './workers.ts';

type Npc = Campaign['spec']['npcs'][number];

const EDITS = 30;

let scene: Scene;
let gateway: Gateway;
let workers: Workers;

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  gateway = await scene.startGateway();
  workers = new Workers(scene);
});
afterAll(() => scene?.close());

const npc = (name: string, voice: Npc['voice'] = { pitch: 1, speed: 1 }): Npc => ({
  name,
  voice,
  engine: 'cascaded',
  budget: 'standard',
  addressOnly: false,
  gameMasterHelper: false,
});

async function configured(inbox: Inbox): Promise<SessionConfiguration> {
  const { session } = await inbox.next('configure');
  if (session === undefined) throw new Error('a Configure without a session');
  return session;
}

/** What a worker does with a configuration: it says which one it has. */
function takeUp(inbox: Inbox, { revision }: SessionConfiguration): void {
  const report = { state: WorkerState.RUNNING, voiceConnected: true, configRevision: revision };
  inbox.stream.send({ $case: 'report', value: WorkerReport.create(report) });
}

test('NPCs that are added, re-voiced and muted reach the running worker, and the status says which revision it has', async () => {
  const { name, job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);

  await scene.changeCampaign('night', { npcs: [npc('Bart'), npc('Ulla')] });
  await scene.approveCampaign('night');
  const added = await configured(inbox);
  expect(added.campaign?.npcs.map((one) => one.name)).toEqual(['Bart', 'Ulla']);
  takeUp(inbox, added);

  await scene.changeCampaign('night', {
    npcs: [npc('Bart', { id: 'deep', pitch: 0.8, speed: 1 }), npc('Ulla')],
  });
  await scene.approveCampaign('night');
  const voiced = await configured(inbox);
  expect(voiced.campaign?.npcs[0]?.voice).toEqual({ id: 'deep', pitch: 0.8, speed: 1 });
  takeUp(inbox, voiced);
  const { status } = await scene.campaign('night');
  expect(status?.revision).toBeDefined();
  await eventually('the session runs with the campaign’s revision', async () => {
    return (await scene.session(name)).status?.voice?.configRevision === status?.revision;
  });

  await scene.mute(name, ['Ulla']);
  const muted = await configured(inbox);
  expect(muted.mutedNpcs).toEqual(['Ulla']);
  expect(muted.revision).toBe(status?.revision);

  await scene.approveCampaign('night', 'True', [{ name: 'Barovia', description: 'A valley of fog.' }]);
  expect((await configured(inbox)).campaign?.entities.map((one) => one.name)).toEqual(['Barovia']);

  // One stream, one pod, all the time.
  expect(await scene.session(name)).toMatchObject({ status: { voice: { podUID: 'pod-1' } } });
  expect(inbox.cases).not.toContain('stop');
});

test('an edit that is approved is with the worker within two seconds', async () => {
  const { job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  const durations: number[] = [];
  for (let edit = 0; edit < EDITS; edit++) {
    await scene.changeCampaign('night', { description: `edit ${edit}` });
    const began = performance.now();
    await scene.approveCampaign('night');
    for (;;) {
      if ((await configured(inbox)).campaign?.description === `edit ${edit}`) break;
    }
    durations.push(performance.now() - began);
  }
  const slowest = Math.max(...durations);
  console.log(`edit approved to Configure: slowest of ${EDITS} ${Math.round(slowest)} ms`);
  expect(slowest).toBeLessThan(2000);
});
