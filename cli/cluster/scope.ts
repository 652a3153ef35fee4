// Which namespace is meant, when a person names a Tenant, a namespace, or nothing.
import { tenantNamespace } from '../../src/api/index.ts';
import { type Client, isForbidden, isNotFound } from '../../src/kube/index.ts';
import { noSuchTenant } from './find-tenant.ts';
import { tenants } from './open.ts';
import { UsageError } from './options.ts';

export interface ScopeFlags {
  readonly namespace?: string;
  readonly tenant?: string;
  readonly allNamespaces?: boolean;
}

/**
 * The namespace; undefined: all of them. Without any flag that of the kubeconfig's context, else all.
 * @throws Error for a Tenant that is not there, UsageError for flags that exclude each other
 */
export async function namespaceOf(
  flags: ScopeFlags,
  client: Client,
  ofContext: string | undefined,
): Promise<string | undefined> {
  const given = [flags.namespace, flags.tenant, flags.allNamespaces || undefined].filter(
    (one) => one !== undefined,
  );
  if (given.length > 1) throw new UsageError('Give one of --namespace, --tenant and --all-namespaces');
  if (flags.namespace !== undefined) return flags.namespace;
  if (flags.tenant !== undefined) return await namespaceOfTenant(flags.tenant, client);
  return flags.allNamespaces ? undefined : ofContext;
}

async function namespaceOfTenant(name: string, client: Client): Promise<string> {
  try {
    const tenant = await client.get(tenants, { name });
    return tenant.status?.namespace ?? tenantNamespace(tenant);
  } catch (error) {
    // Who may not read Tenants has most likely the namespace that a Tenant gets by itself.
    if (isForbidden(error)) return `skald-${name}`;
    if (!isNotFound(error)) throw error;
    throw await noSuchTenant(client, name);
  }
}
