// What contains a tenant in its namespace, judged by the API server's own admission: Kubernetes' quota and Job
// controllers run, the kubelet is played by nobody.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tenants, voiceSessions } from '../../../controller/resources.ts';
import { type ControlPlane, startControlPlane } from '../../../hack/cluster/control-plane.ts';
import type { Tenant } from '../../../src/api/index.ts';
import {
  isForbidden,
  jobs,
  type KubeObject,
  limitRanges,
  messageOf,
  namespaces,
  pods,
  type ResourceQuota,
  resourceQuotas,
} from '../../../src/kube/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { applyDefinitions } from './definitions.ts';
import { unique, World } from './world.ts';

let plane: ControlPlane;
let world: World;
let database: AdministeredDatabase;
beforeAll(async () => {
  plane = await startControlPlane({ kubeControllerManager: true });
  await applyDefinitions(plane.kubeconfig);
  world = await World.create({ kubeconfig: plane.kubeconfig });
  database = await administeredDatabase();
  world.database = new DatabaseAdministration({ url: database.administratorUrl });
  await world.start();
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
  await plane?.stop();
});

const limits = (concurrentSessions: number): Tenant['spec']['limits'] => ({
  concurrentSessions,
  maxSessionSeconds: 14_400,
  idleTimeoutSeconds: 900,
  admissionTimeoutSeconds: 60,
});

async function newTenant(prefix: string, spec: Partial<Tenant['spec']> = {}): Promise<string> {
  const name = unique(prefix);
  await world.tenant(name, spec);
  await world.ready(tenants, { name });
  await world.campaign(`skald-${name}`);
  return name;
}

/** The quota, once Kubernetes enforces it. */
function enforced(namespace: string, name: string, like: Record<string, string>) {
  return world.until(resourceQuotas, { namespace, name }, (quota) =>
    Object.entries(like).every(
      ([key, value]) => quota?.status?.hard?.[key] === value && quota.status.used?.[key] !== undefined,
    ),
  );
}

async function foreignQuota(namespace: string, hard: Record<string, string>): Promise<void> {
  const quota: ResourceQuota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { namespace, name: 'tight' },
    spec: { hard },
  };
  await world.admin.create(resourceQuotas, quota);
  await enforced(namespace, 'tight', hard);
}

describe('a namespace that the operator made', () => {
  test('has quota and defaults that follow from the Tenant, and follow it when it changes', async () => {
    const name = await newTenant('quota', { limits: limits(2) });
    const namespace = `skald-${name}`;
    const quota = await enforced(namespace, 'skald-quota', { pods: '6', 'services.loadbalancers': '0' });
    expect(quota?.spec?.hard).toMatchObject({ 'requests.cpu': '600m', 'limits.memory': '3Gi' });
    const range = await world.admin.get(limitRanges, { namespace, name: 'skald-limits' });
    expect(range.spec?.limits?.[0]).toMatchObject({ default: { memory: '512Mi' } });

    await world.admin.patch(tenants, { name }, { merge: { spec: { limits: { concurrentSessions: 5 } } } });
    await enforced(namespace, 'skald-quota', { pods: '12', 'requests.cpu': '1200m' });
  });

  test('is written once: what the API server keeps is what is wanted', async () => {
    const name = await newTenant('still', { limits: limits(1) });
    const namespace = `skald-${name}`;
    const version = async () => {
      const quota = await enforced(namespace, 'skald-quota', { pods: '3' });
      const range = await world.admin.get(limitRanges, { namespace, name: 'skald-limits' });
      return [quota?.metadata.resourceVersion, range.metadata.resourceVersion];
    };
    const before = await version();
    // Another pass over the Tenant, seen by its end.
    const { metadata } = await world.admin.patch(
      tenants,
      { name },
      { merge: { spec: { limits: { idleTimeoutSeconds: 901 } } } },
    );
    await world.until(
      tenants,
      { name },
      (tenant) => tenant?.status?.observedGeneration === metadata.generation,
    );
    expect(await version()).toEqual(before);
  });

  test('admits every pod that Skald itself may have there at once, and not one more', async () => {
    const name = await newTenant('room', { limits: limits(1), worker: { profile: 'cloud', warm: 1 } });
    const namespace = `skald-${name}`;
    await enforced(namespace, 'skald-quota', { pods: '5' });
    await world.session(namespace, 'evening');
    // The spare that the session has claimed, and the one that was made in its place.
    await expect
      .poll(async () => (await world.admin.listAll(pods, { namespace })).length, { timeout: 30_000 })
      .toBe(2);
    const [job] = await world.admin.listAll(jobs, { namespace });
    // As when both are being replaced, two that end and two that take over, and a recap is being written.
    const next = (number: number): KubeObject & { spec: object } => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: `next-${number}` },
      spec: { ...job?.spec?.template.spec },
    });
    for (const number of [1, 2, 3]) await world.admin.create(pods, next(number) as never);
    const refused = await world.admin.create(pods, next(4) as never).catch((error: unknown) => error);
    expect(isForbidden(refused)).toBe(true);
    expect(messageOf(refused)).toMatch(/exceeded quota: skald-quota.*pods=5/);
    expect((await world.admin.get(voiceSessions, { namespace, name: 'evening' })).status?.phase).not.toBe(
      'Failed',
    );
  });

  test('refuses what opens it to the outside, and pods that are not restricted', async () => {
    const namespace = `skald-${await newTenant('shut')}`;
    await enforced(namespace, 'skald-quota', { 'services.loadbalancers': '0', 'services.nodeports': '0' });
    const create = (path: string, body: object) =>
      world.admin.raw({ method: 'POST', path, body, repeatable: false }).catch(messageOf);
    const door = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'door' },
      spec: { type: 'NodePort', ports: [{ port: 80 }] },
    };
    expect(await create(`/api/v1/namespaces/${namespace}/services`, door)).toContain(
      'exceeded quota: skald-quota',
    );
    const root = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root' },
      spec: { hostNetwork: true, containers: [{ name: 'x', image: 'x' }] },
    };
    expect(await create(`/api/v1/namespaces/${namespace}/pods`, root)).toMatch(
      /violates PodSecurity "restricted:latest".*host namespaces/,
    );
  });
});

test('an adopted namespace keeps its own quota and gets none of ours', async () => {
  const name = unique('adopted');
  const namespace = `skald-${name}`;
  await world.admin.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'skald.dev/adopt': 'true' } },
  });
  await foreignQuota(namespace, { pods: '50' });
  await world.tenant(name, { limits: limits(1) });
  await world.ready(tenants, { name });
  const quotas = await world.admin.listAll(resourceQuotas, { namespace });
  expect(quotas.map(({ metadata, spec }) => [metadata.name, spec?.hard])).toEqual([
    ['tight', { pods: '50' }],
  ]);
  expect(await world.admin.listAll(limitRanges, { namespace })).toEqual([]);
});

test('a Tenant that takes its namespace with it comes to its end, though its rights there end first', async () => {
  const name = await newTenant('ends', { deletionPolicy: 'Delete' });
  await world.admin.delete(tenants, { name });
  await world.until(tenants, { name }, (tenant) => tenant === undefined);
  expect(await world.admin.find(namespaces, { name: `skald-${name}` })).toBeUndefined();
});

describe('a session that a quota of somebody else stops', () => {
  test.each([
    ['at its pod', 'pods'],
    ['at its Job', 'count/jobs.batch'],
    ['at its Secret', 'count/secrets'],
  ])('%s says which, and goes on when the quota does', async (_, resource) => {
    const namespace = `skald-${await newTenant('tight')}`;
    await foreignQuota(namespace, { [resource]: '0' });
    await world.session(namespace, 'evening');
    const key = { namespace, name: 'evening' };
    const stuck = await world.until(
      voiceSessions,
      key,
      (session) => session?.status?.reason === 'WorkerRefused',
    );
    expect(stuck?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'WorkerRefused',
      message: expect.stringMatching(/refuses the worker: exceeded quota: tight, requested: \S+=1/),
    });
    expect(stuck?.status?.phase).toBe('Provisioning');

    await world.admin.delete(resourceQuotas, { namespace, name: 'tight' });
    await world.until(voiceSessions, key, (session) => session?.status?.worker?.podName !== undefined);
    const freed = await world.until(
      voiceSessions,
      key,
      (session) => session?.status?.reason === 'WorkerStarting',
    );
    expect(freed?.status?.conditions?.find(({ type }) => type === 'Ready')?.message).not.toContain('quota');
  });
});
