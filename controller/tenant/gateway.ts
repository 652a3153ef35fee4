import { dedicatedPlace, gatewayReference, slotPlace, tenantNamespace } from '../../src/api/index.ts';
import type { LiveTenant } from '../resources.ts';

/**
 * The gateway of a tenant, as its status names it: its own with topology `dedicated`; otherwise the one it has, as long as that slot exists; otherwise the one with the fewest tenants.
 * Undefined when there is none at all.
 */
export function assignGateway(
  tenant: LiveTenant,
  all: readonly LiveTenant[],
  slots: number,
): string | undefined {
  if (tenant.spec.topology === 'dedicated') return gatewayReference(dedicatedPlace(tenantNamespace(tenant)));
  const names = Array.from({ length: slots }, (_, slot) => gatewayReference(slotPlace(slot)));
  const current = tenant.status?.gateway;
  if (current !== undefined && names.includes(current)) return current;
  const others = all.filter(({ metadata }) => metadata.uid !== tenant.metadata.uid);
  const load = (name: string): number => others.filter(({ status }) => status?.gateway === name).length;
  let best: { name: string; load: number } | undefined;
  for (const name of names) {
    const candidate = { name, load: load(name) };
    if (best === undefined || candidate.load < best.load) best = candidate;
  }
  return best?.name;
}
