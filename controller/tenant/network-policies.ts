// Who may talk to whom in a tenant's namespace: pure. Nothing, but what a worker (and a gateway of the tenant's own)
// needs. Kubernetes leaves it to the network plugin to enforce this.
import { isIP } from 'node:net';
import { labels, MANAGED_BY, type Tenant, tenantNamespace } from '../../src/api/index.ts';
import type { NetworkPolicy } from '../../src/kube/index.ts';
import { parseDatabaseUrl } from '../../src/store/dsn.ts';
import type { LiveTenant } from '../resources.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;
type EgressRule = NonNullable<Spec['egress']>[number];
type Peer = NonNullable<EgressRule['to']>[number];
type Port = NonNullable<EgressRule['ports']>[number];

export interface NetworkPolicyRequest {
  readonly tenant: LiveTenant;
  /** The namespace was there before its Tenant: what else is in it is left alone. */
  readonly adopted: boolean;
  /** Where the gateways of the installation are. */
  readonly systemNamespace: string;
  /** Port of a gateway's Service and of its pod. */
  readonly gatewayPort: number;
  readonly databaseUrl: string | undefined;
  /** Namespaces whose pods may read metrics. */
  readonly monitoringNamespaces: readonly string[];
  /** Networks besides the Internet that workers and gateways may reach, any port. */
  readonly allowedCidrs: readonly string[];
}

export const POLICY_NAMES = {
  deny: 'skald-default-deny',
  worker: 'skald-worker',
  gateway: 'skald-gateway',
} as const;

/** Not the Internet: clusters, offices, this machine, clouds' metadata services. */
const PRIVATE_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
] as const;
const PRIVATE_V6 = ['::1/128', 'fc00::/7', 'fe80::/10'] as const;
/** Private networks in which there may be a provider or a database. */
const OFFICES = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] as const;
/** Where node-local DNS caches listen by convention. */
const NODE_LOCAL_DNS = '169.254.20.10/32';

const INTERNET: readonly Peer[] = [
  { ipBlock: { cidr: '0.0.0.0/0', except: [...PRIVATE_V4] } },
  { ipBlock: { cidr: '::/0', except: [...PRIVATE_V6] } },
];
const CLUSTER: Peer = { namespaceSelector: {} };
const HEALTH_PORT = 8080;

export function networkPolicies(request: NetworkPolicyRequest): NetworkPolicy[] {
  return [
    policy(request, POLICY_NAMES.deny, {
      podSelector: request.adopted ? { matchLabels: { [labels.managedBy]: MANAGED_BY } } : {},
      policyTypes: ['Ingress', 'Egress'],
    }),
    policy(request, POLICY_NAMES.worker, workers(request)),
    ...(request.tenant.spec.topology === 'dedicated'
      ? [policy(request, POLICY_NAMES.gateway, ownGateway(request))]
      : []),
  ];
}

function workers(request: NetworkPolicyRequest): Spec {
  return {
    podSelector: component('worker'),
    policyTypes: ['Ingress', 'Egress'],
    ...metrics(request),
    egress: [
      dns(),
      { to: gateways(request), ports: [tcp(request.gatewayPort)] },
      ...database(request),
      ...providers(request.tenant),
      // Providers, and Discord's voice servers: WSS and UDP, both on any port.
      { to: [...INTERNET, ...cidrs(request.allowedCidrs)] },
    ],
  };
}

/** The Kubernetes API may be at any address and port; the rest as for workers. */
function ownGateway(request: NetworkPolicyRequest): Spec {
  const from = [{ podSelector: component('worker') }, inSystem(request, 'controller')];
  const { ingress = [] } = metrics(request);
  return {
    podSelector: component('gateway'),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from, ports: [tcp(request.gatewayPort)] }, ...ingress],
    egress: [
      dns(),
      {
        to: [
          CLUSTER,
          { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
          { ipBlock: { cidr: '::/0', except: ['fe80::/10'] } },
        ],
      },
    ],
  };
}

function dns(): EgressRule {
  const to = [CLUSTER, { ipBlock: { cidr: NODE_LOCAL_DNS } }];
  return { to, ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] };
}

function gateways(request: NetworkPolicyRequest): Peer[] {
  return request.tenant.spec.topology === 'dedicated'
    ? [{ podSelector: component('gateway') }]
    : [inSystem(request, 'gateway')];
}

function database({ databaseUrl }: NetworkPolicyRequest): EgressRule[] {
  if (databaseUrl === undefined) return [];
  const { hostname, port } = parseDatabaseUrl(databaseUrl);
  return [{ to: anywhereInside(hostname), ports: [tcp(Number(port || 5432))] }];
}

/** The Tenant's own endpoints, and the hosts that it allows, may be inside. */
function providers({ spec }: Pick<Tenant, 'spec'>): EgressRule[] {
  const { stt, llm, tts, allowedHosts = [] } = spec.providers;
  const urls = [
    ...[stt, llm, tts].flatMap((provider) => provider?.baseURL ?? []),
    // A port that is not named is any scheme's.
    ...allowedHosts.flatMap((host) => [`https://${host}`, `http://${host}`]),
  ];
  const rules = new Map<string, EgressRule>();
  for (const text of urls) {
    const url = URL.parse(text);
    if (url === null || !isInside(bare(url.hostname))) continue;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    rules.set(`${url.hostname} ${port}`, { to: anywhereInside(url.hostname), ports: [tcp(port)] });
  }
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** An address means itself; a name may be a Service's or a machine's in a private network. */
function anywhereInside(hostname: string): Peer[] {
  const host = bare(hostname);
  const version = isIP(host);
  if (version !== 0) return [{ ipBlock: { cidr: `${host}/${version === 4 ? 32 : 128}` } }];
  return [CLUSTER, ...cidrs(OFFICES), ...INTERNET];
}

/** A URL has IPv6 addresses in brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** False for names that can only be found in the Internet: these need no rule of their own. */
function isInside(host: string): boolean {
  return (
    isIP(host) !== 0 || !host.includes('.') || /\.(svc|local|internal|lan|home|corp|intranet)$/.test(host)
  );
}

function metrics({ monitoringNamespaces }: NetworkPolicyRequest): Pick<Spec, 'ingress'> {
  if (monitoringNamespaces.length === 0) return {};
  const from = monitoringNamespaces.map((name) => ({ namespaceSelector: namespaceNamed(name) }));
  return { ingress: [{ from, ports: [tcp(HEALTH_PORT)] }] };
}

function inSystem({ systemNamespace }: NetworkPolicyRequest, name: string): Peer {
  return { namespaceSelector: namespaceNamed(systemNamespace), podSelector: component(name) };
}

function component(name: string): NonNullable<Spec['podSelector']> {
  return { matchLabels: { [labels.component]: name } };
}

function namespaceNamed(name: string): NonNullable<Peer['namespaceSelector']> {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

function cidrs(networks: readonly string[]): Peer[] {
  return networks.map((cidr) => ({ ipBlock: { cidr } }));
}

function tcp(port: number): Port {
  return { protocol: 'TCP', port };
}

function policy({ tenant }: NetworkPolicyRequest, name: string, spec: Spec): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name,
      namespace: tenantNamespace(tenant),
      labels: { [labels.managedBy]: MANAGED_BY, [labels.tenant]: tenant.metadata.name },
    },
    spec,
  };
}
