// The objects of a repository as one asks for them: by what they are and where.
import { type Campaign, type Tenant, tenantNamespace, type VoiceSession } from '../api/index.ts';
import { at, isObject, type JsonObject, plainOf } from './json.ts';

/** An object among the files. */
export interface Judged {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** With defaults when it was accepted. */
  readonly object: JsonObject;
  /** Whether the API server would take it; of other kinds nothing is known. */
  readonly accepted: boolean;
}

interface Placed {
  /** Among the objects given. */
  readonly index: number;
  /** The namespace is empty when the file does not say. */
  readonly metadata: { readonly name: string; readonly namespace: string };
}
export type NamedTenant = Pick<Tenant, 'spec'> & Placed;
export type NamespacedCampaign = Pick<Campaign, 'spec'> & Placed;
export type NamespacedSession = Pick<VoiceSession, 'spec'> & Placed;

export interface Among {
  /** Accepted ones only. */
  readonly tenants: readonly NamedTenant[];
  readonly campaigns: readonly NamespacedCampaign[];
  readonly sessions: readonly NamespacedSession[];
  readonly someTenantIsRefused: boolean;
  tenantOf(namespace: string): NamedTenant | undefined;
  /** Also one that was refused. */
  hasCampaign(namespace: string, name: string): boolean;
  configMapOf(
    namespace: string,
    name: string,
  ): { readonly data?: Readonly<Record<string, string>> } | undefined;
  /** Undefined when the Secret is not among the files. */
  secretKeysOf(namespace: string, name: string): ReadonlySet<string> | undefined;
}

export function sort(objects: readonly Judged[]): Among {
  const find = (kind: string, namespace: string, name: string) =>
    objects.find((one) => one.kind === kind && one.namespace === namespace && one.name === name)?.object;
  const specs = (kind: string) =>
    objects.flatMap(({ object, accepted, namespace, name, ...one }, index) => {
      const fits = one.kind === kind && accepted;
      return fits
        ? [{ index, metadata: { namespace, name }, spec: plainOf(object.get('spec') ?? null) }]
        : [];
    });
  const tenants = specs('Tenant').filter(isTenant);
  return {
    tenants,
    campaigns: specs('Campaign').filter(isCampaign),
    sessions: specs('VoiceSession').filter(isSession),
    someTenantIsRefused: objects.some(({ kind, accepted }) => kind === 'Tenant' && !accepted),
    tenantOf: (namespace) => tenants.find((tenant) => tenantNamespace(tenant) === namespace),
    hasCampaign: (namespace, name) => find('Campaign', namespace, name) !== undefined,
    configMapOf: (namespace, name) => {
      const found = find('ConfigMap', namespace, name);
      return found && { data: textsOf(found, 'data') };
    },
    secretKeysOf: (namespace, name) => {
      const found = find('Secret', namespace, name);
      return found && new Set(['data', 'stringData'].flatMap((field) => Object.keys(textsOf(found, field))));
    },
  };
}

interface Specified extends Placed {
  readonly spec: unknown;
}

// The types are generated from the schemas that the objects were accepted by.
const isTenant = (one: Specified): one is NamedTenant => one.spec !== null;
const isCampaign = (one: Specified): one is NamespacedCampaign => one.spec !== null;
const isSession = (one: Specified): one is NamespacedSession => one.spec !== null;

function textsOf(object: JsonObject, field: string): Record<string, string> {
  const entries = at(object, [field]);
  if (!isObject(entries)) return {};
  return Object.fromEntries(
    [...entries].flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}
