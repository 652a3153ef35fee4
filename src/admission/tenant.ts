// What two Tenants cannot share.
import { type Tenant, tenantNamespace } from '../api/index.ts';

type NamedTenant = Pick<Tenant, 'spec'> & { readonly metadata: { readonly name: string } };

export type Shared = 'namespace' | 'application';

/** What both want; the namespace goes first. Undefined when they can live together. */
export function sharedBy(one: NamedTenant, other: NamedTenant): Shared | undefined {
  if (tenantNamespace(one) === tenantNamespace(other)) return 'namespace';
  return one.spec.discord.applicationId === other.spec.discord.applicationId ? 'application' : undefined;
}
