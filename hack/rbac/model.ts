// Kubernetes' RBAC as plain values: which rules an identity has where. The answer of an API server that has only these
// roles and bindings is the same, which test/integration/chart/rbac.test.ts asks it cell by cell.

export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A ClusterRole, Role, ClusterRoleBinding or RoleBinding, as far as rights go. */
export interface RbacObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[];
}

/** One verb on one resource. */
export interface Right {
  readonly verb: string;
  /** API group; the empty string is the core group. */
  readonly group: string;
  /** Plural, with the subresource if there is one: `pods`, `tenants/status`. */
  readonly resource: string;
  /** The only object of the kind that it is for; undefined: all. */
  readonly name: string | undefined;
}

/** A right and the binding that gives it. */
export interface Grant extends Right {
  readonly role: string;
  /** Undefined: in the whole cluster. */
  readonly namespace: string | undefined;
}

/** Every single right that the subject has, of every binding. */
export function grantsOf(objects: readonly RbacObject[], subject: Subject): Grant[] {
  return objects
    .filter(({ kind, subjects }) => isBinding(kind) && subjects?.some((one) => isSame(one, subject)))
    .flatMap((binding) => grantsOfBinding(objects, binding));
}

/** What a binding gives to each of its subjects. @throws Error when its role is not among the objects. */
export function grantsOfBinding(objects: readonly RbacObject[], binding: RbacObject): Grant[] {
  const { roleRef } = binding;
  // A ClusterRoleBinding is for the whole cluster; a RoleBinding for its namespace, even when it binds a ClusterRole.
  const namespace = binding.kind === 'RoleBinding' ? binding.metadata.namespace : undefined;
  const role = objects.find(
    ({ kind, metadata }) =>
      kind === roleRef?.kind &&
      metadata.name === roleRef.name &&
      (kind === 'ClusterRole' || metadata.namespace === binding.metadata.namespace),
  );
  if (role === undefined) {
    throw new Error(`${binding.kind} ${binding.metadata.name} binds ${roleRef?.name}, which is not there`);
  }
  return rightsOf(role).map((right) => ({ ...right, role: role.metadata.name, namespace }));
}

/** The rules of a role, taken apart. */
export function rightsOf({ rules = [] }: RbacObject): Right[] {
  return rules.flatMap(({ apiGroups = [], resources = [], verbs, resourceNames }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          (resourceNames ?? [undefined]).map((name) => ({ verb, group, resource, name })),
        ),
      ),
    ),
  );
}

/** Places in the objects where a rule or a binding is wider than it says: any verb, resource, group, URL, everybody. */
export function wildcards(objects: readonly RbacObject[]): string[] {
  return objects.flatMap(({ kind, metadata, rules = [], subjects = [] }) => {
    const at = `${kind} ${metadata.name}`;
    const stars = rules.flatMap((rule) =>
      Object.entries(rule).flatMap(([field, values]) =>
        Array.isArray(values) && values.some((value) => String(value).includes('*'))
          ? [`${at}: ${field} has a wildcard`]
          : [],
      ),
    );
    const groups = subjects.flatMap((subject) =>
      subject.kind === 'Group' ? [`${at}: binds the group ${subject.name}`] : [],
    );
    return [...stars, ...groups];
  });
}

export function isBinding(kind: string): boolean {
  return kind === 'ClusterRoleBinding' || kind === 'RoleBinding';
}

export function isRole(kind: string): boolean {
  return kind === 'ClusterRole' || kind === 'Role';
}

/** `jobs.batch`, `tenants.skald.dev/status`, `pods`: as kubectl writes it. */
export function resourceText({ group, resource }: Pick<Right, 'group' | 'resource'>): string {
  const [plural = '', subresource] = resource.split('/');
  const grouped = group === '' ? plural : `${plural}.${group}`;
  return subresource === undefined ? grouped : `${grouped}/${subresource}`;
}

function isSame(one: Subject, other: Subject): boolean {
  return one.kind === other.kind && one.name === other.name && one.namespace === other.namespace;
}
