// NetworkPolicies as rules: pure. Each pod that is isolated in a direction has a chain for it; each way that is allowed
// is a rule that returns from the chain; what reaches its end is dropped.
import { isIPv4 } from 'node:net';
import type { Chain, Condition, Rule, Ruleset } from './ruleset.ts';
import {
  concerns,
  type Peer,
  type PodFacts,
  type Policy,
  type PolicyPort,
  type Protocol,
  selects,
  type World,
} from './world.ts';

type Direction = 'Ingress' | 'Egress';
/** Where the other side is: conditions on one address; undefined: anywhere. */
interface Place {
  readonly conditions: readonly Condition[];
  /** Set when it is one pod. */
  readonly pod?: PodFacts;
}

/** @param nodes addresses of this machine: what it sends to its pods passes */
export function translate(world: World, nodes: readonly string[] = []): Ruleset {
  const chains: Chain[] = [];
  // A pod reaches itself, through its Service, too.
  const judge: Rule[] = world.pods.map(({ ip }) => ({
    conditions: [at('from', ip), at('to', ip)],
    verdict: 'accept',
  }));
  for (const direction of ['Egress', 'Ingress'] as const) {
    if (direction === 'Ingress') {
      for (const node of nodes) judge.push({ conditions: [at('from', node)], verdict: 'accept' });
    }
    for (const pod of world.pods) {
      const policies = policiesFor(world, pod, direction);
      if (policies.length === 0) continue;
      const name = `${direction === 'Egress' ? 'out' : 'in'}-${pod.ip}`;
      const rules = distinct(policies.flatMap((policy) => allowed(world, policy, pod, direction)));
      chains.push({
        name,
        comment: `${pod.namespace}/${pod.name}`,
        rules: [...rules, { conditions: [], verdict: 'drop' }],
      });
      judge.push({
        conditions: [at(direction === 'Egress' ? 'from' : 'to', pod.ip)],
        verdict: { jump: name },
      });
    }
  }
  return { judge, chains };
}

function policiesFor({ policies }: World, pod: PodFacts, direction: Direction): Policy[] {
  return policies.filter(
    ({ namespace, spec }) =>
      namespace === pod.namespace && concerns(spec, direction) && selects(spec.podSelector ?? {}, pod.labels),
  );
}

/** What one policy allows the pod in one direction. */
function allowed(world: World, { namespace, spec }: Policy, pod: PodFacts, direction: Direction): Rule[] {
  const rules =
    direction === 'Egress'
      ? (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
      : (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
  const side = direction === 'Egress' ? 'to' : 'from';
  return rules.flatMap(({ peers = [], ports = [] }) => {
    const named = ports.some(({ port }) => typeof port === 'string');
    const places: Place[] =
      peers.length === 0
        ? [{ conditions: [] }, ...(named ? world.pods.map((one) => podPlace(one, side)) : [])]
        : peers.flatMap((peer) => placesOf(world, peer, namespace, side, named));
    return places.flatMap((place) => {
      const target = direction === 'Ingress' ? pod : place.pod;
      const ways = ports.length === 0 ? [[]] : ports.flatMap((port) => portConditions(port, target));
      return ways.map((way): Rule => ({ conditions: [...place.conditions, ...way], verdict: 'return' }));
    });
  });
}

function placesOf(
  world: World,
  { ipBlock, namespaceSelector, podSelector }: Peer,
  policyNamespace: string,
  side: 'from' | 'to',
  named: boolean,
): Place[] {
  if (ipBlock !== undefined) {
    const { cidr, except = [] } = ipBlock;
    if (!isIPv4(cidr.split('/')[0] ?? '')) return [];
    const outside = except.map((part): Condition => ({ kind: side, cidr: part, not: true }));
    const block: Place = { conditions: [{ kind: side, cidr }, ...outside] };
    // A port's name means something at a pod only, and the block may hold some.
    return named
      ? [block, ...world.pods.map((pod) => ({ conditions: [...block.conditions, at(side, pod.ip)], pod }))]
      : [block];
  }
  return world.pods
    .filter(
      (pod) =>
        (namespaceSelector === undefined
          ? pod.namespace === policyNamespace
          : selects(namespaceSelector, world.namespaces[pod.namespace])) &&
        (podSelector === undefined || selects(podSelector, pod.labels)),
    )
    .map((pod) => podPlace(pod, side));
}

function podPlace(pod: PodFacts, side: 'from' | 'to'): Place {
  return { conditions: [at(side, pod.ip)], pod };
}

/** Alternatives; none: nothing has such a port. */
function portConditions(
  { protocol = 'TCP', port, endPort }: PolicyPort,
  target: PodFacts | undefined,
): Condition[][] {
  if (protocol !== 'TCP' && protocol !== 'UDP') return [];
  const wire = protocol === 'TCP' ? 'tcp' : 'udp';
  const value: unknown = port;
  if (value === undefined) return [[{ kind: 'protocol', protocol: wire }]];
  if (typeof value === 'number') {
    return [[{ kind: 'port', protocol: wire, first: value, last: endPort ?? value }]];
  }
  const own = (target?.ports ?? []).filter(
    (one) => one.name === value && sameProtocol(one.protocol, protocol),
  );
  return own.map(({ port: number }) => [{ kind: 'port', protocol: wire, first: number, last: number }]);
}

function sameProtocol(one: Protocol, other: string): boolean {
  return one === other;
}

function at(kind: 'from' | 'to', ip: string): Condition {
  return { kind, cidr: `${ip}/32` };
}

function distinct(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}
