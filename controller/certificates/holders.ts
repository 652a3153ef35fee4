// Who has a certificate of Skald's, as the Secrets say: gateways in the system namespace, workers and tenants' own
// gateways in the tenants'. Asked only while authorities change.
import { labels, MANAGED_BY } from '../../src/api/index.ts';
import { type Client, isForbidden, isNotFound, type ObjectKey, secrets } from '../../src/kube/index.ts';
import { secretText } from './secrets.ts';

export interface Holder {
  /** namespace/name of the Secret. */
  readonly name: string;
  readonly certPem: string;
  readonly caPem: string;
}

export interface HoldersOptions {
  readonly client: Client;
  readonly systemNamespace: string;
  /**
   * Secrets in tenants' namespaces that count: of workers and of tenants' own gateways. Others there are not looked at,
   * or whoever may write Secrets in a tenant's namespace could hold up a change of authorities.
   */
  readonly tenantSecrets: () => Iterable<ObjectKey>;
}

export async function listHolders(options: HoldersOptions, signal?: AbortSignal): Promise<Holder[]> {
  const names = new Map<string, Set<string>>();
  for (const { namespace = '', name } of options.tenantSecrets()) {
    names.set(namespace, (names.get(namespace) ?? new Set()).add(name));
  }
  const tenants = [...names].map(async ([namespace, wanted]) => {
    const found = await holdersIn(options.client, namespace, signal).catch((error: unknown) => {
      // The operator is not bound there any more: the namespace is going.
      if (isForbidden(error) || isNotFound(error)) return [];
      throw error;
    });
    return found.filter(({ name }) => wanted.has(name.slice(namespace.length + 1)));
  });
  return (await Promise.all([gatewayHolders(options, signal), ...tenants])).flat();
}

/** In the system namespace, which no tenant writes to. */
export function gatewayHolders(
  { client, systemNamespace }: Pick<HoldersOptions, 'client' | 'systemNamespace'>,
  signal?: AbortSignal,
): Promise<Holder[]> {
  return holdersIn(client, systemNamespace, signal);
}

async function holdersIn(
  client: Client,
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<Holder[]> {
  const labelSelector = `${labels.managedBy}=${MANAGED_BY}`;
  const found = await client.listAll(secrets, { namespace, labelSelector, signal });
  return found.flatMap((secret) => {
    const [certPem, caPem] = [secretText(secret, 'tls.crt'), secretText(secret, 'ca.crt')];
    const { name, deletionTimestamp } = secret.metadata;
    if (certPem === undefined || caPem === undefined || deletionTimestamp !== undefined) return [];
    return [{ name: `${namespace}/${name}`, certPem, caPem }];
  });
}
