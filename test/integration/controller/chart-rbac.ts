// The chart's own RBAC, so that the operator is tested with the rights it really has. The templates use few
// template expressions; these are resolved here, and anything unknown is an error.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import {
  type Client,
  defineResource,
  type KubeConfiguration,
  type KubeObject,
  type Resource,
} from '../../../src/kube/index.ts';

const TEMPLATES = join(import.meta.dirname, '..', '..', '..', 'helm', 'skald', 'templates', 'rbac');
const GROUP = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;

const resources: Readonly<Record<string, Resource>> = {
  ClusterRole: defineResource({ ...GROUP, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false }),
  ClusterRoleBinding: defineResource({
    ...GROUP,
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  }),
  Role: defineResource({ ...GROUP, plural: 'roles', kind: 'Role', namespaced: true }),
  RoleBinding: defineResource({ ...GROUP, plural: 'rolebindings', kind: 'RoleBinding', namespaced: true }),
};

/** Applies what concerns an operator in this namespace; its ClusterRoleBinding is named after the namespace. */
export async function applyChartRbac(client: Client, systemNamespace: string): Promise<void> {
  for (const file of ['controller.yaml', 'tenant.yaml', 'dedicated.yaml']) {
    const text = render(await readFile(join(TEMPLATES, file), 'utf8'), systemNamespace);
    for (const document of parseAllDocuments(text)) {
      const object: KubeObject | null = document.toJS();
      const resource = resources[object?.kind ?? ''];
      if (object === null || resource === undefined) throw new Error(`${file}: unexpected ${object?.kind}`);
      if (object.kind === 'ClusterRoleBinding' && object.metadata?.name === 'skald-controller')
        object.metadata = { name: `skald-controller-${systemNamespace}` };
      await client.apply(resource, object, { fieldManager: 'test' });
    }
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

function render(template: string, namespace: string): string {
  const text = template
    .replaceAll('{{ .Release.Namespace }}', namespace)
    .replace(/\{\{-? if [^}]*\}\}[\s\S]*?\{\{-? end \}\}/g, '')
    .replace(/^.*\{\{-? include "skald\.labels"[^}]*\}\}.*$/gm, '');
  const left = text.match(/\{\{[^}]*\}\}/);
  if (left) throw new Error(`the test does not know the template expression ${left[0]}`);
  return text;
}
