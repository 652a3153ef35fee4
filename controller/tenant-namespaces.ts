// Follows which namespaces Tenants use: what must be done for each of them, one by one, hangs on this.
import type { Tenant } from '../src/api/index.ts';
import type { Informer, Live } from '../src/kube/index.ts';

export interface NamespaceFollower {
  /** May be told of the same namespace more than once. */
  enter(namespace: string): void;
  leave(namespace: string): void;
}

/** Until the signal is aborted. The follower is not told to leave what it is in at the end. */
export async function followNamespaces(
  tenants: Informer<Tenant>,
  follower: NamespaceFollower,
  signal: AbortSignal,
): Promise<void> {
  const follow = ({ status, metadata }: Live<Tenant>): void => {
    if (status?.namespace !== undefined && metadata.deletionTimestamp === undefined) {
      follower.enter(status.namespace);
    }
  };
  const stop = tenants.addHandler({
    add: follow,
    update: (old, tenant) => {
      const left = old.status?.namespace;
      if (left !== undefined && left !== tenant.status?.namespace) follower.leave(left);
      follow(tenant);
    },
    delete: ({ status }) => {
      if (status?.namespace !== undefined) follower.leave(status.namespace);
    },
  });
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  stop();
}
