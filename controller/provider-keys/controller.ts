// What wakes the reconciler of provider keys: one key of its queue is one Tenant, with all its Campaigns.
import type { Campaign, Tenant } from '../../src/api/index.ts';
import type { Controller, Informer, Manager } from '../../src/kube/index.ts';
import { campaigns, type LiveTenant, tenants } from '../resources.ts';
import { specOrDeletionChanged, specOrNamespaceChanged } from '../wakes.ts';
import { type KeyVault, ProviderKeys } from './reconcile.ts';

export interface ProviderKeysControllerOptions {
  readonly manager: Manager;
  readonly tenants: Informer<Tenant>;
  readonly campaigns: Informer<Campaign>;
  readonly tenantOf: (namespace: string) => LiveTenant | undefined;
  readonly vault: KeyVault | undefined;
  readonly onChange: (tenant: LiveTenant) => void;
}

export function addProviderKeys(options: ProviderKeysControllerOptions): {
  readonly keys: ProviderKeys;
  readonly controller: Controller;
} {
  const { manager } = options;
  const { client, clock } = manager;
  const keys = new ProviderKeys({ ...options, client, clock });
  const controller = manager
    .controller({
      name: 'provider-keys',
      reconcile: (key, context) => keys.reconcile(key, context),
      workers: 4,
    })
    .for(tenants, { predicates: [specOrNamespaceChanged] })
    .watches(
      campaigns,
      ({ metadata: { namespace } }) => {
        const tenant = options.tenantOf(namespace ?? '');
        return tenant === undefined ? [] : [{ name: tenant.metadata.name }];
      },
      { predicates: [specOrDeletionChanged] },
    );
  return { keys, controller };
}
