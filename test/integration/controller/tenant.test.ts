import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { tenants } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/index.ts';
import { namespaces, roleBindings, secrets } from '../../../src/kube/index.ts';
import { snowflake, unique, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a Tenant', () => {
  test('gets a restricted namespace, its role bindings and a gateway, and becomes Ready', async () => {
    const name = unique('acme');
    await world.tenant(name);
    await world.ready(tenants, { name });
    const tenant = await world.admin.get(tenants, { name });
    const namespace = await world.admin.get(namespaces, { name: `skald-${name}` });

    expect(tenant.status).toMatchObject({
      namespace: `skald-${name}`,
      gateway: expect.stringMatching(/^skald-gateway-[01]$/),
      usage: { activeSessions: 0 },
      observedGeneration: 1,
    });
    expect(namespace.metadata.labels).toMatchObject({
      'skald.dev/tenant': name,
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    const bindings = await world.admin.listAll(roleBindings, { namespace: `skald-${name}` });
    expect(bindings.map(({ roleRef, subjects }) => [roleRef.name, subjects?.[0]?.name]).sort()).toEqual([
      ['skald-controller-tenant', 'skald-controller'],
      ['skald-gateway', tenant.status?.gateway],
      ['skald-gateway-token', tenant.status?.gateway],
    ]);
    expect(findCondition(tenant.status?.conditions, 'TokenEncrypted')).toMatchObject({
      status: 'False',
      reason: 'VaultNotConfigured',
    });
    expect(findCondition(tenant.status?.conditions, 'DatabaseReady')).toMatchObject({
      reason: 'DatabaseNotConfigured',
    });
  });

  test('of two for one Discord application, the younger has a condition and no resources', async () => {
    const applicationId = snowflake();
    const [older, younger] = [unique('a-older'), unique('b-younger')];
    await world.tenant(older, { applicationId });
    await world.ready(tenants, { name: older });
    await world.tenant(younger, { applicationId });
    const refused = await world.until(
      tenants,
      { name: younger },
      (tenant) => tenant?.status?.conditions !== undefined,
    );
    expect(findCondition(refused?.status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ApplicationConflict',
      message: expect.stringContaining(older),
    });
    expect(await world.admin.find(namespaces, { name: `skald-${younger}` })).toBeUndefined();
    expect(refused?.metadata.finalizers).toBeUndefined();

    // What stood in the way goes: the younger one takes its place without being touched.
    await world.admin.delete(tenants, { name: older });
    await world.ready(tenants, { name: younger });
  });

  test('leaves a namespace alone that nobody gave it, and adopts one that somebody did', async () => {
    const name = unique('taken');
    const own = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `skald-${name}`, labels: { team: 'x' } },
    };
    await world.admin.create(namespaces, own);
    await world.tenant(name, { deletionPolicy: 'Delete' });
    const refused = await world.until(
      tenants,
      { name },
      (tenant) => tenant?.status?.conditions !== undefined,
    );
    expect(findCondition(refused?.status?.conditions, 'NamespaceReady')).toMatchObject({
      status: 'False',
      reason: 'NamespaceNotAdoptable',
    });
    await world.admin.patch(
      namespaces,
      { name: `skald-${name}` },
      { merge: { metadata: { labels: { 'skald.dev/adopt': 'true' } } } },
    );
    await world.ready(tenants, { name });
    await world.admin.delete(tenants, { name });
    await world.until(tenants, { name }, (tenant) => tenant === undefined);
    const kept = await world.admin.get(namespaces, { name: `skald-${name}` });
    expect(kept.metadata.deletionTimestamp).toBeUndefined();
  });

  test('that is deleted takes its namespace with it when it says so', async () => {
    const name = unique('gone');
    await world.tenant(name, { deletionPolicy: 'Delete' });
    await world.ready(tenants, { name });
    await world.admin.delete(tenants, { name });
    // No namespace controller runs here: being deleted is as far as it goes.
    await world.until(
      namespaces,
      { name: `skald-${name}` },
      (one) => one?.metadata.deletionTimestamp !== undefined,
    );
  });

  test('whose gateway says why the bot is not connected, says it too', async () => {
    const name = unique('token');
    const usual = world.gateway;
    world.gateway = async (gateway, tenant) =>
      tenant === name
        ? {
            served: true,
            connected: false,
            reason: 'InvalidToken',
            message: 'Discord refuses the token.',
            botUserId: '',
            guilds: 0,
          }
        : usual(gateway, tenant);
    await world.tenant(name);
    const tenant = await world.until(
      tenants,
      { name },
      (one) => findCondition(one?.status?.conditions, 'DiscordConnected')?.status === 'False',
    );
    expect(findCondition(tenant?.status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'InvalidToken',
      message: 'Discord refuses the token.',
    });
    world.gateway = usual;
  });
});

test('the authority and one certificate for each gateway are made, and made again when they are lost', async () => {
  const { systemNamespace: namespace } = world;
  const name = 'skald-gateway-1-tls';
  const first = await world.until(
    secrets,
    { namespace, name },
    (secret) => secret?.data?.['tls.crt'] !== undefined,
  );
  expect(Object.keys(first?.data ?? {}).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  const authority = await world.admin.get(secrets, { namespace, name: 'skald-ca' });
  expect(first?.data?.['ca.crt']).toBe(authority.data?.['tls.crt']);

  await world.admin.delete(secrets, { namespace, name });
  await world.restart();
  const second = await world.until(secrets, { namespace, name }, (secret) => secret !== undefined);
  expect(second?.data?.['ca.crt']).toBe(first?.data?.['ca.crt']);
  expect(second?.data?.['tls.crt']).not.toBe(first?.data?.['tls.crt']);
});
