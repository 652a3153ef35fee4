// The NetworkPolicies of controller and gateways: what is in them, and that they say the same as those of tenants.
import { describe, expect, test } from 'vitest';
import { anyAddress, internet } from '../../../controller/tenant/network-peers.ts';
import type { NetworkPolicy } from '../../../src/kube/index.ts';
import { type ChartObject, chartObjects, find } from './objects.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;

async function policies(...sets: readonly string[]): Promise<Record<'controller' | 'gateway', Spec>> {
  const objects = await chartObjects(...sets);
  const spec = (name: string): Spec => {
    const found: ChartObject & { spec?: unknown } = find(objects, 'NetworkPolicy', name);
    return found.spec as Spec;
  };
  return { controller: spec('skald-controller'), gateway: spec('skald-gateway') };
}
const ports = ({ egress = [] }: Spec) => egress.map((rule) => rule.ports?.map(({ port }) => port));
const rulesTo = ({ egress = [] }: Spec, port: number) =>
  egress.filter((rule) => rule.ports?.some((one) => one.port === port));

const named = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
const TENANTS = { matchExpressions: [{ key: 'skald.dev/tenant', operator: 'Exists' }] };

describe('controller and gateways', () => {
  test('reach DNS, the API server, the database and each their own, and nothing on any port', async () => {
    const { controller, gateway } = await policies('database.existingSecret=db');
    expect(ports(controller)).toEqual([[53, 53], [443, 6443], [5432], [8443]]);
    expect(ports(gateway)).toEqual([[53, 53], [443, 6443], [5432], [443]]);
    expect(rulesTo(controller, 6443)[0]?.to).toEqual(anyAddress());
  });

  test('reach no database when there is none', async () => {
    const { controller, gateway } = await policies();
    expect([...rulesTo(controller, 5432), ...rulesTo(gateway, 5432)]).toEqual([]);
  });

  test('are reached by those who read metrics, and gateways by workers and the controller', async () => {
    const { controller, gateway } = await policies();
    const metrics = {
      from: [{ namespaceSelector: named('monitoring') }],
      ports: [{ protocol: 'TCP', port: 8080 }],
    };
    expect(controller.ingress).toEqual([metrics]);
    expect(gateway.ingress).toEqual([
      {
        from: [
          { namespaceSelector: TENANTS, podSelector: { matchLabels: { 'skald.dev/component': 'worker' } } },
          { podSelector: { matchLabels: expect.objectContaining({ 'skald.dev/component': 'controller' }) } },
        ],
        ports: [{ protocol: 'TCP', port: 8443 }],
      },
      metrics,
    ]);
    const nobody = await policies('networkPolicy.monitoringNamespaces=null');
    expect(nobody.controller.ingress ?? []).toEqual([]);
  });

  test('with the endpoint for interactions gateways are reached by who is named, and reach one another', async () => {
    const { gateway } = await policies('interactions.enabled=true', 'interactions.fromCidrs={10.1.0.0/16}');
    expect(gateway.ingress).toContainEqual({
      from: [{ namespaceSelector: named('ingress-nginx') }, { ipBlock: { cidr: '10.1.0.0/16' } }],
      ports: [{ protocol: 'TCP', port: 8081 }],
    });
    const slots = {
      podSelector: { matchLabels: expect.objectContaining({ 'skald.dev/component': 'gateway' }) },
    };
    const own = {
      namespaceSelector: TENANTS,
      podSelector: { matchLabels: { 'skald.dev/component': 'gateway' } },
    };
    expect(gateway.ingress?.[0]?.from).toContainEqual(slots);
    expect(rulesTo(gateway, 8443)).toEqual([{ to: [slots, own], ports: [{ protocol: 'TCP', port: 8443 }] }]);
    const nobody = await policies('interactions.enabled=true', 'interactions.fromNamespaces=null');
    expect(JSON.stringify(nobody.gateway.ingress)).not.toContain('8081');
  });

  test('mean the same Internet as the operator does', async () => {
    const { gateway } = await policies('networkPolicy.clusterCidrs={20.30.0.0/16,2001:db8::/32}');
    expect(gateway.egress?.at(-1)).toEqual({
      to: internet(['20.30.0.0/16', '2001:db8::/32']),
      ports: [{ protocol: 'TCP', port: 443 }],
    });
  });

  test('follow what is known of the cluster', async () => {
    const { controller, gateway } = await policies(
      'database.existingSecret=db',
      'networkPolicy.apiServer.cidrs={10.0.0.4/32}',
      'networkPolicy.apiServer.ports={6443}',
      'networkPolicy.database.cidrs={10.7.0.0/24}',
      'networkPolicy.database.ports={6543}',
      'networkPolicy.allowedCidrs={10.9.9.9/32}',
    );
    for (const spec of [controller, gateway]) {
      expect(rulesTo(spec, 6443)).toEqual([
        { to: [{ ipBlock: { cidr: '10.0.0.4/32' } }], ports: [{ protocol: 'TCP', port: 6443 }] },
      ]);
      expect(rulesTo(spec, 6543)).toEqual([
        { to: [{ ipBlock: { cidr: '10.7.0.0/24' } }], ports: [{ protocol: 'TCP', port: 6543 }] },
      ]);
    }
    // A proxy between the gateways and Discord; the controller has no business there.
    expect(gateway.egress).toContainEqual({ to: [{ ipBlock: { cidr: '10.9.9.9/32' } }] });
    expect(JSON.stringify(controller)).not.toContain('10.9.9.9');
  });

  test.each([
    ['https://vault.vault.svc:8200', 8200, [{ namespaceSelector: named('vault') }]],
    ['http://10.1.2.3', 80, [{ ipBlock: { cidr: '10.1.2.3/32' } }]],
    ['https://vault.example.org', 443, [{ namespaceSelector: {} }, ...anyAddress()]],
  ])('reach the Vault at %s', async (url, port, to) => {
    const { controller, gateway } = await policies(`vault.address=${url}`);
    const rule = { to, ports: [{ protocol: 'TCP', port }] };
    expect(controller.egress).toContainEqual(rule);
    expect(gateway.egress).toContainEqual(rule);
  });

  test('are not made where NetworkPolicies are switched off', async () => {
    const objects = await chartObjects('networkPolicy.enabled=false');
    expect(objects.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
  });
});
