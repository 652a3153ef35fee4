// What wakes the keeper of bot tokens. It has a queue of its own: a Vault that is slow to answer holds no Tenant up.
import type { Tenant } from '../../../src/api/index.ts';
import type { Informer, Logger, Manager, ObjectKey } from '../../../src/kube/index.ts';
import { type LiveTenant, tenants } from '../../resources.ts';
import { specOrNamespaceChanged } from '../../wakes.ts';
import { TokenKeeper, type TokenVault } from './keeper.ts';
import { TokenWatch } from './watch.ts';

export interface TokenControllerOptions {
  readonly manager: Manager;
  readonly log: Logger;
  readonly tenants: Informer<Tenant>;
  readonly tenantOf: (namespace: string) => LiveTenant | undefined;
  readonly vault: TokenVault | undefined;
  readonly onChange: (key: ObjectKey) => void;
}

export function addTokenController(options: TokenControllerOptions): TokenKeeper {
  const { manager, tenantOf } = options;
  const { client, clock } = manager;
  const watch = new TokenWatch({
    client,
    clock,
    log: options.log,
    tenants: options.tenants,
    onChange: (namespace) => {
      const tenant = tenantOf(namespace);
      if (tenant !== undefined) controller.enqueue({ name: tenant.metadata.name });
    },
  });
  manager.addRunnable('tokens', (signal) => watch.run(signal), { leaderOnly: true });
  const recorder = manager.events('skald.dev/controller');
  const keeper = new TokenKeeper({ ...options, client, clock, recorder, watch });
  const controller = manager
    .controller({ name: 'token', reconcile: (key, context) => keeper.reconcile(key, context), workers: 4 })
    .for(tenants, { predicates: [specOrNamespaceChanged] });
  return keeper;
}
