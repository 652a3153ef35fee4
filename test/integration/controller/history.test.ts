// History removes what the gateway created, and nothing else: told by what the API server knows of who wrote what.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import type { Tenant, VoiceSession } from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import { type Kubectl, kubectl } from '../crds/kubectl.ts';
import { unique, World } from './world.ts';

let world: World;
let k: Kubectl;
beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  k = await kubectl();
  await world.start();
});
afterAll(() => world[Symbol.asyncDispose]());

async function arena(history: Tenant['spec']['history']) {
  const name = unique('history');
  const namespace = `skald-${name}`;
  await world.tenant(name, { history });
  await world.ready(tenants, { name });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  return { namespace, tenant: name };
}

/** As the gateway makes one for `/session start`. Its guild is not allowed: it fails at once, and is over. */
const manifest = (namespace: string, name: string): VoiceSession => ({
  apiVersion: 'skald.dev/v1alpha1',
  kind: 'VoiceSession',
  metadata: { namespace, name, annotations: { 'skald.dev/created-by': 'discord' } },
  spec: {
    mode: 'Live',
    desiredState: 'Running',
    campaignRef: { name: 'curse' },
    guildId: '100000000000000009',
    voiceChannelId: '200000000000000001',
    requestedBy: { userId: '400000000000000001', interactionId: '500000000000000001' },
  },
});

const byGateway = (namespace: string, name: string): Promise<Live<VoiceSession>> =>
  world.admin.create(voiceSessions, manifest(namespace, name), { fieldManager: 'skald-gateway' });

const failed = (namespace: string, name: string) => world.phase(namespace, name, 'Failed');
const gone = (namespace: string, name: string) =>
  world.until(voiceSessions, { namespace, name }, (one) => one === undefined);

test('an ended session is removed when its time is over, if the gateway created it and nobody took it over', async () => {
  const { namespace, tenant } = await arena({ ttlSecondsAfterEnded: 3600, keepPerCampaign: 20 });
  const where = ['-n', namespace] as const;
  await byGateway(namespace, 'ours');
  await byGateway(namespace, 'stopped');
  await byGateway(namespace, 'taken');
  await byGateway(namespace, 'synced');
  // An export of one, applied again: the same to the letter, interaction and annotation included.
  await k.apply(manifest(namespace, 'applied'));
  await world.admin.apply(voiceSessions, manifest(namespace, 'gitops'), {
    fieldManager: 'argocd-controller',
  });
  const names = ['ours', 'stopped', 'taken', 'synced', 'applied', 'gitops'];
  await Promise.all(names.map((name) => failed(namespace, name)));
  // To stop one by hand, and to take one over.
  await k('patch', 'vs', 'stopped', ...where, '--type=merge', '-p', '{"spec":{"desiredState":"Stopped"}}');
  await k.apply(manifest(namespace, 'taken'));
  await world.admin.apply(voiceSessions, manifest(namespace, 'synced'), {
    fieldManager: 'argocd-controller',
    force: true,
  });

  await world.admin.patch(
    tenants,
    { name: tenant },
    { merge: { spec: { history: { ttlSecondsAfterEnded: 0 } } } },
  );
  // A new term looks at everything.
  await world.restart();
  await Promise.all([gone(namespace, 'ours'), gone(namespace, 'stopped')]);
  const left = await world.admin.listAll(voiceSessions, { namespace });
  expect(left.map(({ metadata }) => metadata.name).sort()).toEqual(['applied', 'gitops', 'synced', 'taken']);
});

test('a campaign keeps the latest sessions of the gateway’s, and all others', async () => {
  const { namespace } = await arena({ ttlSecondsAfterEnded: 3600, keepPerCampaign: 1 });
  await k.apply(manifest(namespace, 'applied'));
  await failed(namespace, 'applied');
  await byGateway(namespace, 'first');
  await failed(namespace, 'first');
  // Ends have whole seconds: of two in one, either could be the later.
  await world.until(
    voiceSessions,
    { namespace, name: 'first' },
    (one) => Date.now() - Date.parse(one?.status?.endedAt ?? '') > 1000,
  );
  await byGateway(namespace, 'second');
  await failed(namespace, 'second');
  await gone(namespace, 'first');
  const left = await world.admin.listAll(voiceSessions, { namespace });
  expect(left.map(({ metadata }) => metadata.name).sort()).toEqual(['applied', 'second']);
});
