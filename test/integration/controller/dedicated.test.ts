// Topology `dedicated`: the objects of a gateway of the tenant's own, on a real API server under the chart's RBAC and
// restricted Pod Security. That such a gateway works is shown end to end (test/e2e).
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { tenants } from '../../../controller/resources.ts';
import { findCondition, TENANT_READERS_BINDING } from '../../../src/api/index.ts';
import {
  clusterRoleBindings,
  networkPolicies,
  roleBindings,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
} from '../../../src/kube/index.ts';
import { readCertificate } from '../../../src/pki/ca.ts';
import { unique, World } from './world.ts';

let world: World;
let name: string;
let namespace: string;
beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  name = unique('own');
  namespace = `skald-${name}`;
  await world.tenant(name, { topology: 'dedicated' });
  await world.ready(tenants, { name });
});
afterAll(() => world[Symbol.asyncDispose]());

const gateway = () => ({ namespace, name: 'skald-gateway' });

/** The namespaces whose gateways may read Tenants. */
async function readers(): Promise<string[]> {
  const binding = await world.admin.get(clusterRoleBindings, { name: TENANT_READERS_BINDING });
  return (binding.subjects ?? []).map((subject) => subject.namespace ?? '');
}

test('a Tenant gets a gateway in its own namespace, and nothing in the installation’s', async () => {
  const tenant = await world.admin.get(tenants, { name });
  expect(tenant.status?.gateway).toBe(`${namespace}/skald-gateway`);
  const set = await world.admin.get(statefulSets, gateway());
  const [container] = set.spec?.template.spec?.containers ?? [];
  expect(set.spec).toMatchObject({ replicas: 1, serviceName: 'skald-gateway' });
  expect(container?.env).toContainEqual({ name: 'SKALD_DEDICATED_TENANT', value: name });
  expect(set.metadata.ownerReferences).toMatchObject([{ kind: 'Tenant', name, controller: true }]);
  await world.admin.get(services, gateway());
  await world.admin.get(serviceAccounts, gateway());
});

test('its identity may use the bot token and the sessions of its namespace, and read Tenants', async () => {
  const bindings = await world.admin.listAll(roleBindings, { namespace });
  const own = bindings.filter(({ subjects }) => subjects?.[0]?.name === 'skald-gateway');
  expect(own.map(({ roleRef, subjects }) => [roleRef.name, subjects?.[0]?.namespace]).sort()).toEqual([
    ['skald-gateway', namespace],
    ['skald-gateway-token', namespace],
  ]);
  expect(await readers()).toContain(namespace);
});

test('its certificate names the tenant’s namespace, in the identity and in DNS', async () => {
  const secret = await world.admin.get(secrets, { namespace, name: 'skald-gateway-tls' });
  const pem = Buffer.from(secret.data?.['tls.crt'] ?? '', 'base64').toString();
  const { uriSans, dnsSans } = readCertificate(pem);
  expect(uriSans).toEqual([`spiffe://skald.local/ns/${namespace}/gateway`]);
  expect(dnsSans).toEqual([`skald-gateway.${namespace}.svc`, `skald-gateway.${namespace}.svc.cluster.local`]);
});

test('what somebody takes away or changes is put back', async () => {
  await world.admin.delete(statefulSets, gateway());
  await world.admin.delete(services, gateway());
  await world.until(statefulSets, gateway(), (set) => set !== undefined);
  await world.until(services, gateway(), (service) => service !== undefined);
  await world.admin.patch(statefulSets, gateway(), { merge: { spec: { replicas: 3 } } });
  await world.until(statefulSets, gateway(), (set) => set?.spec?.replicas === 1);
});

test('without the binding of the chart the Tenant says what is missing', async () => {
  const binding = await world.admin.get(clusterRoleBindings, { name: TENANT_READERS_BINDING });
  await world.admin.delete(clusterRoleBindings, { name: TENANT_READERS_BINDING });
  const missing = await world.until(
    tenants,
    { name },
    (tenant) => findCondition(tenant?.status?.conditions, 'GatewayAssigned')?.status === 'False',
  );
  expect(findCondition(missing?.status?.conditions, 'Ready')).toMatchObject({
    reason: 'DedicatedTopologyNotAvailable',
    message: expect.stringContaining(TENANT_READERS_BINDING),
  });
  const { roleRef } = binding;
  await world.admin.create(clusterRoleBindings, { metadata: { name: TENANT_READERS_BINDING }, roleRef });
  await world.ready(tenants, { name });
  expect(await readers()).toContain(namespace);
});

test('back to shared, the Tenant has a slot and nothing of the other is left', async () => {
  await world.admin.patch(tenants, { name }, { merge: { spec: { topology: 'shared' } } });
  await world.until(tenants, { name }, (tenant) =>
    /^skald-gateway-[01]$/.test(tenant?.status?.gateway ?? ''),
  );
  await world.until(statefulSets, gateway(), (set) => set === undefined);
  expect(await world.admin.find(services, gateway())).toBeUndefined();
  expect(await world.admin.find(serviceAccounts, gateway())).toBeUndefined();
  expect(await world.admin.find(secrets, { namespace, name: 'skald-gateway-tls' })).toBeUndefined();
  expect(await world.admin.find(secrets, { namespace, name: 'skald-gateway-settings' })).toBeUndefined();
  const policies = await world.admin.listAll(networkPolicies, { namespace });
  expect(policies.map(({ metadata }) => metadata.name)).not.toContain('skald-gateway');
  const bindings = await world.admin.listAll(roleBindings, { namespace });
  expect(bindings.map(({ roleRef, subjects }) => [roleRef.name, subjects?.[0]?.namespace]).sort()).toEqual([
    ['skald-controller-tenant', world.systemNamespace],
    ['skald-gateway', world.systemNamespace],
    ['skald-gateway-token', world.systemNamespace],
  ]);
  expect(await readers()).not.toContain(namespace);
});
