import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/index.ts';
import { configMaps, secrets } from '../../../src/kube/index.ts';
import { unique, World } from './world.ts';

let world: World;
let namespace: string;
beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  const name = unique('camp');
  namespace = `skald-${name}`;
  await world.tenant(name);
  await world.ready(tenants, { name });
});
afterAll(() => world[Symbol.asyncDispose]());

async function refused(name: string) {
  const campaign = await world.until(
    campaigns,
    { namespace, name },
    (one) => findCondition(one?.status?.conditions, 'Ready')?.status === 'False',
  );
  return findCondition(campaign?.status?.conditions, 'Ready');
}

test('a Campaign is counted, hashed and Ready; the hash follows the spec', async () => {
  const name = unique('good');
  await world.campaign(namespace, name);
  await world.ready(campaigns, { namespace, name });
  const first = await world.admin.get(campaigns, { namespace, name });
  expect(first.status).toMatchObject({
    npcCount: 1,
    sessionCount: 0,
    revision: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  await world.admin.patch(campaigns, { namespace, name }, { merge: { spec: { description: 'Fog.' } } });
  await world.until(
    campaigns,
    { namespace, name },
    (one) => one?.status?.revision !== first.status?.revision,
  );
});

test('a missing ConfigMap is said, and its coming noticed', async () => {
  const name = unique('entities');
  await world.campaign(namespace, name, { entitiesFrom: { configMapRef: { name } } });
  expect(await refused(name)).toMatchObject({
    reason: 'EntitiesMissing',
    message: expect.stringContaining(name),
  });
  await world.admin.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name },
    data: { 'entities.yaml': '- {name: Barovia, description: A valley of fog}\n' },
  });
  await world.ready(campaigns, { namespace, name });
  // Where the gateway finds them.
  const { status } = await world.admin.get(campaigns, { namespace, name });
  expect(status?.entities).toEqual([{ name: 'Barovia', description: 'A valley of fog' }]);
});

test('a provider outside allowedHosts, and a key that does not exist, are refused together', async () => {
  const name = unique('hosts');
  await world.campaign(namespace, name, {
    providers: {
      llm: { baseURL: 'https://llm.example.com/v1', apiKeySecretRef: { name: 'llm-key', key: 'token' } },
      tts: { baseURL: 'http://169.254.169.254/latest' },
    },
  });
  const condition = await refused(name);
  expect(condition?.reason).toBe('ProviderNotAllowed');
  expect(condition?.message).toContain('llm.example.com is not in');
  expect(condition?.message).toContain('169.254.169.254 is inside the cluster');
  expect(condition?.message).toContain('llm-key/token');
});

test('a provider key is projected into the worker by reference', async () => {
  const tenant = unique('keys');
  await world.tenant(tenant, {
    providers: {
      llm: {
        kind: 'openai',
        baseURL: 'https://llm.example.com/v1',
        apiKeySecretRef: { name: 'llm', key: 'k' },
      },
    },
  });
  await world.ready(tenants, { name: tenant });
  const own = `skald-${tenant}`;
  await world.admin.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: own, name: 'llm' },
    stringData: { k: 'sk-secret-key-of-the-tenant' },
  });
  await world.campaign(own);
  await world.ready(campaigns, { namespace: own, name: 'curse' });
  await world.session(own, 'evening');
  const session = await world.phase(own, 'evening', 'Provisioning');
  const job = await world.job(own, session);
  const spec = job.spec?.template.spec;
  expect(spec?.volumes?.find(({ name }) => name === 'providers')?.projected?.sources).toEqual([
    { secret: { name: 'llm', items: [{ key: 'k', path: 'llm' }] } },
  ]);
  expect(spec?.containers[0]?.env).toContainEqual({
    name: 'SKALD_LLM_API_KEY_FILE',
    value: '/var/run/skald/providers/llm',
  });
  expect(JSON.stringify(job)).not.toContain('sk-secret');
});
