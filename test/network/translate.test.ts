import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkPolicies } from '../../controller/tenant/network-policies.ts';
import { networkPolicySettings } from '../../controller/tenant/network-settings.ts';
import { tenant } from '../../controller/voicesession/fixtures.ts';
import { allows } from './evaluate.ts';
import { render, verdictOf } from './ruleset.ts';
import { translate } from './translate.ts';
import type { Attempt, PodFacts, World } from './world.ts';

const NODE = '10.244.0.1';

const pod = (namespace: string, name: string, ip: string, labels: Record<string, string> = {}): PodFacts => ({
  namespace,
  name,
  ip,
  labels,
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
});
const named = (name: string) => ({ 'kubernetes.io/metadata.name': name });

/** Two tenants, the system namespace, DNS and Prometheus, under what the operator makes. */
const INSTALLATION: World = {
  namespaces: Object.fromEntries(
    ['skald-a', 'skald-b', 'skald-system', 'kube-system', 'monitoring'].map((name) => [name, named(name)]),
  ),
  pods: [
    pod('skald-a', 'worker-a', '10.244.0.10', {
      'skald.dev/component': 'worker',
      'app.kubernetes.io/managed-by': 'skald',
    }),
    pod('skald-a', 'stray', '10.244.0.11'),
    pod('skald-b', 'worker-b', '10.244.0.20', { 'skald.dev/component': 'worker' }),
    pod('skald-system', 'gateway', '10.244.0.30', { 'skald.dev/component': 'gateway' }),
    pod('skald-system', 'controller', '10.244.0.31', { 'skald.dev/component': 'controller' }),
    pod('kube-system', 'dns', '10.244.0.40', { 'k8s-app': 'kube-dns' }),
    pod('monitoring', 'prometheus', '10.244.0.50'),
  ],
  policies: ['a', 'b'].flatMap((name) =>
    networkPolicies({
      ...networkPolicySettings.parse({ allowedCidrs: ['10.244.1.1/32'] }),
      tenant: {
        apiVersion: 'skald.dev/v1alpha1',
        kind: 'Tenant',
        metadata: { name, uid: name, resourceVersion: '1' },
        spec: tenant.spec,
      },
      adopted: false,
      ownGateway: false,
      systemNamespace: 'skald-system',
      gatewayPort: 8443,
      databaseUrl: 'postgres://u:p@10.244.1.1:5433/skald',
    }).map(({ metadata, spec }) => ({
      namespace: metadata?.namespace ?? '',
      spec: spec ?? { podSelector: {} },
    })),
  ),
};

const address = (name: string) => INSTALLATION.pods.find((one) => one.name === name)?.ip ?? name;
const attempt = (from: string, to: string, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): Attempt => ({
  from: address(from),
  to: address(to),
  port,
  protocol,
});

describe.each([
  ['the API’s own words', (one: Attempt) => allows(INSTALLATION, one, [NODE])],
  ['the rules', (one: Attempt) => verdictOf(translate(INSTALLATION, [NODE]), one) === 'accept'],
])('what the operator makes, by %s', (_, passes) => {
  test.each<[string, string, number, 'TCP' | 'UDP', boolean]>([
    ['worker-a', 'dns', 53, 'UDP', true],
    ['worker-a', 'dns', 53, 'TCP', true],
    ['worker-a', 'dns', 8181, 'TCP', false],
    ['worker-a', 'prometheus', 53, 'UDP', false],
    ['worker-a', 'gateway', 8443, 'TCP', true],
    ['worker-a', 'gateway', 8080, 'TCP', false],
    ['worker-a', 'controller', 8080, 'TCP', false],
    ['stray', 'gateway', 8443, 'TCP', false],
    ['stray', 'dns', 53, 'UDP', false],
    ['worker-a', 'worker-b', 8080, 'TCP', false],
    ['worker-a', 'stray', 8080, 'TCP', false],
    ['worker-a', '10.244.1.1', 5433, 'TCP', true],
    ['worker-a', '10.244.1.1', 50_000, 'UDP', true],
    ['worker-a', NODE, 6443, 'TCP', false],
    ['worker-a', NODE, 10_250, 'TCP', false],
    ['worker-a', '169.254.169.254', 80, 'TCP', false],
    ['worker-a', '66.22.200.1', 2053, 'TCP', true],
    ['worker-a', '66.22.200.1', 50_001, 'UDP', true],
    ['worker-a', '168.63.129.16', 80, 'TCP', false],
    ['prometheus', 'worker-a', 8080, 'TCP', true],
    ['prometheus', 'worker-a', 9229, 'TCP', false],
    ['gateway', 'worker-a', 8080, 'TCP', false],
    ['worker-b', 'worker-a', 8080, 'TCP', false],
    [NODE, 'worker-a', 8080, 'TCP', true],
    ['10.244.1.1', 'worker-a', 8080, 'TCP', false],
    ['worker-a', 'worker-a', 8080, 'TCP', true],
  ])('%s to %s:%i/%s: %s', (from, to, port, protocol, expected) => {
    expect(passes(attempt(from, to, port, protocol))).toBe(expected);
  });
});

describe('the text for nft', () => {
  test('of a small world', async () => {
    const world: World = {
      namespaces: { a: named('a'), b: named('b') },
      pods: [pod('a', 'one', '10.244.0.2', { app: 'one' }), pod('b', 'two', '10.244.0.3')],
      policies: [
        {
          namespace: 'a',
          spec: {
            podSelector: { matchLabels: { app: 'one' } },
            policyTypes: ['Ingress', 'Egress'],
            ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 'http' as never }] }],
            egress: [
              {
                to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.0.0/16'] } }],
                ports: [{ protocol: 'UDP', port: 50_000, endPort: 65_535 }, { protocol: 'TCP' }],
              },
              { to: [{ ipBlock: { cidr: '2001:db8::/32' } }] },
            ],
          },
        },
      ],
    };
    await expect(render(translate(world, [NODE]))).toMatchFileSnapshot('small-world.golden.nft');
  });
});

const labels = fc.record({ a: fc.constantFrom('x', 'y') }, { requiredKeys: [] });
const selector = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: labels }),
  fc.record({
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key: fc.constant('a'),
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.subarray(['x', 'y'], { minLength: 1 }),
        }),
        fc.record({ key: fc.constant('a'), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      { maxLength: 2 },
    ),
  }),
);
const cidr = fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.0.0.0/30', '10.0.0.4/32', '8.8.8.0/24', '::/0');
const peer = fc.oneof(
  fc.record({
    ipBlock: fc.record(
      { cidr, except: fc.subarray(['10.0.0.2/31', '10.0.0.4/32', '8.8.8.8/32']) },
      { requiredKeys: ['cidr'] },
    ),
  }),
  fc
    .record({ namespaceSelector: selector, podSelector: selector }, { requiredKeys: [] })
    .filter((one) => Object.keys(one).length > 0),
);
const port = fc.record(
  {
    protocol: fc.constantFrom('TCP', 'UDP'),
    port: fc.constantFrom<number | string>(80, 443, 'http', 'nothing'),
  },
  { requiredKeys: [] },
);
const range = fc.record({ port: fc.constant(80), endPort: fc.constantFrom(80, 443, 8080) });
const ports = fc.array(fc.oneof(port, range), { maxLength: 2 });
const policy = fc.record({
  namespace: fc.constantFrom('n', 'm'),
  spec: fc.record(
    {
      podSelector: selector,
      policyTypes: fc.subarray(['Ingress', 'Egress']),
      ingress: fc.array(fc.record({ from: fc.array(peer, { maxLength: 2 }), ports }, { requiredKeys: [] }), {
        maxLength: 2,
      }),
      egress: fc.array(fc.record({ to: fc.array(peer, { maxLength: 2 }), ports }, { requiredKeys: [] }), {
        maxLength: 2,
      }),
    },
    { requiredKeys: ['podSelector'] },
  ),
});
const IPS = ['10.0.0.1', '10.0.0.2', '10.0.0.4', '10.0.0.5'];
const world = fc.record({
  namespaces: fc.record({ n: labels, m: labels }),
  pods: fc.tuple(
    ...IPS.map((ip) => fc.record({ namespace: fc.constantFrom('n', 'm'), labels, ip: fc.constant(ip) })),
  ),
  policies: fc.array(policy, { maxLength: 4 }),
});

test('the rules do what the API says, whatever the policies', () => {
  let [accepted, dropped] = [0, 0];
  fc.assert(
    fc.property(world, ({ pods, ...rest }) => {
      const named = pods.map((one, index) => ({
        ...one,
        name: `p${index}`,
        ports: index % 2 === 0 ? [{ name: 'http', protocol: 'TCP' as const, port: 443 }] : [],
      }));
      const known = { ...rest, pods: named } as unknown as World;
      const rules = translate(known, ['10.0.0.9']);
      for (const from of [...IPS, '8.8.8.8', '10.0.0.9']) {
        for (const to of [...IPS, '8.8.8.8', '8.8.8.9']) {
          for (const protocol of ['TCP', 'UDP'] as const) {
            for (const number of [80, 443, 9000]) {
              const one = { from, to, protocol, port: number };
              const expected = allows(known, one, ['10.0.0.9']);
              if (expected) accepted++;
              else dropped++;
              if ((verdictOf(rules, one) === 'accept') !== expected) {
                throw new Error(`${JSON.stringify(one)} should be ${expected ? 'accepted' : 'dropped'}`);
              }
            }
          }
        }
      }
    }),
    { numRuns: 400 },
  );
  // Both happen often enough to mean something.
  expect(Math.min(accepted, dropped)).toBeGreaterThan(5_000);
});
