// Who may talk to whom in a tenant's namespace: pure. Nothing, but what a worker (and a gateway of the tenant's own)
// needs. Kubernetes leaves it to the network plugin to enforce this. Why each rule is there: ADR 0021.
import { allOf } from '../../src/admission/providers.ts';
import { labels, MANAGED_BY, type Tenant, tenantNamespace } from '../../src/api/index.ts';
import type { NetworkPolicy } from '../../src/kube/index.ts';
import { parseDatabaseUrl } from '../../src/store/dsn.ts';
import type { LiveTenant } from '../resources.ts';
import {
  anyAddress,
  cidrPeers,
  type EgressRule,
  internet,
  mayBeInside,
  namespaceNamed,
  type Peer,
  tcp,
  whereIs,
} from './network-peers.ts';
import type { NetworkPolicySettings } from './network-settings.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;

export interface NetworkPolicyRequest extends Omit<NetworkPolicySettings, 'enabled'> {
  readonly tenant: LiveTenant;
  /** The namespace was there before its Tenant: what else is in it is left alone. */
  readonly adopted: boolean;
  /** A gateway of the tenant's own is there: the topology says so, or it hands its sessions to a slot. */
  readonly ownGateway: boolean;
  /** Where the gateways of the installation are. */
  readonly systemNamespace: string;
  /** Port of a gateway's Service and of its pod. */
  readonly gatewayPort: number;
  readonly databaseUrl: string | undefined;
  /** URL of the installation's Vault: gateways decrypt bot tokens there, workers have nothing to do with it. */
  readonly vaultAddress?: string | undefined;
}

export const POLICY_NAMES = {
  deny: 'skald-default-deny',
  worker: 'skald-worker',
  gateway: 'skald-gateway',
} as const;

const HEALTH_PORT = 8080;
const HTTPS_PORT = 443;

export function networkPolicies(request: NetworkPolicyRequest): NetworkPolicy[] {
  return [
    policy(request, POLICY_NAMES.deny, {
      podSelector: request.adopted ? { matchLabels: { [labels.managedBy]: MANAGED_BY } } : {},
      policyTypes: ['Ingress', 'Egress'],
    }),
    policy(request, POLICY_NAMES.worker, workers(request)),
    ...(request.ownGateway ? [policy(request, POLICY_NAMES.gateway, ownGateway(request))] : []),
  ];
}

function workers(request: NetworkPolicyRequest): Spec {
  return {
    podSelector: component('worker'),
    policyTypes: ['Ingress', 'Egress'],
    ...metrics(request),
    egress: [
      dns(request),
      { to: gateways(request), ports: [tcp(request.gatewayPort)] },
      ...database(request),
      ...providers(request),
      // Providers, and Discord's voice servers: WSS and UDP, both on any port.
      { to: [...internet(request.clusterCidrs), ...cidrPeers(request.allowedCidrs)] },
    ],
  };
}

function ownGateway(request: NetworkPolicyRequest): Spec {
  const { gatewayPort, apiServer, allowedCidrs, clusterCidrs } = request;
  const from = [
    { podSelector: component('worker') },
    inSystem(request, 'controller'),
    // Interactions over HTTP that a slot has received.
    inSystem(request, 'gateway'),
  ];
  const { ingress = [] } = metrics(request);
  const kubernetes = apiServer.cidrs.length === 0 ? anyAddress() : cidrPeers(apiServer.cidrs);
  return {
    podSelector: component('gateway'),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from, ports: [tcp(gatewayPort)] }, ...ingress],
    egress: [
      dns(request),
      { to: kubernetes, ports: apiServer.ports.map(tcp) },
      ...database(request),
      ...vault(request),
      // Discord's REST API and its gateway.
      { to: internet(clusterCidrs), ports: [tcp(HTTPS_PORT)] },
      ...(allowedCidrs.length === 0 ? [] : [{ to: cidrPeers(allowedCidrs) }]),
    ],
  };
}

function dns({ dns: { namespace, podLabels, cidrs, ports } }: NetworkPolicyRequest): EgressRule {
  const servers = {
    namespaceSelector: namespaceNamed(namespace),
    podSelector: { matchLabels: { ...podLabels } },
  };
  return {
    to: [servers, ...cidrPeers(cidrs)],
    ports: ports.flatMap((port) => [{ protocol: 'UDP', port }, tcp(port)]),
  };
}

/**
 * A slot in either case: when the topology changes, the gateway that served sends running workers to the one that does
 * from now on, over the stream that they have.
 */
function gateways(request: NetworkPolicyRequest): Peer[] {
  const slots = inSystem(request, 'gateway');
  return request.ownGateway ? [{ podSelector: component('gateway') }, slots] : [slots];
}

function database({ databaseUrl, database: { cidrs }, clusterCidrs }: NetworkPolicyRequest): EgressRule[] {
  if (databaseUrl === undefined) return [];
  const { hostname, port } = parseDatabaseUrl(databaseUrl);
  const to = cidrs.length === 0 ? whereIs(hostname, clusterCidrs) : cidrPeers(cidrs);
  return [{ to, ports: [tcp(Number(port || 5432))] }];
}

function vault({ vaultAddress, clusterCidrs }: NetworkPolicyRequest): EgressRule[] {
  const url = vaultAddress === undefined ? null : URL.parse(vaultAddress);
  if (url === null) return [];
  return [{ to: whereIs(url.hostname, clusterCidrs), ports: [tcp(portOf(url))] }];
}

/** The Tenant's own endpoints, and the hosts that it allows, may be inside. */
function providers({ tenant, clusterCidrs }: NetworkPolicyRequest): EgressRule[] {
  const rules = new Map<string, EgressRule>();
  for (const url of endpoints(tenant)) {
    if (!mayBeInside(url.hostname)) continue;
    const port = portOf(url);
    rules.set(`${url.hostname} ${port}`, { to: whereIs(url.hostname, clusterCidrs), ports: [tcp(port)] });
  }
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

function endpoints({ spec }: Pick<Tenant, 'spec'>): URL[] {
  const { allowedHosts = [] } = spec.providers;
  const urls = [
    ...allOf(spec.providers).flatMap(({ baseURL }) => baseURL ?? []),
    // A port that is not named is any scheme's.
    ...allowedHosts.flatMap((host) => [`https://${host}`, `http://${host}`]),
  ];
  return urls.map((text) => URL.parse(text)).filter((url) => url !== null);
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? HTTPS_PORT : 80));
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
