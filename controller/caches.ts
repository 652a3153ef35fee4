// What the operator knows of the cluster: one cache for each kind, with the part of it that is watched and what is kept
// of each object; the indexes; and the questions that several of its parts ask.
import { isFinal, labels, MANAGED_BY, TENANT_READERS_BINDING, type Tenant } from '../src/api/index.ts';
import {
  clusterRoleBindings,
  type Informers,
  jobs,
  type Live,
  leases,
  limitRanges,
  namespaces,
  networkPolicies,
  nodes,
  type ObjectKey,
  podDisruptionBudgets,
  pods,
  resourceQuotas,
  roleBindings,
  serviceAccounts,
  services,
  statefulSets,
} from '../src/kube/index.ts';
import { SESSION_CAMPAIGN_INDEX } from './campaign/reconcile.ts';
import { campaigns, type LiveTenant, tenants, voiceSessions } from './resources.ts';
import { CLAIM_SELECTOR } from './voicesession/claims.ts';
import { slimNode } from './voicesession/node-view.ts';
import { jobKeysOf, POD_JOB_INDEX, POD_SESSION_INDEX } from './voicesession/session-workers.ts';
import { slimPod } from './voicesession/worker-view.ts';

const OWN = `${labels.managedBy}=${MANAGED_BY}`;
const WORKERS = `${OWN},${labels.component}=worker`;
/** Gateways of tenants' own: the chart's are not managed by Skald but by the chart. */
const GATEWAYS = `${OWN},${labels.component}=gateway`;

/** Which objects of a kind are watched. One watch serves all who select the same. */
export const watched = {
  jobs: { labelSelector: WORKERS },
  pods: { labelSelector: WORKERS, transform: slimPod },
  budgets: { labelSelector: WORKERS },
  nodes: { transform: slimNode },
  gateways: { labelSelector: GATEWAYS },
  own: { labelSelector: OWN },
  tenantReaders: { fieldSelector: `metadata.name=${TENANT_READERS_BINDING}` },
  claims: (systemNamespace: string) => ({ namespace: systemNamespace, labelSelector: CLAIM_SELECTOR }),
};

/** Index of Tenants: the namespace in use. */
const NAMESPACE_INDEX = 'tenantNamespace';
/** Index of VoiceSessions: the phase. */
const PHASE_INDEX = 'phase';
/** Index of VoiceSessions that are not over: the worker's node. */
const NODE_INDEX = 'node';

export type Caches = ReturnType<typeof createCaches>;

/** @param bindings the RoleBindings that are watched. @defaultValue the operator's own */
export function createCaches(
  informers: Informers,
  systemNamespace: string,
  bindings: { readonly labelSelector?: string } = watched.own,
) {
  const caches = {
    tenants: informers.get(tenants),
    campaigns: informers.get(campaigns),
    sessions: informers.get(voiceSessions),
    jobs: informers.get(jobs, watched.jobs),
    pods: informers.get(pods, watched.pods),
    budgets: informers.get(podDisruptionBudgets, watched.budgets),
    nodes: informers.get(nodes, watched.nodes),
    namespaces: informers.get(namespaces),
    statefulSets: informers.get(statefulSets, watched.gateways),
    services: informers.get(services, watched.gateways),
    serviceAccounts: informers.get(serviceAccounts, watched.gateways),
    clusterRoleBindings: informers.get(clusterRoleBindings, watched.tenantReaders),
    networkPolicies: informers.get(networkPolicies, watched.own),
    resourceQuotas: informers.get(resourceQuotas, watched.own),
    limitRanges: informers.get(limitRanges, watched.own),
    roleBindings: informers.get(roleBindings, bindings),
    leases: informers.get(leases, watched.claims(systemNamespace)),
  };
  caches.tenants.addIndex(NAMESPACE_INDEX, namespacesOf);
  caches.sessions.addIndex(PHASE_INDEX, ({ status }) => [status?.phase ?? 'Pending']);
  caches.sessions.addIndex(NODE_INDEX, ({ status }) =>
    status?.worker?.node === undefined || isFinal(status.phase) ? [] : [status.worker.node],
  );
  caches.sessions.addIndex(SESSION_CAMPAIGN_INDEX, ({ metadata, spec }) => [
    `${metadata.namespace}/${spec.campaignRef.name}`,
  ]);
  caches.pods.addIndex(POD_SESSION_INDEX, (pod) =>
    sessionKeysOf(pod).map(({ namespace, name }) => `${namespace}/${name}`),
  );
  caches.pods.addIndex(POD_JOB_INDEX, jobKeysOf);
  return {
    ...caches,
    /** The Tenant whose namespace this is. */
    tenantOf: (namespace: string): LiveTenant | undefined =>
      caches.tenants.byIndex(NAMESPACE_INDEX, namespace)[0],
    /** Sessions that wait to be admitted. @param namespace undefined: everywhere */
    pendingSessions: (namespace?: string): ObjectKey[] =>
      caches.sessions
        .byIndex(PHASE_INDEX, 'Pending')
        .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
        .map(keyOfSession),
    /** All sessions of a Tenant. */
    sessionsOf: (tenant: Live<Tenant>): ObjectKey[] =>
      namespacesOf(tenant).flatMap((namespace) => caches.sessions.list(namespace).map(keyOfSession)),
    /** Sessions that are not over and whose worker is on this node. */
    sessionsOn: (node: string): ObjectKey[] => caches.sessions.byIndex(NODE_INDEX, node).map(keyOfSession),
  };
}

/** The namespace in use: one, or none yet. */
export function namespacesOf({ status }: Pick<Tenant, 'status'>): string[] {
  return status?.namespace === undefined ? [] : [status.namespace];
}

/** The Tenant that an object belongs to, by its label. */
export function tenantKeysOf({ metadata }: Pick<Live, 'metadata'>): { name: string }[] {
  const name = metadata.labels?.[labels.tenant];
  return name === undefined ? [] : [{ name }];
}

/** The session that a worker's Job, pod or Secret serves, by its label: the session itself may be gone. */
export function sessionKeysOf({ metadata }: Pick<Live, 'metadata'>): { namespace: string; name: string }[] {
  const name = metadata.labels?.[labels.session];
  return name === undefined || metadata.namespace === undefined
    ? []
    : [{ namespace: metadata.namespace, name }];
}

function keyOfSession({ metadata: { namespace, name } }: Live): ObjectKey {
  return { namespace, name };
}
