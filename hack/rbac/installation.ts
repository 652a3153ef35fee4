// An installation with three tenants, as far as rights go: what the chart installs and what the operator adds while it
// runs, made by the operator's own code.
import { parseAllDocuments } from 'yaml';
import { controllerBinding, gatewayBindings } from '../../controller/tenant/bindings.ts';
import { tenantReaders } from '../../controller/tenant/dedicated/readers.ts';
import { dedicatedPlace, type GatewayPlace, slotPlace, TENANT_READERS_BINDING } from '../../src/api/index.ts';
import { isBinding, isRole, type RbacObject, type Subject } from './model.ts';

export const SYSTEM = 'skald-system';

/** `amber` is served by slot 0, `birch` by slot 1, `cedar` has a gateway of its own. */
export const NAMESPACES = { amber: 'skald-amber', birch: 'skald-birch', cedar: 'skald-cedar' } as const;

/** The chart's values that go with it. */
export const CHART_VALUES = [
  'crds.install=false',
  'gateway.slots=2',
  'database.existingSecret=skald-database',
];

/** @param rendered output of `helm template` with {@link CHART_VALUES} */
export function installation(rendered: string): RbacObject[] {
  const installed = rbacObjects(rendered);
  const tenants = [
    { tenant: tenant('amber'), place: slotPlace(0) },
    { tenant: tenant('birch'), place: slotPlace(1) },
    { tenant: tenant('cedar', 'dedicated'), place: dedicatedPlace(NAMESPACES.cedar) },
  ];
  const readers = tenantReaders(tenants.map(({ tenant: one }) => one));
  return [
    ...installed.map((object) =>
      object.metadata.name === TENANT_READERS_BINDING
        ? { ...object, subjects: readers.map(subject) }
        : object,
    ),
    ...tenants.flatMap(({ tenant: one, place }) => operatorBindings(one, place)),
  ];
}

export function rbacObjects(rendered: string): RbacObject[] {
  return parseAllDocuments(rendered)
    .map((document): RbacObject | null => document.toJS())
    .filter((object) => object !== null)
    .filter(({ kind }) => isRole(kind) || isBinding(kind));
}

/** What the operator makes in the tenant's namespace. */
function operatorBindings(one: ReturnType<typeof tenant>, place: GatewayPlace): RbacObject[] {
  const settings = { systemNamespace: SYSTEM, serviceAccount: 'skald-controller' };
  return [controllerBinding(one, settings), ...gatewayBindings(one, place, settings)].map((made) => ({
    kind: 'RoleBinding',
    metadata: { name: made.metadata?.name ?? '', namespace: made.metadata?.namespace ?? '' },
    roleRef: made.roleRef,
    subjects: (made.subjects ?? []).map(subject),
  }));
}

function subject({
  kind,
  name,
  namespace = '',
}: {
  kind: string;
  name: string;
  namespace?: string;
}): Subject {
  return { kind, name, namespace };
}

function tenant(
  name: keyof typeof NAMESPACES,
  topology: 'shared' | 'dedicated' = 'shared',
): Parameters<typeof controllerBinding>[0] & Parameters<typeof tenantReaders>[0][number] {
  const namespace = NAMESPACES[name];
  return { metadata: { name }, spec: { namespace, topology }, status: { namespace } };
}
