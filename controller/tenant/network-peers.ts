// Who is meant by an address or a name, as peers of a NetworkPolicy: pure.
import { isIP } from 'node:net';
import type { NetworkPolicy } from '../../src/kube/index.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;
export type EgressRule = NonNullable<Spec['egress']>[number];
export type Peer = NonNullable<EgressRule['to']>[number];
export type Port = NonNullable<EgressRule['ports']>[number];

/**
 * Not the Internet: clusters, offices, this machine, clouds' metadata services (169.254.169.254; Azure's
 * 168.63.129.16; Oracle's 192.0.0.192), what nobody may be assigned.
 */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;
/** The same; 64:ff9b:: is how NAT64 writes IPv4, private networks and metadata services included. */
const NOT_PUBLIC_V6 = [
  '::/127',
  '64:ff9b::/104',
  '64:ff9b::a00:0/104',
  '64:ff9b::6440:0/106',
  '64:ff9b::7f00:0/104',
  '64:ff9b::a83f:8110/128',
  '64:ff9b::a9fe:0/112',
  '64:ff9b::ac10:0/108',
  '64:ff9b::c000:0/120',
  '64:ff9b::c0a8:0/112',
  '64:ff9b:1::/48',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const;

/** Private networks in which there may be a provider or a database. */
const OFFICES = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] as const;
/** A machine's own, and the metadata service that has the node's credentials. */
const LINK_LOCAL_V4 = '169.254.0.0/16';
const LINK_LOCAL_V6 = 'fe80::/10';
/** The same service where it has an address of the private networks. */
const METADATA_V6 = 'fd00:ec2::254/128';

/** Pods of any namespace. */
const CLUSTER: Peer = { namespaceSelector: {} };

/** @param clusterCidrs further networks that are the cluster's */
export function internet(clusterCidrs: readonly string[]): Peer[] {
  const own = (version: 4 | 6): string[] => clusterCidrs.filter((cidr) => versionOf(cidr) === version);
  return [
    { ipBlock: { cidr: '0.0.0.0/0', except: distinct([...NOT_PUBLIC_V4, ...own(4)]) } },
    { ipBlock: { cidr: '::/0', except: distinct([...NOT_PUBLIC_V6, ...own(6)]) } },
  ];
}

/** Any address that a server may have: never a link-local one, so never a metadata service. */
export function anyAddress(): Peer[] {
  return [
    { ipBlock: { cidr: '0.0.0.0/0', except: [LINK_LOCAL_V4] } },
    { ipBlock: { cidr: '::/0', except: [LINK_LOCAL_V6, METADATA_V6] } },
  ];
}

/**
 * Where a host of a URL may be. An address means itself. A Service's name means its namespace. A public name may lead
 * into a private network; any other name may be a Service's, too.
 */
export function whereIs(hostname: string, clusterCidrs: readonly string[]): Peer[] {
  const host = bare(hostname);
  const version = isIP(host);
  if (version !== 0) return [{ ipBlock: { cidr: `${host}/${version === 4 ? 32 : 128}` } }];
  const namespace = /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(host)?.[1];
  if (namespace !== undefined) return [{ namespaceSelector: namespaceNamed(namespace) }];
  const outside = [...cidrPeers(OFFICES), ...internet(clusterCidrs)];
  // `db`, `db.data` and `llm.internal` may be Services by the resolver's search path; `db.example.com` cannot.
  return host.split('.').length > 2 ? outside : [CLUSTER, ...outside];
}

/** False for names that can only be found in the Internet: these need no rule of their own. */
export function mayBeInside(hostname: string): boolean {
  const host = bare(hostname);
  return (
    isIP(host) !== 0 || !host.includes('.') || /\.(svc|local|internal|lan|home|corp|intranet)$/.test(host)
  );
}

export function cidrPeers(networks: readonly string[]): Peer[] {
  return networks.map((cidr) => ({ ipBlock: { cidr } }));
}

export function namespaceNamed(name: string): NonNullable<Peer['namespaceSelector']> {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

export function tcp(port: number): Port {
  return { protocol: 'TCP', port };
}

/** A URL has IPv6 addresses in brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function versionOf(cidr: string): number {
  return isIP(cidr.split('/')[0] ?? '');
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
