// What the NetworkPolicy API says about one attempt: the meaning that every translation is measured by. It follows the
// API's own text and knows nothing of any firewall. An ipBlock means whatever has the address, a pod too: plugins
// differ there, and this is the looser reading.
import {
  type Attempt,
  concerns,
  inNetwork,
  type Peer,
  type PodFacts,
  type Policy,
  type PolicyPort,
  type Protocol,
  selects,
  type World,
} from './world.ts';

/** @param nodes addresses of the machine that the pods are on: what it sends to its pods passes */
export function allows(world: World, attempt: Attempt, nodes: readonly string[] = []): boolean {
  const from = podAt(world, attempt.from);
  const to = podAt(world, attempt.to);
  if (from !== undefined && from === to) return true;
  return (
    (from === undefined || egressAllowed(world, from, attempt)) &&
    (to === undefined || nodes.includes(attempt.from) || ingressAllowed(world, to, attempt))
  );
}

function egressAllowed(world: World, pod: PodFacts, attempt: Attempt): boolean {
  const policies = policiesFor(world, pod, 'Egress');
  if (policies.length === 0) return true;
  return policies.some(({ namespace, spec: { egress = [] } }) =>
    egress.some(
      ({ to = [], ports = [] }) =>
        (to.length === 0 || to.some((peer) => isPeer(world, peer, namespace, attempt.to))) &&
        (ports.length === 0 || ports.some((port) => isPort(port, attempt, podAt(world, attempt.to)))),
    ),
  );
}

function ingressAllowed(world: World, pod: PodFacts, attempt: Attempt): boolean {
  const policies = policiesFor(world, pod, 'Ingress');
  if (policies.length === 0) return true;
  return policies.some(({ namespace, spec: { ingress = [] } }) =>
    ingress.some(
      ({ from = [], ports = [] }) =>
        (from.length === 0 || from.some((peer) => isPeer(world, peer, namespace, attempt.from))) &&
        (ports.length === 0 || ports.some((port) => isPort(port, attempt, pod))),
    ),
  );
}

function policiesFor(world: World, pod: PodFacts, direction: 'Ingress' | 'Egress'): Policy[] {
  return world.policies.filter(
    ({ namespace, spec }) =>
      namespace === pod.namespace &&
      concerns(spec, direction) &&
      // An absent podSelector is an empty one.
      selects(spec.podSelector ?? {}, pod.labels),
  );
}

function isPeer(world: World, peer: Peer, policyNamespace: string, address: string): boolean {
  if (peer.ipBlock !== undefined) {
    const { cidr, except = [] } = peer.ipBlock;
    return inNetwork(address, cidr) && !except.some((part) => inNetwork(address, part));
  }
  const pod = podAt(world, address);
  if (pod === undefined) return false;
  const namespaceFits =
    peer.namespaceSelector === undefined
      ? pod.namespace === policyNamespace
      : selects(peer.namespaceSelector, world.namespaces[pod.namespace]);
  return namespaceFits && (peer.podSelector === undefined || selects(peer.podSelector, pod.labels));
}

/** @param target the pod that is talked to: a port's name is of its containers */
function isPort(port: PolicyPort, attempt: Attempt, target: PodFacts | undefined): boolean {
  const protocol: Protocol | 'SCTP' = (port.protocol ?? 'TCP') as Protocol;
  if (protocol !== attempt.protocol) return false;
  const value: unknown = port.port;
  if (value === undefined) return true;
  if (typeof value === 'number') return attempt.port >= value && attempt.port <= (port.endPort ?? value);
  return (
    target?.ports.some(
      (one) => one.name === value && one.protocol === attempt.protocol && one.port === attempt.port,
    ) ?? false
  );
}

function podAt(world: World, address: string): PodFacts | undefined {
  return world.pods.find(({ ip }) => ip === address);
}
