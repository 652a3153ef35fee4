/**
 * The gateway's own rights: tests run it as its ServiceAccount, under the installation's ClusterRoles and admission
 * policy, so that a verb that is missing there is missed here.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { clusterRoles } from '../../../src/api/index.ts';
import { type Client, defineResource, type KubeObject, type Resource } from '../../../src/kube/index.ts';

const SERVICE_ACCOUNT = { namespace: 'skald-system', name: 'skald-gateway-0' } as const;
const CONFIG = join(import.meta.dirname, '..', '..', '..', 'config');

const FILES = [
  'rbac/clusterrole-skald-gateway.yaml',
  'rbac/clusterrole-skald-gateway-token.yaml',
  'rbac/clusterrole-skald-gateway-tenants.yaml',
  'rbac/clusterrolebinding-skald-gateway-slots.yaml',
  'policy/validatingadmissionpolicy-skald-gateway.yaml',
  'policy/validatingadmissionpolicybinding-skald-gateway.yaml',
];

const RESOURCES: ReadonlyMap<string, Resource> = new Map(
  [
    resource('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole'),
    resource('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding'),
    resource('admissionregistration.k8s.io', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy'),
    resource(
      'admissionregistration.k8s.io',
      'validatingadmissionpolicybindings',
      'ValidatingAdmissionPolicyBinding',
    ),
  ].map((one) => [one.kind, one]),
);

const roleBindings = defineResource<KubeObject>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
});

/** What the chart installs for gateways. */
export async function installRights(client: Client): Promise<void> {
  for (const file of FILES) {
    for (const document of parseAllDocuments(await readFile(join(CONFIG, file), 'utf8'))) {
      const object: KubeObject = document.toJS();
      const known = RESOURCES.get(object.kind ?? '');
      if (known === undefined) throw new Error(`${file} holds a ${object.kind}`);
      await client.apply(known, object, { fieldManager: 'test' });
    }
  }
}

/** What the operator does for each tenant. */
export async function bindSessionsRole(client: Client, namespace: string): Promise<void> {
  await bind(client, namespace, clusterRoles.gateway);
}

export async function bindTokenRole(client: Client, namespace: string): Promise<void> {
  await bind(client, namespace, clusterRoles.gatewayToken);
}

async function bind(client: Client, namespace: string, role: string): Promise<void> {
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: role, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', ...SERVICE_ACCOUNT }],
  };
  await client.apply(roleBindings, binding, { fieldManager: 'test' });
}

/** A kubeconfig that acts as the gateway of slot 0. @returns its path */
export async function gatewayKubeconfig(administrator: string, folder: string): Promise<string> {
  const config: { users: { user: Record<string, unknown> }[] } = parse(await readFile(administrator, 'utf8'));
  for (const { user } of config.users)
    user.as = `system:serviceaccount:${SERVICE_ACCOUNT.namespace}:${SERVICE_ACCOUNT.name}`;
  const path = join(folder, 'gateway.kubeconfig');
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

function resource(group: string, plural: string, kind: string): Resource {
  return defineResource<KubeObject>({ group, version: 'v1', plural, kind, namespaced: false });
}
