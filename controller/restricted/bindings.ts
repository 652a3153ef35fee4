// Restricted mode: the RoleBindings that the platform team makes for a tenant, and which of them are missing.
import { dedicatedPlace, type GatewayPlace, slotPlace } from '../../src/api/index.ts';
import type { RoleBinding } from '../../src/kube/index.ts';
import { type BindingSettings, controllerBinding, gatewayBindings } from '../tenant/bindings.ts';

/** A Tenant that the installation serves, as rbac.restricted.tenants names it. */
export interface RestrictedTenant {
  readonly name: string;
  readonly namespace: string;
  /** The gateway's number; undefined: the tenant has a gateway of its own. */
  readonly slot?: number | undefined;
}

export function placeOf({ slot, namespace }: RestrictedTenant): GatewayPlace {
  return slot === undefined ? dedicatedPlace(namespace) : slotPlace(slot);
}

/** All of them, the operator's own first. */
export function wantedBindings(listed: RestrictedTenant, settings: BindingSettings): RoleBinding[] {
  const tenant = { metadata: { name: listed.name }, spec: { namespace: listed.namespace } };
  return [controllerBinding(tenant, settings), ...gatewayBindings(tenant, placeOf(listed), settings)];
}

/** Those that nobody has made yet, or that are for another role or for somebody else. */
export function missingBindings(
  wanted: readonly RoleBinding[],
  there: (name: string) => RoleBinding | undefined,
): RoleBinding[] {
  return wanted.filter(({ metadata, roleRef, subjects = [] }) => {
    const live = there(metadata?.name ?? '');
    const gives = (subject: NonNullable<RoleBinding['subjects']>[number]) =>
      live?.subjects?.some(
        ({ kind, name, namespace }) =>
          kind === subject.kind && name === subject.name && namespace === subject.namespace,
      ) ?? false;
    const sameRole = live?.roleRef.kind === roleRef.kind && live.roleRef.name === roleRef.name;
    return !sameRole || !subjects.every(gives);
  });
}

/** What makes it. */
export function commandFor({ metadata, roleRef, subjects = [] }: RoleBinding): string {
  const accounts = subjects.map(({ namespace, name }) => `--serviceaccount=${namespace}:${name}`).join(' ');
  return `kubectl -n ${metadata?.namespace} create rolebinding ${metadata?.name} --clusterrole=${roleRef.name} ${accounts}`;
}
