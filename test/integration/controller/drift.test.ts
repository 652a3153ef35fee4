// Somebody changes or deletes what the operator made: it is as it was within a second, and nobody starts a fight.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { tenants, voiceSessions } from '../../../controller/resources.ts';
import {
  events,
  jobs,
  type KubeObject,
  type Live,
  limitRanges,
  namespaces,
  networkPolicies,
  podDisruptionBudgets,
  type Resource,
  resourceQuotas,
  roleBindings,
  type Secret,
  secrets,
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
const SESSION_LABELS = {
  metadata: {
    labels: {
      'app.kubernetes.io/managed-by': null,
      'skald.dev/component': null,
      'skald.dev/voicesession': null,
      'skald.dev/voicesession-uid': null,
    },
  },
};
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
    ['ResourceQuota deleted', resourceQuotas, 'skald-quota', 'delete'],
    [
      'ResourceQuota widened',
      resourceQuotas,
      'skald-quota',
      { merge: { spec: { hard: { 'services.nodeports': '9' } } } },
    ],
    [
      'ResourceQuota with one limit more',
      resourceQuotas,
      'skald-quota',
      { merge: { spec: { hard: { pods: '0' } } } },
    ],
    ['LimitRange deleted', limitRanges, 'skald-limits', 'delete'],
    ['LimitRange without limits', limitRanges, 'skald-limits', { merge: { spec: { limits: [] } } }],
    ['LimitRange without labels', limitRanges, 'skald-limits', { merge: LABELS }],
    ['NetworkPolicy without labels', networkPolicies, 'skald-worker', { merge: LABELS }],
    [
      'Namespace without Pod Security',
      namespaces,
      namespace,
      { merge: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } } },
    ],
    [
      'Namespace of an older Pod Security',
      namespaces,
      namespace,
      { merge: { metadata: { labels: { 'pod-security.kubernetes.io/enforce-version': 'v1.22' } } } },
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
  let pod: string;
  beforeAll(async () => {
    const active = await world.active(namespace, 'evening');
    name = active.job.metadata.name;
    pod = active.pod.metadata.uid;
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

  test.each<[string, { merge: object }]>([
    ['stopped', { merge: { spec: { parallelism: 0 } } }],
    ['suspended', { merge: { spec: { suspend: true } } }],
    ['to be removed before its result is read', { merge: { spec: { ttlSecondsAfterFinished: 0 } } }],
    ['with less time', { merge: { spec: { activeDeadlineSeconds: 60 } } }],
    ['without labels', { merge: SESSION_LABELS }],
    ['without owner', { merge: OWNER }],
  ])('Job %s: restored within a second', async (_, harm) => {
    expect(await restored(jobs, name, harm)).toBeLessThan(1000);
  });

  const secretName = () => `${name}-session`;
  const certificate = (secret: Live<Secret> | undefined) =>
    Buffer.from(secret?.data?.['tls.crt'] ?? '', 'base64').toString();

  test.each<[string, { merge: object } | 'delete']>([
    ['deleted', 'delete'],
    ['with another certificate', { merge: { data: { 'tls.crt': 'eA==' } } }],
    ['without its key', { merge: { data: { 'tls.key': null } } }],
    ['without labels', { merge: { metadata: { labels: null } } }],
    ['without owner', { merge: OWNER }],
  ])('Secret %s: restored within a second', async (_, harm) => {
    const key = { namespace, name: secretName() };
    const { metadata, data = {} } = await world.admin.get(secrets, key);
    const since = performance.now();
    if (harm === 'delete') await world.admin.delete(secrets, key);
    else await world.admin.patch(secrets, key, harm);
    const restoredSecret = await world.until(
      secrets,
      key,
      (secret) =>
        secret?.metadata.resourceVersion !== metadata.resourceVersion &&
        certificate(secret).startsWith('-----BEGIN CERTIFICATE') &&
        secret?.data?.['tls.key'] !== undefined &&
        secret.metadata.labels?.['skald.dev/voicesession'] === 'evening' &&
        secret.metadata.ownerReferences?.length === 1,
    );
    expect(performance.now() - since).toBeLessThan(1000);
    expect(Object.keys(restoredSecret?.data ?? {})).toEqual(Object.keys(data));
  });

  test('Job deleted: made anew, and the session goes on with its next pod', async () => {
    const key = { namespace, name };
    const since = performance.now();
    const before = await world.admin.get(jobs, key);
    await world.admin.delete(jobs, key, { propagationPolicy: 'Background' });
    const next = await world.until(
      jobs,
      key,
      (one) => one !== undefined && one.metadata.uid !== before.metadata.uid,
    );
    expect(performance.now() - since).toBeLessThan(1000);
    expect(next?.metadata.ownerReferences).toMatchObject([{ kind: 'VoiceSession', name: 'evening' }]);
  });

  test('Job replaced by somebody, with another image: reported, because putting it back would cut it short', async () => {
    const key = { namespace, name };
    const { metadata, spec } = structuredClone(await world.admin.get(jobs, key));
    const container = spec?.template.spec?.containers[0];
    if (spec === undefined || container === undefined) throw new Error('the Job has no container');
    container.image = 'other:1';
    // As `kubectl replace --force` does it.
    const { selector: _, ...rest } = spec;
    const { labels: all = {}, annotations = {}, ownerReferences = [] } = metadata;
    const labels = Object.fromEntries(
      Object.entries(all).filter(([label]) => !/^(batch|job-|contr)/.test(label)),
    );
    const template = { ...spec.template, metadata: { labels } };
    await world.stop();
    await world.admin.delete(jobs, key, { propagationPolicy: 'Background' });
    await world.admin.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { ...key, labels, annotations, ownerReferences },
      spec: { ...rest, template },
    });
    await world.start();
    const drifted = (status: string) =>
      world.until(
        voiceSessions,
        { namespace, name: 'evening' },
        (one) => one?.status?.conditions?.some((c) => c.type === 'Drifted' && c.status === status) ?? false,
      );
    const session = await drifted('True');
    expect(session?.status?.phase).toBe('Active');
    expect((await world.admin.get(jobs, key)).spec?.template.spec?.containers[0]?.image).toBe('other:1');
    await world.admin.delete(jobs, key, { propagationPolicy: 'Background' });
    await drifted('False');
    expect((await world.admin.get(jobs, key)).spec?.template.spec?.containers[0]?.image).toBe('skald:dev');
  });

  test('it has never left its worker for any of this', async () => {
    const session = await world.phase(namespace, 'evening', 'Active');
    expect(session.status?.worker).toMatchObject({ podUID: pod, restarts: 0, jobName: name });
  });

  test('who undoes it again and again is answered ever more slowly', async () => {
    const key = { namespace, name };
    let undone = 0;
    const until = performance.now() + 4_000;
    while (performance.now() < until) {
      const budget = await world.admin.find(podDisruptionBudgets, key);
      if (budget?.spec?.minAvailable === 1) {
        await world.admin.patch(podDisruptionBudgets, key, { merge: { spec: { minAvailable: 0 } } });
        undone++;
      }
    }
    expect(undone).toBeGreaterThan(2);
    expect(undone).toBeLessThan(15);
  });
});
