// A variable that a manifest misspells, or a program renames, is a setting that silently has its default.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { settingsSchema as controllerSchema, loadControllerSettings } from '../../../controller/settings.ts';
import { settingsSchema as gatewaySchema } from '../../../gateway/settings.ts';
import { leavesOf } from '../../../src/settings/schema.ts';
import { type Container, chartObjects, containerOf, find } from './objects.ts';

/** Read by every program, apart from its settings. */
const COMMON = ['SKALD_CONFIG_FILE', 'SKALD_LOG_LEVEL'];

const EVERYTHING = [
  'imagePullSecrets={registry}',
  'database.existingSecret=db',
  'extraCA.configMap=ca',
  'worker.priorityClassName=high',
  'worker.sidecars.whisper.image=whisper:1',
  'worker.sidecars.llm.image=ollama:1',
  'gateway.slots=2',
  'vault.address=https://vault.example:8200',
  'vault.namespace=team',
  'vault.ca.configMap=vault-ca',
];

const variables = (container: Container) =>
  (container.env ?? []).map(({ name }) => name).filter((name) => name.startsWith('SKALD_'));

const unknown = (container: Container, schema: z.ZodObject) => {
  const known = new Set([...COMMON, ...leavesOf(schema, 'SKALD').map(({ variable }) => variable)]);
  return variables(container).filter((name) => !known.has(name));
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['its defaults', []],
  ['everything set', EVERYTHING],
])('the chart with %s', (_, sets) => {
  test('sets only variables that the controller and the gateway read', async () => {
    const objects = await chartObjects(...sets);
    const controller = containerOf(find(objects, 'Deployment', 'skald-controller'));
    const gateway = containerOf(find(objects, 'StatefulSet', 'skald-gateway-0'));
    expect(variables(controller).length).toBeGreaterThan(3);
    expect(unknown(controller, controllerSchema)).toEqual([]);
    expect(unknown(gateway, gatewaySchema)).toEqual([]);
  });

  test('gives the controller a file that it accepts, without a problem', async () => {
    const objects = await chartObjects(...sets);
    const file = join(folder, `${sets.length}.yaml`);
    await writeFile(file, find(objects, 'ConfigMap', 'skald-controller').data?.['config.yaml'] ?? '');
    const settings = await loadControllerSettings({ file, env: {} });
    expect(settings.worker.image).toBe('skald:0.1.0');
    expect(settings.worker.sidecars.speech.image).toBe('skald-speech:0.1.0');
  });
});

test('what is set in the values arrives in the settings', async () => {
  const file = join(folder, 'everything.yaml');
  const objects = await chartObjects(
    ...EVERYTHING,
    'trustDomain=example.org',
    'logLevel=debug',
    'image.tag=x',
    'networkPolicy.dns.ports={1053}',
    'networkPolicy.apiServer.cidrs={10.0.0.4/32}',
    'networkPolicy.database.cidrs={10.7.0.0/24}',
    'networkPolicy.database.ports={6543}',
    'podSecurityVersion=v1.34',
    'quota.spareSecrets=7',
    'quota.hard.pods=100',
  );
  await writeFile(file, find(objects, 'ConfigMap', 'skald-controller').data?.['config.yaml'] ?? '');
  const settings = await loadControllerSettings({ file, env: {} });
  expect(settings.trustDomain).toBe('example.org');
  expect(settings.gateway.slots).toBe(2);
  expect(settings.worker).toMatchObject({
    image: 'skald:x',
    imagePullSecrets: ['registry'],
    priorityClassName: 'high',
    logLevel: 'debug',
    extraCaFile: '/etc/skald/extra-ca/ca.crt',
    resources: { requests: { cpu: '100m', memory: '192Mi' }, limits: { memory: '512Mi' } },
    sidecars: { whisper: { image: 'whisper:1' }, llm: { image: 'ollama:1' } },
  });
  expect(settings.networkPolicy).toMatchObject({
    dns: { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' }, ports: [1053] },
    apiServer: { cidrs: ['10.0.0.4/32'], ports: [443, 6443] },
    database: { cidrs: ['10.7.0.0/24'] },
  });
  expect(settings.podSecurityVersion).toBe('v1.34');
  expect(settings.quota).toMatchObject({ spareSecrets: 7, hard: { pods: '100', 'services.nodeports': '0' } });
});

test('Vault: the controller has a token for it and for nothing else, a gateway has none', async () => {
  const objects = await chartObjects(
    'vault.address=https://vault.example:8200',
    'vault.ca.configMap=vault-ca',
  );
  const controller = JSON.stringify(find(objects, 'Deployment', 'skald-controller'));
  const gateway = JSON.stringify(find(objects, 'StatefulSet', 'skald-gateway-0'));
  const token = { path: 'token', audience: 'vault', expirationSeconds: 600 };
  expect(controller).toContain(JSON.stringify({ serviceAccountToken: token }));
  expect(gateway).not.toContain('serviceAccountToken');
  for (const program of [controller, gateway]) expect(program).toContain('/etc/skald/vault-ca/ca.crt');
  const env = Object.fromEntries(
    (containerOf(find(objects, 'Deployment', 'skald-controller')).env ?? []).map(({ name, value }) => [
      name,
      value,
    ]),
  );
  const { vault } = await loadControllerSettings({ env: { ...env, SKALD_CONFIG_FILE: undefined } });
  expect(vault).toMatchObject({
    address: 'https://vault.example:8200',
    caFile: '/etc/skald/vault-ca/ca.crt',
    tokenFile: '/var/run/secrets/skald/vault/token',
    auth: { mount: 'kubernetes', role: 'skald-controller', audience: 'vault' },
  });
  expect(JSON.stringify(await chartObjects())).not.toContain('VAULT');
});
