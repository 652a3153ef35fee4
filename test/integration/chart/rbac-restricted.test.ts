// Restricted mode: the operator works with the rights that the platform team has given it in the tenants' namespaces, and
// in the whole cluster it reads Tenants. On an API server of its own, whose audit log shows what was asked and refused.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tenants } from '../../../controller/resources.ts';
import type { ControlPlane } from '../../../hack/cluster/control-plane.ts';
import { CHART_VALUES, rbacObjects } from '../../../hack/rbac/installation.ts';
import { grantsOf, isBinding } from '../../../hack/rbac/model.ts';
import { findCondition } from '../../../src/api/index.ts';
import { Client, loadConfig, namespaces, type RoleBinding, roleBindings } from '../../../src/kube/index.ts';
import { World } from '../controller/world.ts';
import { helmTemplate } from '../crds/kubectl.ts';
import { requests, startAudited } from './audited.ts';

const NAME = 'amber';
const NAMESPACE = 'platform-amber';
const VALUES = [
  'rbac.mode=restricted',
  `rbac.restricted.tenants[0].name=${NAME}`,
  `rbac.restricted.tenants[0].namespace=${NAMESPACE}`,
  'rbac.restricted.tenants[0].slot=1',
];
const TENANTS = JSON.stringify([{ name: NAME, namespace: NAMESPACE, slot: 1 }]);

let plane: ControlPlane;
let admin: Client;
let world: World;

beforeAll(async () => {
  plane = await startAudited();
  admin = new Client({ config: await loadConfig({ kubeconfig: plane.kubeconfig }) });
  await admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  world = await World.create({
    kubeconfig: plane.kubeconfig,
    values: VALUES,
    env: { SKALD_RBAC_MODE: 'restricted', SKALD_RBAC_TENANTS: TENANTS },
  });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  admin?.close();
  await plane?.stop();
});

const refused = async () => (await requests(plane)).filter(({ status }) => status === 403);
const operators = async () => (await requests(plane)).filter(({ account }) => account === 'skald-controller');

test('in the whole cluster the chart lets nobody do anything but read Tenants, and write those that are named', async () => {
  const rendered = await helmTemplate(
    'skald-system',
    ...[...CHART_VALUES, ...VALUES].flatMap((value) => ['--set', value]),
  );
  const objects = rbacObjects(rendered);
  const wide = objects
    .filter(({ kind }) => kind === 'ClusterRoleBinding')
    .flatMap(({ subjects = [] }) => subjects);
  const grants = wide.flatMap((subject) =>
    grantsOf(objects, subject).filter(({ namespace }) => namespace === undefined),
  );
  const rights = grants.map(
    ({ verb, resource, name }) => `${verb} ${resource}${name === undefined ? '' : ` ${name}`}`,
  );
  expect([...new Set(rights)].sort()).toEqual([
    'get tenants',
    'list tenants',
    `patch tenants ${NAME}`,
    `patch tenants/status ${NAME}`,
    'watch tenants',
  ]);
  expect(objects.flatMap(({ rules = [] }) => rules.flatMap(({ resources = [] }) => resources))).not.toContain(
    'nodes',
  );
  // And nobody may hand on what he has.
  const verbs = objects.flatMap(({ rules = [] }) => rules.flatMap((rule) => rule.verbs));
  expect(verbs).not.toContain('bind');
  expect(objects.filter(({ kind }) => isBinding(kind)).length).toBeGreaterThan(4);
});

test('of a tenant with a gateway of its own the chart binds that one, and lets it read Tenants', async () => {
  const own = [
    'rbac.mode=restricted',
    'rbac.restricted.tenants[0].name=own',
    'rbac.restricted.tenants[0].namespace=own',
  ];
  const rendered = await helmTemplate(
    'skald-system',
    ...[...CHART_VALUES, ...own].flatMap((value) => ['--set', value]),
  );
  const bound = rbacObjects(rendered).filter(({ subjects = [] }) =>
    subjects.some(({ namespace }) => namespace === 'own'),
  );
  expect(bound.map(({ metadata, roleRef }) => `${metadata.name} ${roleRef?.name}`).sort()).toEqual([
    'skald-gateway skald-gateway-token',
    'skald-gateway-dedicated skald-gateway-tenants',
    'skald-gateway-sessions skald-gateway',
  ]);
});

test('without its RoleBinding the Tenant says which is missing and what makes it; nothing is refused meanwhile', async () => {
  await admin.delete(roleBindings, { namespace: NAMESPACE, name: 'skald-controller' });
  await world.start();
  await world.tenant(NAME, { namespace: NAMESPACE });
  const tenant = await world.until(
    tenants,
    { name: NAME },
    (one) => findCondition(one?.status?.conditions, 'NamespaceReady')?.reason === 'RightsMissing',
  );
  expect(findCondition(tenant?.status?.conditions, 'NamespaceReady')?.message).toContain(
    `kubectl -n ${NAMESPACE} create rolebinding skald-controller --clusterrole=skald-controller-tenant --serviceaccount=${world.systemNamespace}:skald-controller`,
  );
  expect(await refused()).toEqual([]);
});

test('with it, what the gateway needs is asked for in the same way; then the Tenant is Ready', async () => {
  const gateway = { namespace: NAMESPACE, name: 'skald-gateway-sessions' };
  const made = await admin.get(roleBindings, gateway);
  await admin.delete(roleBindings, gateway);
  await admin.create(
    roleBindings,
    binding('skald-controller', 'skald-controller-tenant', 'skald-controller'),
  );
  const tenant = await world.until(
    tenants,
    { name: NAME },
    (one) => findCondition(one?.status?.conditions, 'GatewayAssigned')?.reason === 'RightsMissing',
  );
  expect(findCondition(tenant?.status?.conditions, 'GatewayAssigned')?.message).toContain(
    `create rolebinding skald-gateway-sessions --clusterrole=skald-gateway --serviceaccount=${world.systemNamespace}:skald-gateway-1`,
  );
  const { roleRef, subjects = [] } = made;
  await admin.create(roleBindings, { ...binding(gateway.name, '', ''), roleRef, subjects });
  await world.ready(tenants, { name: NAME });
  expect((await admin.get(tenants, { name: NAME })).status?.gateway).toBe('skald-gateway-1');
});

test('a session becomes Active and ends, and nothing of it stays', async () => {
  await world.campaign(NAMESPACE);
  const { pod } = await world.active(NAMESPACE, 'evening');
  await world.stopSession(NAMESPACE, 'evening');
  await world.exited(pod, 0);
  await world.phase(NAMESPACE, 'evening', 'Ended');
  await expect.poll(() => world.leftovers(NAMESPACE), { timeout: 40_000 }).toEqual([]);
});

test('a Tenant that the installation does not name is left alone', async () => {
  await world.tenant('stranger', { namespace: 'elsewhere' });
  // What is done after it shows that it was seen.
  await world.session(NAMESPACE, 'later');
  await world.phase(NAMESPACE, 'later', 'Provisioning');
  const stranger = await admin.get(tenants, { name: 'stranger' });
  expect(stranger.status).toBeUndefined();
  expect(stranger.metadata.finalizers).toBeUndefined();
});

test('a new leader knows everything again before it does anything', async () => {
  const before = await world.phase(NAMESPACE, 'later', 'Provisioning');
  await world.restart();
  await world.stopSession(NAMESPACE, 'later');
  const after = await world.phase(NAMESPACE, 'later', 'Ended', 'Stopping');
  expect(after.status?.worker?.jobName).toBe(before.status?.worker?.jobName);
});

test('nothing was refused, from the first request to the last, and nothing was listed or watched but Tenants', async () => {
  const asked = await operators();
  expect(asked.length).toBeGreaterThan(100);
  expect((await refused()).map(({ verb, uri }) => `${verb} ${uri}`)).toEqual([]);
  const wide = asked.filter(
    ({ namespace, group }) => namespace === undefined && !group.startsWith('authorization'),
  );
  expect([...new Set(wide.map(({ verb, resource }) => `${verb} ${resource}`))].sort()).toEqual([
    'list tenants',
    'patch tenants',
    'patch tenants/status',
    'watch tenants',
  ]);
});

function binding(name: string, role: string, account: string): RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { namespace: NAMESPACE, name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: world.systemNamespace }],
  };
}
