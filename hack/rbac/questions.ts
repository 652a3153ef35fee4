// Every question about a right that can be asked of an API server: each verb of each resource that it serves, by the
// server's own account, and the verbs that RBAC itself knows.
import type { Right } from './model.ts';

export interface ServedResource {
  readonly group: string;
  /** With the subresource, if it is one. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface GroupList {
  readonly groups: readonly {
    readonly name: string;
    readonly preferredVersion: { readonly groupVersion: string };
  }[];
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

/** Verbs that no request has: they are asked about when roles, bindings, identities and signatures are made. */
const SPECIAL: readonly ServedResource[] = [
  {
    group: 'rbac.authorization.k8s.io',
    resource: 'clusterroles',
    namespaced: false,
    verbs: ['bind', 'escalate'],
  },
  { group: 'rbac.authorization.k8s.io', resource: 'roles', namespaced: true, verbs: ['bind', 'escalate'] },
  // OwnerReferencesPermissionEnforcement asks it of whoever sets blockOwnerDeletion.
  { group: 'skald.dev', resource: 'tenants/finalizers', namespaced: false, verbs: ['update'] },
  { group: 'skald.dev', resource: 'campaigns/finalizers', namespaced: true, verbs: ['update'] },
  { group: 'skald.dev', resource: 'voicesessions/finalizers', namespaced: true, verbs: ['update'] },
  { group: '', resource: 'users', namespaced: false, verbs: ['impersonate'] },
  { group: '', resource: 'groups', namespaced: false, verbs: ['impersonate'] },
  { group: '', resource: 'serviceaccounts', namespaced: true, verbs: ['impersonate'] },
  { group: 'authentication.k8s.io', resource: 'uids', namespaced: false, verbs: ['impersonate'] },
  {
    group: 'certificates.k8s.io',
    resource: 'signers',
    namespaced: false,
    verbs: ['approve', 'sign', 'attest'],
  },
];

/** @param get the parsed body of a path of the API server */
export async function servedResources(get: (path: string) => Promise<unknown>): Promise<ServedResource[]> {
  const groups = (await get('/apis')) as GroupList;
  const versions = [
    '/api/v1',
    ...groups.groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  const lists = await Promise.all(
    versions.map(async (path) => {
      const { resources } = (await get(path)) as ResourceList;
      const group = path === '/api/v1' ? '' : (path.split('/')[2] ?? '');
      return resources.map(({ name, namespaced, verbs }) => ({ group, resource: name, namespaced, verbs }));
    }),
  );
  return [...lists.flat(), ...SPECIAL];
}

export interface Question extends Right {
  /** Undefined: cluster-wide, or in all namespaces at once. */
  readonly namespace: string | undefined;
}

/**
 * Every verb of every resource in every place; about a kind of which somebody may use single objects, also by each of
 * those names.
 *
 * @param names of objects that occur in the rules, by `group/resource`.
 */
export function questions(
  served: readonly ServedResource[],
  namespaces: readonly string[],
  names: ReadonlyMap<string, ReadonlySet<string>>,
): Question[] {
  return served.flatMap(({ group, resource, namespaced, verbs }) => {
    const places = namespaced ? [undefined, ...namespaces] : [undefined];
    const objects = [undefined, ...(names.get(`${group}/${resource}`) ?? [])];
    return places.flatMap((namespace) =>
      verbs.flatMap((verb) => objects.map((name) => ({ group, resource, verb, name, namespace }))),
    );
  });
}

/** How RBAC answers a question, given what was granted. */
export function isGranted(
  grants: readonly (Right & { readonly namespace: string | undefined })[],
  question: Question,
): boolean {
  return grants.some(
    (grant) =>
      grant.verb === question.verb &&
      grant.group === question.group &&
      grant.resource === question.resource &&
      (grant.namespace === undefined || grant.namespace === question.namespace) &&
      (grant.name === undefined || grant.name === question.name),
  );
}
