// Who may read Tenants besides the slots: the gateways of tenants' own. One ClusterRoleBinding of a fixed name, which
// the chart makes without subjects, so that the operator needs no right on any other.
import {
  dedicatedPlace,
  gatewayName,
  isDedicated,
  TENANT_READERS_BINDING,
  type Tenant,
} from '../../../src/api/index.ts';
import {
  type Client,
  type ClusterRoleBinding,
  clusterRoleBindings,
  type Informer,
  type Live,
} from '../../../src/kube/index.ts';

type Subject = NonNullable<ClusterRoleBinding['subjects']>[number];

/** What of a Tenant decides whether its gateway is its own. */
type ReadingTenant = Parameters<typeof isDedicated>[0] & {
  readonly status?: Pick<Tenant['status'] & object, 'namespace'>;
};

/** The subjects, in the order of their namespaces. */
export function tenantReaders(tenants: readonly ReadingTenant[]): Subject[] {
  return tenants
    .filter(isDedicated)
    .flatMap(({ status }) => status?.namespace ?? [])
    .sort()
    .map((namespace) => ({
      kind: 'ServiceAccount',
      name: gatewayName(dedicatedPlace(namespace)),
      namespace,
    }));
}

/**
 * Writes the subjects when they differ. The write carries the resource version that was read: two at once cannot
 * undo each other (`isConflict`).
 * @returns false when the installation has no such binding
 */
export async function ensureTenantReaders(
  client: Client,
  cache: Informer<ClusterRoleBinding>,
  wanted: readonly Subject[],
  signal: AbortSignal,
): Promise<boolean> {
  const key = { name: TENANT_READERS_BINDING };
  const live = cache.get(key);
  if (live === undefined) return false;
  if (same(live, wanted)) return true;
  const fresh = await client.get(clusterRoleBindings, key, { signal });
  if (!same(fresh, wanted)) {
    await client.update(clusterRoleBindings, { ...fresh, subjects: [...wanted] }, { signal });
  }
  return true;
}

function same(live: Live<ClusterRoleBinding>, wanted: readonly Subject[]): boolean {
  const text = (subjects: readonly Subject[]): string =>
    subjects.map(({ kind, name, namespace }) => `${kind}/${namespace ?? ''}/${name}`).join(' ');
  return text(live.subjects ?? []) === text(wanted);
}
