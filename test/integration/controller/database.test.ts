import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { findCondition, tenantSchema } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { unique, World } from './world.ts';

let world: World;
let broken = false;
beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  const url = inject('databaseUrl');
  world.database = {
    url,
    migrate: async (schema) => {
      const target = broken ? url.replace(/:\d+\//, ':1/') : url;
      await migrate({ url: target, schema, set: 'tenant' });
    },
  };
  await world.start();
});
afterAll(() => world[Symbol.asyncDispose]());

test('a Tenant’s schema is made, and its workers reach nothing else by default', async () => {
  const name = unique('data');
  await world.tenant(name);
  await world.ready(tenants, { name });
  const tenant = await world.admin.get(tenants, { name });
  expect(findCondition(tenant.status?.conditions, 'DatabaseReady')).toMatchObject({
    status: 'True',
    reason: 'DatabaseReady',
    message: expect.stringContaining(tenantSchema(name)),
  });
  const namespace = `skald-${name}`;
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  await world.session(namespace, 'evening');
  const session = await world.phase(namespace, 'evening', 'Provisioning');
  const job = await world.job(namespace, session);
  const secret = await world.admin.get(secrets, { namespace, name: `${job.metadata.name}-session` });
  const dsn = new URL(secretText(secret, 'database-url') ?? '');
  expect(dsn.searchParams.get('options')).toBe(`-c search_path=${tenantSchema(name)}`);
  // The DSN is in that Secret and nowhere else.
  expect(JSON.stringify([job, session, tenant])).not.toContain('postgres');
});

test('a database that does not answer keeps a Tenant from being Ready, and is named', async () => {
  broken = true;
  const name = unique('down');
  await world.tenant(name);
  const tenant = await world.until(
    tenants,
    { name },
    (one) => findCondition(one?.status?.conditions, 'DatabaseReady')?.status === 'False',
  );
  expect(findCondition(tenant?.status?.conditions, 'Ready')).toMatchObject({
    status: 'False',
    reason: 'DatabaseUnreachable',
  });
  expect(JSON.stringify(tenant)).not.toMatch(/:\/\/[^/]*:[^@[]+@/);
  broken = false;
});
