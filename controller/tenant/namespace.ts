// The tenant's namespace: made, or adopted, never taken.
import { labels, MANAGED_BY, tenantNamespace } from '../../src/api/index.ts';
import type { Live, Namespace } from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';

/** On a namespace that existed before its Tenant: it is never deleted. */
export const ADOPTED_ANNOTATION = 'skald.dev/adopted';

/** UID of the Tenant that uses it: a namespace that has lost its label is known by this. */
export const TENANT_UID_ANNOTATION = 'skald.dev/tenant-uid';

export type NamespacePlan =
  | { readonly kind: 'apply'; readonly adopt: boolean }
  | {
      readonly kind: 'refuse';
      readonly reason: 'NamespaceNotAdoptable' | 'NamespaceTerminating';
      readonly message: string;
    };

/** @param live the namespace of that name, if there is one */
export function planNamespace(tenant: LiveTenant, live: Live<Namespace> | undefined): NamespacePlan {
  if (live === undefined) return { kind: 'apply', adopt: false };
  const { name, deletionTimestamp, labels: own, annotations } = live.metadata;
  if (deletionTimestamp !== undefined) {
    const message = `Namespace ${name} is being deleted; it is made again when it is gone.`;
    return { kind: 'refuse', reason: 'NamespaceTerminating', message };
  }
  if (isMarked(tenant, live)) {
    return { kind: 'apply', adopt: annotations?.[ADOPTED_ANNOTATION] === 'true' };
  }
  if (own?.[labels.tenant] === undefined && own?.[labels.adopt] === 'true')
    return { kind: 'apply', adopt: true };
  const message =
    own?.[labels.tenant] === undefined
      ? `Namespace ${name} exists already; label it ${labels.adopt}=true to let this Tenant use it.`
      : `Namespace ${name} belongs to Tenant ${own[labels.tenant]}.`;
  return { kind: 'refuse', reason: 'NamespaceNotAdoptable', message };
}

/** Whether it is this Tenant's, by its label or by the annotation that goes with it. */
export function isMarked(tenant: LiveTenant, live: Live<Namespace> | undefined): boolean {
  const { labels: own, annotations } = live?.metadata ?? {};
  return (
    own?.[labels.tenant] === tenant.metadata.name ||
    annotations?.[TENANT_UID_ANNOTATION] === tenant.metadata.uid
  );
}

/** @param version of Pod Security's `restricted` */
export function wantedNamespace(tenant: LiveTenant, adopt: boolean, version: string): Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: tenantNamespace(tenant),
      labels: {
        [labels.managedBy]: MANAGED_BY,
        [labels.tenant]: tenant.metadata.name,
        ...podSecurity(version),
      },
      annotations: {
        [TENANT_UID_ANNOTATION]: tenant.metadata.uid,
        ...(adopt ? { [ADOPTED_ANNOTATION]: 'true' } : {}),
      },
    },
  };
}

function podSecurity(version: string): Record<string, string> {
  const modes = ['enforce', 'audit', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}`);
  return Object.fromEntries(
    modes.flatMap((mode) => [
      [mode, 'restricted'],
      [`${mode}-version`, version],
    ]),
  );
}

/** Whether deleting the Tenant deletes the namespace. */
export function deletesNamespace(tenant: LiveTenant, live: Live<Namespace> | undefined): boolean {
  return (
    tenant.spec.deletionPolicy === 'Delete' &&
    live?.metadata.labels?.[labels.tenant] === tenant.metadata.name &&
    live.metadata.annotations?.[ADOPTED_ANNOTATION] !== 'true'
  );
}
