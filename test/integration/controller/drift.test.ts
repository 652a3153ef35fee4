// Somebody changes or deletes what the operator made: it is as it was within a second, and nobody starts a fight.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { tenants } from '../../../controller/resources.ts';
import {
  events,
  type KubeObject,
  type Live,
  namespaces,
  networkPolicies,
  podDisruptionBudgets,
  type Resource,
  roleBindings,
} from '../../../src/kube/index.ts';
import { unique, World } from './world.ts';

let world: World;
const tenant = unique('drift');
const namespace = `skald-${tenant}`;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  await world.tenant(tenant);
  await world.ready(tenants, { name: tenant });
  await world.campaign(namespace);
});
afterAll(() => world[Symbol.asyncDispose]());

/** What makes an object what it is, without what the API server writes. */
function essence(object: Live): object {
  const { metadata, status: _, ...rest } = object as Live & { status?: unknown };
  const { labels, annotations, ownerReferences } = metadata;
  return { ...rest, labels, annotations, ownerReferences };
}

/** Does this to the object, and measures until it is as it was. @returns milliseconds */
async function restored<T extends KubeObject>(
  resource: Resource<T>,
  name: string,
  harm: { merge: object } | 'delete',
): Promise<number> {
  const key = { ...(resource.namespaced ? { namespace } : {}), name };
  const before = await world.admin.get(resource, key);
  const harmed =
    harm === 'delete'
      ? await world.admin.delete(resource, key)
      : await world.admin.patch(resource, key, harm);
  const since = performance.now();
  if (typeof harmed === 'object') expect(essence(harmed)).not.toEqual(essence(before));
  await world.until(resource, key, (object) => {
    if (object === undefined || object.metadata.resourceVersion === before.metadata.resourceVersion)
      return false;
    return JSON.stringify(essence(object)) === JSON.stringify(essence(before));
  });
  return performance.now() - since;
}

const LABELS = { metadata: { labels: { 'app.kubernetes.io/managed-by': null, 'skald.dev/tenant': null } } };
const OWNER = { metadata: { ownerReferences: null } };

describe('in a tenant’s namespace', () => {
  test.each<[string, Resource, string, { merge: object } | 'delete']>([
    ['RoleBinding deleted', roleBindings, 'skald-gateway', 'delete'],
    ['RoleBinding with another subject', roleBindings, 'skald-gateway', { merge: { subjects: [] } }],
    [
      'RoleBinding with one subject more',
      roleBindings,
      'skald-controller',
      { merge: { subjects: [{ kind: 'User', name: 'x', apiGroup: 'rbac.authorization.k8s.io' }] } },
    ],
    ['RoleBinding without labels', roleBindings, 'skald-gateway', { merge: LABELS }],
    ['RoleBinding without owner', roleBindings, 'skald-gateway', { merge: OWNER }],
    ['NetworkPolicy deleted', networkPolicies, 'skald-worker', 'delete'],
    [
      'NetworkPolicy narrowed',
      networkPolicies,
      'skald-default-deny',
      { merge: { spec: { podSelector: { matchLabels: { a: 'b' } } } } },
    ],
    ['NetworkPolicy opened', networkPolicies, 'skald-default-deny', { merge: { spec: { egress: [{}] } } }],
    ['NetworkPolicy without labels', networkPolicies, 'skald-worker', { merge: LABELS }],
    [
      'Namespace without Pod Security',
      namespaces,
      namespace,
      { merge: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } } },
    ],
    ['Namespace without labels', namespaces, namespace, { merge: LABELS }],
  ])('%s: restored within a second', async (_, resource, name, harm) => {
    expect(await restored(resource, name, harm)).toBeLessThan(1000);
  });

  test('a binding to another role is made anew', async () => {
    const key = { namespace, name: 'skald-gateway' };
    const before = await world.admin.get(roleBindings, key);
    await world.admin.delete(roleBindings, key);
    // Whoever is first: either this one is replaced, or it cannot be made at all.
    const other = { ...before, metadata: { ...key, labels: before.metadata.labels ?? {} } };
    await world.admin
      .create(roleBindings, { ...other, roleRef: { ...before.roleRef, name: 'view' } })
      .catch(() => {});
    await world.until(roleBindings, key, (one) => one?.roleRef.name === before.roleRef.name);
  });

  test('what somebody else made under the name is left alone, and the Tenant says so', async () => {
    const key = { namespace, name: 'skald-worker' };
    await world.stop();
    await world.admin.delete(networkPolicies, key);
    const theirs = { spec: { podSelector: { matchLabels: { theirs: 'yes' } } } };
    await world.admin.create(networkPolicies, {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: key,
      ...theirs,
    });
    await world.start();
    const refused = await world.until(
      tenants,
      { name: tenant },
      (one) => one?.status?.conditions?.some(({ reason }) => reason === 'NameTaken') ?? false,
    );
    expect(refused?.status?.conditions?.find(({ type }) => type === 'NamespaceReady')).toMatchObject({
      status: 'False',
      reason: 'NameTaken',
      message: expect.stringContaining('NetworkPolicy skald-worker'),
    });
    expect((await world.admin.get(networkPolicies, key)).spec).toMatchObject(theirs.spec);
    await world.admin.delete(networkPolicies, key);
    await world.ready(tenants, { name: tenant });
  });

  test('is told in Events of the Tenant', async () => {
    await expect
      .poll(async () => {
        const all = await world.admin.listAll(events, {});
        return all.filter(({ regarding }) => regarding.name === tenant).map(({ reason }) => reason);
      })
      .toEqual(expect.arrayContaining(['Restored', 'NameTaken']));
  });
});

describe('of a live session', () => {
  let name: string;
  beforeAll(async () => {
    const { job } = await world.active(namespace, 'evening');
    name = job.metadata.name;
    await world.until(podDisruptionBudgets, { namespace, name }, (one) => one !== undefined);
  });

  test.each<[string, { merge: object } | 'delete']>([
    ['deleted', 'delete'],
    ['edited', { merge: { spec: { minAvailable: 0 } } }],
    [
      'for more pods',
      { merge: { spec: { selector: { matchLabels: { 'batch.kubernetes.io/job-name': 'x' } } } } },
    ],
    ['without labels', { merge: { metadata: { labels: null } } }],
    ['without owner', { merge: OWNER }],
  ])('PodDisruptionBudget %s: restored within a second', async (_, harm) => {
    expect(await restored(podDisruptionBudgets, name, harm)).toBeLessThan(1000);
  });
});
