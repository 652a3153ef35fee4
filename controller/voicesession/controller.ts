// What wakes the reconciler of VoiceSessions.
import {
  any,
  type Controller,
  jobs,
  leases,
  type Manager,
  nodes,
  podDisruptionBudgets,
  pods,
  type Reconcile,
} from '../../src/kube/index.ts';
import { type Caches, namespacesOf, sessionKeysOf, watched } from '../caches.ts';
import { campaigns, tenants, voiceSessions } from '../resources.ts';
import type { Settings } from '../settings.ts';
import {
  changedBySomebody,
  gatewayReachChanged,
  limitsChanged,
  placeFreed,
  readinessChanged,
  settledChanged,
  spendCapReached,
} from '../wakes.ts';
import { nodeLeavingChanged } from './node-view.ts';

export function addSessionController(
  manager: Manager,
  caches: Caches,
  settings: Pick<Settings, 'namespace' | 'concurrency'>,
  reconcile: Reconcile,
): Controller {
  return (
    manager
      .controller({ name: 'voicesession', reconcile, workers: settings.concurrency })
      .for(voiceSessions)
      .watches(voiceSessions, ({ metadata }) => caches.pendingSessions(metadata.namespace), {
        predicates: [placeFreed],
      })
      .watches(jobs, sessionKeysOf, watched.jobs)
      .watches(podDisruptionBudgets, sessionKeysOf, { ...watched.budgets, predicates: [changedBySomebody] })
      .watches(pods, sessionKeysOf, watched.pods)
      .watches(tenants, (changed) => namespacesOf(changed).flatMap(caches.pendingSessions), {
        predicates: [readinessChanged],
      })
      // What they used is counted: they may go.
      .watches(
        tenants,
        (changed) =>
          namespacesOf(changed).flatMap((namespace) =>
            (changed.status?.usage?.settled ?? []).map(({ name }) => ({ namespace, name })),
          ),
        { predicates: [settledChanged] },
      )
      .watches(tenants, caches.sessionsOf, {
        predicates: [any(spendCapReached, gatewayReachChanged, limitsChanged)],
      })
      .watches(campaigns, ({ metadata }) => caches.pendingSessions(metadata.namespace), {
        predicates: [readinessChanged],
      })
      .watches(nodes, ({ metadata }) => caches.sessionsOn(metadata.name), {
        ...watched.nodes,
        predicates: [nodeLeavingChanged],
      })
      // A guild or a campaign that became free.
      .watches(leases, () => caches.pendingSessions(), {
        ...watched.claims(settings.namespace),
        predicates: [{ add: () => false, update: () => false }],
      })
  );
}
