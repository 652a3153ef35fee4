// What wakes the reconciler of warm workers.
import { isWarmJobName, labels } from '../../src/api/index.ts';
import {
  type Informer,
  jobs,
  type Live,
  type Manager,
  type Node,
  nodes,
  type ObjectKey,
  type Pod,
  pods,
} from '../../src/kube/index.ts';
import { tenants, voiceSessions } from '../resources.ts';
import { nodeLeavingChanged, slimNode } from '../voicesession/node-view.ts';
import { WarmPool } from './pool.ts';
import { WarmReconciler, type WarmReconcilerOptions } from './reconcile.ts';

export interface WarmWorkersOptions extends Omit<WarmReconcilerOptions, 'client' | 'clock' | 'pool'> {
  readonly manager: Manager;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  /** What of Jobs and pods the operator's caches hold, and what they keep of each. */
  readonly watched: {
    readonly jobs: { readonly labelSelector: string };
    readonly pods: { readonly labelSelector: string; readonly transform: (pod: Live<Pod>) => Live<Pod> };
  };
}

/** @returns the pool, for those who claim */
export function addWarmWorkers(options: WarmWorkersOptions): WarmPool {
  const { manager, watched } = options;
  const { client, clock } = manager;
  const pool = new WarmPool({ ...options, client, clock });
  const reconciler = new WarmReconciler({ ...options, client, clock, pool });
  const withSpares = (): ObjectKey[] =>
    options.tenants
      .list()
      .filter(({ spec }) => spec.worker.warm > 0)
      .map(({ metadata: { name } }) => ({ name }));
  manager
    .controller({
      name: 'warm',
      reconcile: (key, context) => reconciler.reconcile(key, context),
      workers: 4,
    })
    .for(tenants)
    .watches(jobs, tenantKeysOf, watched.jobs)
    .watches(pods, tenantKeysOf, watched.pods)
    // A session's Job is looked up: before the sessions are known, no claim looks lost, and nothing would look again.
    .watches(voiceSessions, () => [])
    .watches(nodes, withSpares, { predicates: [nodeLeavingChanged], transform: slimNode });
  return pool;
}

/** The Tenant of a warm worker's Job or pod, also of one that was claimed a moment ago: it is missed now. */
function tenantKeysOf({ metadata }: Live): ObjectKey[] {
  const tenant = metadata.labels?.[labels.tenant];
  const warm = metadata.labels?.[labels.warm] !== undefined || isWarmJobName(metadata.name);
  return tenant !== undefined && warm ? [{ name: tenant }] : [];
}
