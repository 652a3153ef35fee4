// What wakes the reconciler of Tenants.
import { isDedicated } from '../../src/api/index.ts';
import {
  type Controller,
  clusterRoleBindings,
  limitRanges,
  type Manager,
  namespaces,
  networkPolicies,
  type Reconcile,
  resourceQuotas,
  roleBindings,
  serviceAccounts,
  services,
  statefulSets,
} from '../../src/kube/index.ts';
import { type Caches, tenantKeysOf, watched } from '../caches.ts';
import { tenants, voiceSessions } from '../resources.ts';
import { phaseChanged, quotaChanged, specOrDeletionChanged, spendChanged } from '../wakes.ts';
import { mayConflict } from './conflict.ts';

export function addTenantController(manager: Manager, caches: Caches, reconcile: Reconcile): Controller {
  return (
    manager
      .controller({ name: 'tenant', reconcile, workers: 4 })
      .for(tenants, { predicates: [specOrDeletionChanged] })
      .watches(tenants, (changed) =>
        caches.tenants
          .list()
          .filter((other) => mayConflict(changed, other))
          .map(({ metadata: { name } }) => ({ name })),
      )
      .watches(namespaces, tenantKeysOf)
      .watches(networkPolicies, tenantKeysOf, watched.own)
      .watches(limitRanges, tenantKeysOf, watched.own)
      .watches(resourceQuotas, tenantKeysOf, { ...watched.own, predicates: [quotaChanged] })
      .watches(roleBindings, tenantKeysOf, watched.own)
      .watches(statefulSets, tenantKeysOf, { ...watched.gateways, predicates: [specOrDeletionChanged] })
      .watches(services, tenantKeysOf, watched.gateways)
      .watches(serviceAccounts, tenantKeysOf, watched.gateways)
      .watches(
        clusterRoleBindings,
        () =>
          caches.tenants
            .list()
            .filter(isDedicated)
            .map(({ metadata: { name } }) => ({ name })),
        watched.tenantReaders,
      )
      .watches(
        voiceSessions,
        ({ metadata }) => {
          const owner = caches.tenantOf(metadata.namespace ?? '');
          return owner === undefined ? [] : [{ name: owner.metadata.name }];
        },
        { predicates: [phaseChanged] },
      )
      // The spend of running sessions, where a limit waits for it.
      .watches(
        voiceSessions,
        ({ metadata }) => {
          const owner = caches.tenantOf(metadata.namespace ?? '');
          return owner?.spec.limits.spendPerMonth === undefined ? [] : [{ name: owner.metadata.name }];
        },
        { predicates: [spendChanged] },
      )
  );
}
