// What becomes of what a Tenant had, once it is deleted: its sessions drain, its gateway loses its rights, the database its
// roles; then Secrets and namespace go. Every step can be repeated after a crash.
import { isFinal, tenantNamespace, type VoiceSession } from '../../src/api/index.ts';
import { type Client, type Informer, namespaces, roleBindings } from '../../src/kube/index.ts';
import { type LiveTenant, voiceSessions } from '../resources.ts';
import type { TenantAccess } from '../restricted/access.ts';
import { CONTROLLER_BINDING, GATEWAY_BINDING, SESSIONS_BINDING } from './bindings.ts';
import type { TenantDatabases } from './database/tenant-databases.ts';
import type { DedicatedGateway } from './dedicated/gateway.ts';
import { deletesNamespace } from './namespace.ts';

export interface TenantRemovalOptions {
  readonly client: Client;
  readonly sessions: Informer<VoiceSession>;
  readonly dedicated: DedicatedGateway;
  readonly databases: TenantDatabases;
  /** In restricted mode, in which namespace and bindings are the platform team's. */
  readonly access?: TenantAccess | undefined;
}

export class TenantRemoval {
  readonly #o: TenantRemovalOptions;
  readonly #readers: (tenant: LiveTenant, signal: AbortSignal) => Promise<boolean>;

  /** @param readers takes the tenant's own gateway from those that may read Tenants */
  constructor(
    options: TenantRemovalOptions,
    readers: (tenant: LiveTenant, signal: AbortSignal) => Promise<boolean>,
  ) {
    this.#o = options;
    this.#readers = readers;
  }

  /** Idempotent. @returns false: not yet */
  async cleanUp(tenant: LiveTenant, signal: AbortSignal): Promise<boolean> {
    const { client } = this.#o;
    const namespace = tenantNamespace(tenant);
    // A Tenant that never had its namespace must not touch what is in it.
    if (tenant.status?.namespace !== namespace) return true;
    const open = this.#o.sessions.list(namespace).filter(({ status }) => !isFinal(status?.phase));
    const running = open.filter(({ spec }) => spec.desiredState !== 'Stopped');
    await Promise.all(
      running.map(({ metadata: { name, uid, resourceVersion } }) =>
        client.patch(
          voiceSessions,
          { namespace, name },
          { merge: { metadata: { uid, resourceVersion }, spec: { desiredState: 'Stopped' } } },
          { signal },
        ),
      ),
    );
    if (open.length > 0) return false;
    const restricted = this.#o.access !== undefined;
    if (!restricted) await this.#readers(tenant, signal);
    if (this.#o.dedicated.exists(tenant)) await this.#o.dedicated.remove(tenant, signal);
    for (const name of restricted ? [] : [SESSIONS_BINDING, GATEWAY_BINDING]) {
      await client.deleteCurrent(roleBindings, { namespace, name }, { signal });
    }
    const live = restricted ? undefined : await client.find(namespaces, { name: namespace }, { signal });
    const namespaceEnds =
      !restricted && (live === undefined || live.metadata.deletionTimestamp !== undefined);
    if (!(await this.#o.databases.remove(tenant, namespaceEnds, signal))) return false;
    // Namespace and bindings are the platform team's, who made them.
    if (restricted) return true;
    if (deletesNamespace(tenant, live)) {
      if (live?.metadata.deletionTimestamp === undefined) {
        await client.delete(namespaces, { name: namespace }, { uid: live?.metadata.uid, signal });
      }
      return false;
    }
    if (live !== undefined)
      await client.deleteCurrent(roleBindings, { namespace, name: CONTROLLER_BINDING }, { signal });
    return true;
  }
}
