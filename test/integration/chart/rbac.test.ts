// What each identity may do, as the API server itself lists it, against a golden matrix: a right that is added
// shows up here as a difference.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Kubectl, kubectl, uniqueName } from '../crds/kubectl.ts';
import { chartObjects, SYSTEM } from './objects.ts';

const tenantNamespace = uniqueName('tenant');
let admin: Kubectl;

beforeAll(async () => {
  admin = await kubectl();
  await admin('create', 'namespace', tenantNamespace);
  await admin('create', 'namespace', SYSTEM).catch(() => {});
  for (const object of await chartObjects('crds.install=false')) {
    if (/Role(Binding)?$/.test(object.kind)) await admin.apply(object, '--force-conflicts');
  }
  // What the operator does for a tenant.
  await bind('skald-controller-tenant', 'skald-controller');
  await bind('skald-gateway-token', 'skald-gateway-0');
  await bind('skald-gateway', 'skald-gateway', tenantNamespace);
});
afterAll(() => admin('delete', 'namespace', tenantNamespace, '--wait=false'));

const bind = (role: string, account: string, namespace: string = SYSTEM) =>
  admin(
    ...['-n', tenantNamespace, 'create', 'rolebinding', role],
    ...[`--clusterrole=${role}`, `--serviceaccount=${namespace}:${account}`],
  );

/** `resource[/name]: verbs`, sorted; without what every authenticated identity has. */
async function rights(account: string, namespace: string, home: string = SYSTEM): Promise<string[]> {
  const as = `--as=system:serviceaccount:${home}:${account}`;
  const group = ['--as-group=system:serviceaccounts', '--as-group=system:authenticated'];
  const listed = await admin('auth', 'can-i', '--list', '--no-headers', '-n', namespace, as, ...group);
  const rows = listed.split('\n').flatMap((line) => {
    // RESOURCES  [NON-RESOURCE URLS]  [NAMES]  [VERBS]
    const [, resource = '', names = '', verbs = ''] =
      /^(\S+)\s+\[\]\s+\[(.*?)\]\s+\[(.*?)\]/.exec(line) ?? [];
    if (resource === '' || resource.startsWith('self')) return [];
    return [`${resource}${names === '' ? '' : `[${names}]`}: ${verbs.split(' ').sort().join(' ')}`];
  });
  return [...new Set(rows)].sort();
}

const ALL = 'create delete get list patch update watch';
const READ = 'get list watch';

const GATEWAY = [
  `campaigns.skald.dev: ${READ}`,
  `tenants.skald.dev: ${READ}`,
  'voicesessions.skald.dev/status: get patch',
  'voicesessions.skald.dev: create get list patch watch',
];

const CONTROLLER = [
  'campaigns.skald.dev/finalizers: update',
  'campaigns.skald.dev/status: get patch update',
  'campaigns.skald.dev: get list patch update watch',
  'clusterrolebindings.rbac.authorization.k8s.io[skald-gateway-dedicated]: get list update watch',
  'clusterroles.rbac.authorization.k8s.io[skald-controller-tenant]: bind',
  'clusterroles.rbac.authorization.k8s.io[skald-gateway-tenants]: bind',
  'clusterroles.rbac.authorization.k8s.io[skald-gateway-token]: bind',
  'clusterroles.rbac.authorization.k8s.io[skald-gateway]: bind',
  'events.events.k8s.io: create patch update',
  `namespaces: ${ALL}`,
  `rolebindings.rbac.authorization.k8s.io: ${ALL}`,
  'tenants.skald.dev/finalizers: update',
  'tenants.skald.dev/status: get patch update',
  'tenants.skald.dev: get list patch update watch',
  'voicesessions.skald.dev/finalizers: update',
  'voicesessions.skald.dev/status: get patch update',
  'voicesessions.skald.dev: delete get list patch update watch',
];

/** What it watches in the whole cluster. */
const SEEN = [
  'jobs.batch',
  'networkpolicies.networking.k8s.io',
  'poddisruptionbudgets.policy',
  'pods',
  'serviceaccounts',
  'services',
  'statefulsets.apps',
];
const SEES = [...SEEN.map((resource) => `${resource}: list watch`), `nodes: ${READ}`];

const sorted = (rows: readonly string[]) => [...rows].sort();

describe('the gateway', () => {
  test('anywhere: sessions, and reading what they belong to', async () => {
    expect(await rights('skald-gateway-0', 'default')).toEqual(sorted(GATEWAY));
    expect(await rights('skald-gateway-0', SYSTEM)).toEqual(sorted(GATEWAY));
  });

  test('in the namespace of its tenant: the bot token too, and no other Secret', async () => {
    expect(await rights('skald-gateway-0', tenantNamespace)).toEqual(
      sorted([...GATEWAY, `secrets[skald-bot-token]: ${READ}`]),
    );
  });

  test('of another slot: nothing of that tenant', async () => {
    const as = `--as=system:serviceaccount:${SYSTEM}:skald-gateway-1`;
    const refused = await admin.refused(
      'auth',
      'can-i',
      'get',
      'secret/skald-bot-token',
      '-n',
      tenantNamespace,
      as,
    );
    expect(refused).toMatch(/no/);
  });
});

describe("a gateway of a tenant's own", () => {
  const own = (namespace: string) => rights('skald-gateway', namespace, tenantNamespace);

  test('in its namespace: what a slot may do, without a Tenant of its own making', async () => {
    expect(await own(tenantNamespace)).toEqual(sorted(GATEWAY));
  });

  test('elsewhere: nothing, until the operator lets it read Tenants', async () => {
    expect(await own('default')).toEqual([]);
    const subject = { kind: 'ServiceAccount', name: 'skald-gateway', namespace: tenantNamespace };
    await admin(
      ...['patch', 'clusterrolebinding', 'skald-gateway-dedicated', '--type=merge', '-p'],
      JSON.stringify({ subjects: [subject] }),
      `--as=system:serviceaccount:${SYSTEM}:skald-controller`,
    ).then(
      () => expect.unreachable('the controller updates, it does not patch'),
      () => {},
    );
    await admin(
      ...['patch', 'clusterrolebinding', 'skald-gateway-dedicated', '--type=merge', '-p'],
      JSON.stringify({ subjects: [subject] }),
    );
    expect(await own('default')).toEqual([`tenants.skald.dev: ${READ}`]);
  });
});

describe('the controller', () => {
  test('anywhere: its own kinds, namespaces, the roles that it binds; it sees what it makes', async () => {
    expect(await rights('skald-controller', 'default')).toEqual(sorted([...CONTROLLER, ...SEES]));
  });

  test('in its own namespace: Leases and Secrets too', async () => {
    expect(await rights('skald-controller', SYSTEM)).toEqual(
      sorted([...CONTROLLER, ...SEES, `leases.coordination.k8s.io: ${ALL}`, `secrets: ${ALL}`]),
    );
  });

  test('in the namespace of a tenant: what sessions are made of', async () => {
    expect(await rights('skald-controller', tenantNamespace)).toEqual(
      sorted([
        ...CONTROLLER,
        `configmaps: ${READ}`,
        `jobs.batch: ${ALL}`,
        `leases.coordination.k8s.io: ${ALL}`,
        `nodes: ${READ}`,
        'pods: delete get list patch update watch',
        `networkpolicies.networking.k8s.io: ${ALL}`,
        `poddisruptionbudgets.policy: ${ALL}`,
        `secrets: ${ALL}`,
        `serviceaccounts: ${ALL}`,
        `services: ${ALL}`,
        `statefulsets.apps: ${ALL}`,
      ]),
    );
  });

  test('gives nobody a role other than those', async () => {
    const refused = await admin.refused(
      ...['-n', tenantNamespace, 'create', 'rolebinding', 'escalation', '--clusterrole=cluster-admin'],
      ...[
        `--serviceaccount=${SYSTEM}:skald-controller`,
        `--as=system:serviceaccount:${SYSTEM}:skald-controller`,
      ],
    );
    expect(refused).toMatch(/attempting to grant RBAC permissions not currently held/);
  });
});

describe('people', () => {
  const can = async (role: string, ...question: readonly string[]) => {
    const person = uniqueName('person');
    await admin(
      ...['-n', tenantNamespace, 'create', 'rolebinding', person],
      ...[`--clusterrole=${role}`, `--user=${person}`],
    );
    return admin('auth', 'can-i', ...question, '-n', tenantNamespace, `--as=${person}`).then(
      () => true,
      () => false,
    );
  };

  test.each([
    ['skald-view', 'list', true],
    ['skald-view', 'create', false],
    ['skald-gm', 'create', true],
    ['skald-gm', 'delete', true],
    ['skald-admin', 'delete', true],
  ])('%s: %s voicesessions is %s', async (role, verb, allowed) => {
    expect(await can(role, verb, 'voicesessions.skald.dev')).toBe(allowed);
  });

  test.each(['skald-view', 'skald-gm', 'skald-admin'])('%s writes no status', async (role) => {
    expect(await can(role, 'patch', 'voicesessions.skald.dev', '--subresource=status')).toBe(false);
    expect(await can(role, 'get', 'secrets')).toBe(false);
  });
});
