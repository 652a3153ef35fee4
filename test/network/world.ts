// What a NetworkPolicy is judged by: policies, namespaces and pods as plain values, and one attempt to talk.
import { isIPv4 } from 'node:net';
import type { NetworkPolicy } from '../../src/kube/index.ts';

export type PolicySpec = NonNullable<NetworkPolicy['spec']>;
export type Peer = NonNullable<NonNullable<PolicySpec['egress']>[number]['to']>[number];
export type PolicyPort = NonNullable<NonNullable<PolicySpec['egress']>[number]['ports']>[number];
type Selector = NonNullable<PolicySpec['podSelector']>;
type Strings = Readonly<Record<string, string>>;

export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Strings;
  /** IPv4. */
  readonly ip: string;
  /** Container ports that have a name. */
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
}

export interface Policy {
  readonly namespace: string;
  readonly spec: PolicySpec;
}

export interface World {
  /** Labels by name. */
  readonly namespaces: Readonly<Record<string, Strings>>;
  readonly pods: readonly PodFacts[];
  readonly policies: readonly Policy[];
}

export type Protocol = 'TCP' | 'UDP';

/** The first packet of a connection, with the addresses that are left when Services have been translated. */
export interface Attempt {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** An absent selector selects nothing here; `{}` selects everything. */
export function selects(selector: Selector | undefined, labels: Strings = {}): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          throw new Error(`unknown operator ${operator}`);
      }
    })
  );
}

/** Whether a policy is about this direction: what it says, else what the API server would fill in. */
export function concerns({ policyTypes, egress }: PolicySpec, direction: 'Ingress' | 'Egress'): boolean {
  if (policyTypes !== undefined && policyTypes.length > 0) return policyTypes.includes(direction);
  return direction === 'Ingress' || egress !== undefined;
}

/** Whether an IPv4 address lies in an IPv4 network; an IPv6 network holds none. */
export function inNetwork(address: string, cidr: string): boolean {
  const [network = '', bits = '32'] = cidr.split('/');
  if (!isIPv4(network)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(address) / size) === Math.floor(numberOf(network) / size);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
