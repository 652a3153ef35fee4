// What wakes the reconciler of Campaigns.
import type { Controller, Manager, Reconcile } from '../../src/kube/index.ts';
import { type Caches, namespacesOf } from '../caches.ts';
import { campaigns, tenants, voiceSessions } from '../resources.ts';
import { phaseChanged, specOrDeletionChanged, specOrNamespaceChanged } from '../wakes.ts';

export function addCampaignController(manager: Manager, caches: Caches, reconcile: Reconcile): Controller {
  return manager
    .controller({ name: 'campaign', reconcile, workers: 4 })
    .for(campaigns, { predicates: [specOrDeletionChanged] })
    .watches(
      tenants,
      (changed) =>
        namespacesOf(changed).flatMap((namespace) =>
          caches.campaigns.list(namespace).map(({ metadata: { name } }) => ({ namespace, name })),
        ),
      { predicates: [specOrNamespaceChanged] },
    )
    .watches(
      voiceSessions,
      ({ metadata: { namespace }, spec }) => [{ namespace, name: spec.campaignRef.name }],
      { predicates: [phaseChanged] },
    );
}
