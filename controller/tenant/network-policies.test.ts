import { describe, expect, test } from 'vitest';
import type { Tenant } from '../../src/api/index.ts';
import type { NetworkPolicy } from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';
import { tenant as base } from '../voicesession/fixtures.ts';
import { type NetworkPolicyRequest, networkPolicies } from './network-policies.ts';
import { networkPolicySettings } from './network-settings.ts';

function policiesOf(spec: Partial<Tenant['spec']> = {}, changes: Partial<NetworkPolicyRequest> = {}) {
  const tenant: LiveTenant = {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'acme', uid: 'uid-acme', resourceVersion: '1' },
    spec: { ...base.spec, ...spec },
  };
  const all = networkPolicies({
    tenant,
    adopted: false,
    ownGateway: tenant.spec.topology === 'dedicated',
    ...networkPolicySettings.parse({}),
    systemNamespace: 'skald-system',
    gatewayPort: 8443,
    databaseUrl: undefined,
    ...changes,
  });
  const policies: Record<string, NetworkPolicy['spec']> = {};
  for (const { metadata, spec: one } of all) policies[metadata?.name ?? ''] = one;
  return policies;
}
const egress = (...parts: Parameters<typeof policiesOf>) =>
  policiesOf(...parts)['skald-worker']?.egress ?? [];
/** The rules to these ports, and no others. */
const to = (port: number, ...parts: Parameters<typeof policiesOf>) =>
  egress(...parts).filter(({ ports }) => ports?.length === 1 && ports[0]?.port === port);

test('nothing is allowed in a namespace of ours, and nothing of ours in one that was adopted', () => {
  expect(policiesOf()['skald-default-deny']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  expect(policiesOf({}, { adopted: true })['skald-default-deny']?.podSelector).toEqual({
    matchLabels: { 'app.kubernetes.io/managed-by': 'skald' },
  });
});

describe('a worker', () => {
  test('is reached by nobody but who reads metrics', () => {
    const monitoring = { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } };
    expect(policiesOf()['skald-worker']).toMatchObject({
      podSelector: { matchLabels: { 'skald.dev/component': 'worker' } },
      ingress: [{ from: [{ namespaceSelector: monitoring }], ports: [{ protocol: 'TCP', port: 8080 }] }],
    });
    expect(policiesOf({}, { monitoringNamespaces: [] })['skald-worker']?.ingress).toBeUndefined();
  });

  test('reaches the cluster’s DNS, and no other pod on its port', () => {
    const servers = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    };
    expect(egress()[0]).toEqual({
      to: [servers, { ipBlock: { cidr: '169.254.20.10/32' } }],
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    });
    const dns = {
      namespace: 'openshift-dns',
      podLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
      cidrs: [],
      ports: [5353],
    };
    expect(egress({}, { dns })[0]).toMatchObject({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
          podSelector: { matchLabels: dns.podLabels },
        },
      ],
      ports: [{ port: 5353 }, { port: 5353 }],
    });
  });

  test('reaches the gateways of the installation', () => {
    expect(to(8443)).toEqual([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'skald-system' } },
            podSelector: { matchLabels: { 'skald.dev/component': 'gateway' } },
          },
        ],
        ports: [{ protocol: 'TCP', port: 8443 }],
      },
    ]);
  });

  test('reaches the Internet on any port, UDP too, and no private network', () => {
    const [open] = egress().filter(({ ports }) => ports === undefined);
    expect(open?.to).toHaveLength(2);
    expect(open?.to?.[0]?.ipBlock?.except).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '192.168.0.0/16', '168.63.129.16/32']),
    );
    // NAT64 leads to IPv4: not to its private networks.
    expect(open?.to?.[1]?.ipBlock?.except).toEqual(
      expect.arrayContaining(['fc00::/7', 'fe80::/10', '64:ff9b::a9fe:0/112', '64:ff9b::a00:0/104']),
    );
  });

  test('does not reach the cluster’s own networks where these are public addresses', () => {
    const clusterCidrs = ['20.30.0.0/16', '2001:db8:1::/56'];
    const [open] = egress({}, { clusterCidrs }).filter(({ ports }) => ports === undefined);
    expect(open?.to?.[0]?.ipBlock?.except).toContain('20.30.0.0/16');
    expect(open?.to?.[0]?.ipBlock?.except).not.toContain('2001:db8:1::/56');
    expect(open?.to?.[1]?.ipBlock?.except).toContain('2001:db8:1::/56');
  });

  test('reaches what the installation allows besides', () => {
    const [open] = egress({}, { allowedCidrs: ['10.244.0.1/32'] }).filter(({ ports }) => ports === undefined);
    expect(open?.to).toContainEqual({ ipBlock: { cidr: '10.244.0.1/32' } });
  });

  test('reaches its database: an address alone, or a name wherever it may be', () => {
    const at = (host: string) => to(6543, {}, { databaseUrl: `postgres://u:p@${host}:6543/skald` })[0]?.to;
    expect(at('10.1.2.3')).toEqual([{ ipBlock: { cidr: '10.1.2.3/32' } }]);
    expect(at('[fd00::1]')).toEqual([{ ipBlock: { cidr: 'fd00::1/128' } }]);
    const data = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'data' } } };
    expect(at('db.data.svc')).toEqual([data]);
    expect(at('db.data.svc.cluster.local')).toEqual([data]);
    expect(at('db.data')).toContainEqual({ namespaceSelector: {} });
    expect(at('db.example.com')).not.toContainEqual({ namespaceSelector: {} });
    expect(at('db.example.com')).toContainEqual({ ipBlock: { cidr: '10.0.0.0/8' } });
    expect(to(5432, {}, { databaseUrl: 'postgres://u:p@db/skald' })).toHaveLength(1);
    const database = { cidrs: ['10.7.0.0/24'] };
    expect(to(5432, {}, { databaseUrl: 'postgres://u:p@db.example.com/skald', database })[0]?.to).toEqual([
      { ipBlock: { cidr: '10.7.0.0/24' } },
    ]);
  });

  test('reaches providers inside; those in the Internet need no rule', () => {
    const llm = (baseURL: string) => ({ providers: { llm: { kind: 'openai', baseURL } } }) as const;
    expect(to(11434, llm('http://ollama.ai.svc:11434/v1'))[0]?.to).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ai' } } },
    ]);
    expect(to(8000, llm('http://10.9.8.7:8000/v1'))[0]?.to).toEqual([{ ipBlock: { cidr: '10.9.8.7/32' } }]);
    expect(to(443, llm('https://api.openai.com/v1'))).toEqual([]);
  });

  test('reaches a host inside that campaigns may name', () => {
    expect(to(9000, { providers: { allowedHosts: ['192.168.7.7:9000'] } })[0]?.to).toEqual([
      { ipBlock: { cidr: '192.168.7.7/32' } },
    ]);
  });
});

test('a gateway of the tenant’s own is reached by its workers, the controller and the slots', () => {
  const own = policiesOf({ topology: 'dedicated' });
  const system = { matchLabels: { 'kubernetes.io/metadata.name': 'skald-system' } };
  expect(own['skald-gateway']?.ingress?.[0]).toEqual({
    from: [
      { podSelector: { matchLabels: { 'skald.dev/component': 'worker' } } },
      { namespaceSelector: system, podSelector: { matchLabels: { 'skald.dev/component': 'controller' } } },
      // Slots, with interactions that they have received.
      { namespaceSelector: system, podSelector: { matchLabels: { 'skald.dev/component': 'gateway' } } },
    ],
    ports: [{ protocol: 'TCP', port: 8443 }],
  });
  // The slots, too: one of these may hand its running workers over.
  expect(to(8443, { topology: 'dedicated' })[0]?.to).toEqual([
    { podSelector: { matchLabels: { 'skald.dev/component': 'gateway' } } },
    { namespaceSelector: system, podSelector: { matchLabels: { 'skald.dev/component': 'gateway' } } },
  ]);
  // One that is on its way out keeps its policy while it has workers to hand over.
  expect(policiesOf({}, { ownGateway: true })['skald-gateway']).toEqual(own['skald-gateway']);
  expect(policiesOf()['skald-gateway']).toBeUndefined();
});

describe('a gateway of the tenant’s own', () => {
  const rules = (changes: Partial<NetworkPolicyRequest> = {}) =>
    policiesOf({ topology: 'dedicated' }, changes)['skald-gateway']?.egress ?? [];
  const ports = (changes?: Partial<NetworkPolicyRequest>) =>
    rules(changes).map((rule) => rule.ports?.map(({ port }) => port));

  test('reaches DNS, the API server and Discord, each on its ports, and nothing on any port', () => {
    expect(ports()).toEqual([[53, 53], [443, 6443], [443]]);
    expect(rules()[1]?.to).toEqual([
      { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
      { ipBlock: { cidr: '::/0', except: ['fe80::/10', 'fd00:ec2::254/128'] } },
    ]);
    const apiServer = { cidrs: ['10.0.0.4/32'], ports: [6443] };
    expect(rules({ apiServer })[1]).toEqual({
      to: [{ ipBlock: { cidr: '10.0.0.4/32' } }],
      ports: [{ protocol: 'TCP', port: 6443 }],
    });
  });

  test('reaches its database and Vault where there are such', () => {
    const vaultAddress = 'https://vault.vault.svc:8200';
    expect(ports({ databaseUrl: 'postgres://u:p@10.1.2.3/skald', vaultAddress })).toContainEqual([5432]);
    expect(rules({ vaultAddress })).toContainEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'vault' } } }],
      ports: [{ protocol: 'TCP', port: 8200 }],
    });
    // Workers have nothing to do with it.
    expect(to(8200, {}, { vaultAddress })).toEqual([]);
  });
});
