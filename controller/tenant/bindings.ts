// The rights in a tenant's namespace, by binding fixed ClusterRoles: the operator's own, and those of the one gateway
// that serves the tenant, on its sessions, on the one Secret with the bot token and on the one identity that may decrypt it.
import {
  clusterRoles,
  type GatewayPlace,
  gatewayName,
  gatewayNamespace,
  labels,
  MANAGED_BY,
  tenantNamespace,
} from '../../src/api/index.ts';
import type { RoleBinding, ServiceAccount } from '../../src/kube/index.ts';
import { BOT_SERVICE_ACCOUNT } from '../../src/vault/names.ts';

export const CONTROLLER_BINDING = 'skald-controller';
export const GATEWAY_BINDING = 'skald-gateway';
/** To what a gateway may do with the sessions of its tenant. */
export const SESSIONS_BINDING = 'skald-gateway-sessions';

/** What of a Tenant decides who may do what in its namespace. */
export type BoundTenant = Parameters<typeof tenantNamespace>[0];

export interface BindingSettings {
  readonly systemNamespace: string;
  /** The operator's ServiceAccount. */
  readonly serviceAccount: string;
}

export function controllerBinding(tenant: BoundTenant, settings: BindingSettings): RoleBinding {
  return binding(tenant, CONTROLLER_BINDING, clusterRoles.controllerTenant, {
    name: settings.serviceAccount,
    namespace: settings.systemNamespace,
  });
}

/** The ServiceAccount of a gateway has the gateway's own name. Both name it alone: another slot may do nothing here. */
export function gatewayBindings(
  tenant: BoundTenant,
  gateway: GatewayPlace,
  { systemNamespace }: BindingSettings,
): RoleBinding[] {
  const account = { name: gatewayName(gateway), namespace: gatewayNamespace(gateway, systemNamespace) };
  return [
    binding(tenant, SESSIONS_BINDING, clusterRoles.gateway, account),
    binding(tenant, GATEWAY_BINDING, clusterRoles.gatewayToken, account),
  ];
}

/**
 * Who the tenant is for Vault. Whoever serves the tenant asks for its tokens (`skald-gateway-token` allows that), so the
 * binding above, which moves with the tenant, decides who can decrypt (ADR 0016). No pod runs as it.
 */
export function botAccount(tenant: BoundTenant): ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name: BOT_SERVICE_ACCOUNT,
      namespace: tenantNamespace(tenant),
      labels: {
        [labels.managedBy]: MANAGED_BY,
        [labels.component]: 'gateway',
        [labels.tenant]: tenant.metadata.name,
      },
    },
    automountServiceAccountToken: false,
  };
}

function binding(
  tenant: BoundTenant,
  name: string,
  role: string,
  account: { readonly name: string; readonly namespace: string },
): RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: {
      name,
      namespace: tenantNamespace(tenant),
      labels: { [labels.managedBy]: MANAGED_BY, [labels.tenant]: tenant.metadata.name },
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
}
