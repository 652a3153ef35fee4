// The rights in a tenant's namespace, by binding fixed ClusterRoles: the operator's own, and the gateway's on the
// one Secret with the bot token.
import {
  clusterRoles,
  type GatewayPlace,
  gatewayName,
  gatewayNamespace,
  labels,
  MANAGED_BY,
  tenantNamespace,
} from '../../src/api/index.ts';
import type { RoleBinding } from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';

export const CONTROLLER_BINDING = 'skald-controller';
export const GATEWAY_BINDING = 'skald-gateway';

export interface BindingSettings {
  readonly systemNamespace: string;
  /** The operator's ServiceAccount. */
  readonly serviceAccount: string;
}

export function controllerBinding(tenant: LiveTenant, settings: BindingSettings): RoleBinding {
  return binding(tenant, CONTROLLER_BINDING, clusterRoles.controllerTenant, {
    name: settings.serviceAccount,
    namespace: settings.systemNamespace,
  });
}

/** The ServiceAccount of a gateway has the gateway's own name. */
export function gatewayBinding(
  tenant: LiveTenant,
  gateway: GatewayPlace,
  { systemNamespace }: BindingSettings,
): RoleBinding {
  return binding(tenant, GATEWAY_BINDING, clusterRoles.gatewayToken, {
    name: gatewayName(gateway),
    namespace: gatewayNamespace(gateway, systemNamespace),
  });
}

function binding(
  tenant: LiveTenant,
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
