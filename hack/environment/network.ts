// What an installer would look up for the chart's NetworkPolicies.
import type { EnvironmentInfo } from './environment.ts';
import type { Kubectl } from './kubectl.ts';

interface Slices {
  readonly items: readonly {
    readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
    readonly ports?: readonly { readonly port?: number }[];
  }[];
}

/** Values of `networkPolicy`. */
export async function networkValues(kubectl: Kubectl, info: EnvironmentInfo): Promise<object> {
  const [apiServer, dns] = await Promise.all([
    behind(kubectl, 'default', 'kubernetes'),
    behind(kubectl, 'kube-system', 'kube-dns'),
  ]);
  const database = new URL(info.databaseUrl);
  return {
    apiServer: { cidrs: apiServer.addresses.map(single), ports: apiServer.ports },
    // A kind cluster's or a cloud's DNS listens on 53, the local one's on another.
    dns: { ports: [...new Set([53, ...dns.ports])] },
    database: { cidrs: [single(info.hostAddress)], ports: [Number(database.port || 5432)] },
    // The simulator and the language model's double.
    allowedCidrs: [single(info.hostAddress)],
  };
}

/** The addresses and ports that a Service leads to. */
async function behind(
  kubectl: Kubectl,
  namespace: string,
  service: string,
): Promise<{ readonly addresses: string[]; readonly ports: number[] }> {
  const selector = `kubernetes.io/service-name=${service}`;
  const { items } = (await kubectl.json([
    ...['get', 'endpointslices', '--namespace', namespace, '--selector', selector],
  ])) as Slices;
  const addresses = items.flatMap(({ endpoints }) => (endpoints ?? []).flatMap((one) => one.addresses));
  const ports = items.flatMap(({ ports: all }) => (all ?? []).flatMap(({ port }) => port ?? []));
  return { addresses: [...new Set(addresses)], ports: [...new Set(ports)] };
}

function single(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
