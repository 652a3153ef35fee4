// Restricted mode, put together: what the operator may read, and where it may work.
import {
  type Client,
  type Clock,
  type Controller,
  type Informers,
  type Logger,
  type Manager,
  NamespaceScope,
  type ObjectKey,
} from '../../src/kube/index.ts';
import type { Caches } from '../caches.ts';
import { tenants } from '../resources.ts';
import type { Settings } from '../settings.ts';
import { TenantAccess } from './access.ts';

export interface RestrictedMode {
  readonly scope: NamespaceScope;
  /** False: what the key is about is not in the caches; it is enqueued when it is. */
  admits(controller: string, key: ObjectKey): boolean;
  /** Begins to find out where there are rights. */
  start(parts: StartParts): TenantAccess;
}

export interface StartParts {
  /** Asks on standbys, too: not the one that refuses writes. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly manager: Pick<Manager, 'addRunnable'>;
  readonly informers: Informers;
  readonly caches: Caches;
  readonly settings: Settings;
  /** Those that are told when a namespace is served; called late, because they are made after this. */
  readonly wake: () => {
    readonly tenants: Controller;
    readonly campaigns: Controller;
    readonly sessions: Controller;
  };
}

/** @returns undefined when the operator has its rights in the whole cluster */
export function restrictedMode(settings: Settings): RestrictedMode | undefined {
  if (settings.rbac.mode !== 'restricted') return undefined;
  const scope = new NamespaceScope([tenants]);
  let access: TenantAccess | undefined;
  let known: Caches | undefined;
  return {
    scope,
    admits(controller, { namespace, name }) {
      if (namespace !== undefined) return access?.isReady(namespace) ?? false;
      // It says in the Tenant what is missing; the others have to do with what is in the namespace.
      if (controller === 'tenant') return true;
      const tenant = known?.tenants.get({ name });
      return tenant === undefined || access?.of(tenant).kind === 'ready';
    },
    start({ client, clock, log, manager, informers, caches, wake }) {
      known = caches;
      const found = new TenantAccess({
        client,
        clock,
        log,
        scope,
        informers,
        tenants: caches.tenants,
        listed: settings.rbac.tenants,
        systemNamespace: settings.namespace,
        serviceAccount: settings.serviceAccount,
        onChange: (name, namespace) => {
          const controllers = wake();
          controllers.tenants.enqueue({ name });
          for (const { metadata } of caches.campaigns.list(namespace))
            controllers.campaigns.enqueue(metadata);
          for (const { metadata } of caches.sessions.list(namespace)) controllers.sessions.enqueue(metadata);
        },
      });
      access = found;
      manager.addRunnable('access', (signal) => found.run(signal));
      const names = settings.rbac.tenants.map(({ name }) => name);
      log.info(
        { tenants: names },
        'Restricted mode: nodes are not watched, so no session moves when one is drained',
      );
      return found;
    },
  };
}
