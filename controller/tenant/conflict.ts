import { sharedBy } from '../../src/admission/tenant.ts';
import { type Tenant, tenantNamespace } from '../../src/api/index.ts';
import type { LiveTenant } from '../resources.ts';

export interface Conflict {
  readonly reason: 'NamespaceConflict' | 'ApplicationConflict';
  readonly message: string;
}

/** Of two Tenants that want one namespace or one Discord application, the younger one is refused. */
export function conflictOf(tenant: LiveTenant, all: readonly LiveTenant[]): Conflict | undefined {
  const older = all.filter((other) => other.metadata.uid !== tenant.metadata.uid && isOlder(other, tenant));
  const namespace = tenantNamespace(tenant);
  const sameNamespace = older.find((other) => sharedBy(tenant, other) === 'namespace');
  if (sameNamespace !== undefined) {
    const message = `Namespace ${namespace} belongs to the older Tenant ${sameNamespace.metadata.name}; delete this Tenant and make another with a namespace of its own.`;
    return { reason: 'NamespaceConflict', message };
  }
  const { applicationId } = tenant.spec.discord;
  const sameApplication = older.find((other) => sharedBy(tenant, other) === 'application');
  if (sameApplication === undefined) return undefined;
  const message = `Discord application ${applicationId} serves the older Tenant ${sameApplication.metadata.name}; one application serves one Tenant.`;
  return { reason: 'ApplicationConflict', message };
}

/** Whether a change of one Tenant can matter to another. */
export function mayConflict(one: LiveTenant, other: LiveTenant): boolean {
  return one.metadata.uid !== other.metadata.uid && sharedBy(one, other) !== undefined;
}

/** Creation times have whole seconds: of two in one second, the name decides, the same way for everyone. */
function isOlder(one: Pick<Tenant, 'metadata'>, other: Pick<Tenant, 'metadata'>): boolean {
  const [a, b] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? ''];
  return a === b ? (one.metadata.name ?? '') < (other.metadata.name ?? '') : a < b;
}
