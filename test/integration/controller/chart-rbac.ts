// The chart's own RBAC, so that the operator is tested with the rights it really has.
import { parseAllDocuments } from 'yaml';
import { TENANT_READERS_BINDING } from '../../../src/api/index.ts';
import {
  type Client,
  clusterRoleBindings,
  clusterRoles,
  defineResource,
  type KubeConfiguration,
  type KubeObject,
  type Resource,
  roleBindings,
} from '../../../src/kube/index.ts';
import { helmTemplate } from '../crds/kubectl.ts';

const resources: Readonly<Record<string, Resource>> = {
  ClusterRole: clusterRoles,
  ClusterRoleBinding: clusterRoleBindings,
  Role: defineResource({
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    plural: 'roles',
    kind: 'Role',
    namespaced: true,
  }),
  RoleBinding: roleBindings,
};

/**
 * Applies what concerns an operator in this namespace; its ClusterRoleBindings are named after the namespace, so that
 * several share an API server.
 *
 * @param sets further `--set` values of the chart.
 */
export async function applyChartRbac(
  client: Client,
  systemNamespace: string,
  ...sets: readonly string[]
): Promise<void> {
  const values = ['crds.install=false', ...sets].flatMap((value) => ['--set', value]);
  const rendered = await helmTemplate(systemNamespace, ...values);
  for (const document of parseAllDocuments(rendered)) {
    const object: KubeObject | null = document.toJS();
    const resource = resources[object?.kind ?? ''];
    if (object === null || resource === undefined) continue;
    const { name } = object.metadata ?? {};
    if (object.kind === 'ClusterRoleBinding' && name !== TENANT_READERS_BINDING) {
      object.metadata = { ...object.metadata, name: `${name}-${systemNamespace}` };
    }
    await client.apply(resource, object, { fieldManager: 'test' });
  }
}

/** The configuration of the operator's ServiceAccount, by impersonation. */
export function asServiceAccount(
  config: KubeConfiguration,
  namespace: string,
  name: string,
): KubeConfiguration {
  return {
    server: config.server,
    namespace,
    proxyUrl: config.proxyUrl,
    async credentials() {
      const { headers, tls } = await config.credentials();
      return {
        headers: { ...headers, 'Impersonate-User': `system:serviceaccount:${namespace}:${name}` },
        tls,
      };
    },
    invalidate: () => config.invalidate(),
  };
}
