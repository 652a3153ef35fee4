/**
 * Which tenants this gateway serves: follows the Tenants and keeps one scope for each whose status.gateway names it. A scope is made anew when what it is built on changes (the namespace, the Discord application).
 */
import type { Tenant } from '../../src/api/index.ts';
import type { Client, Clock, Informer, Live } from '../../src/kube/index.ts';
import type { GetTenantStatusResponse } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { DatabaseUrl } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { FeedbackMetrics } from '../commands/feedback/metrics.ts';
import type { BotCommons } from './bot.ts';
import { NOT_SERVED } from './bot-state.ts';
import { TenantScope } from './tenant-scope.ts';
import type { GatewayVault } from './tenant-vault.ts';

export interface TenantDirectoryOptions {
  /** This gateway as Tenants name it, e.g. skald-gateway-0. */
  readonly gateway: string;
  readonly tenants: Informer<Tenant>;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly apiUrl: string;
  readonly databaseUrl: DatabaseUrl | undefined;
  readonly commons: BotCommons;
  /** Undefined: the installation has none. */
  readonly vault?: GatewayVault | undefined;
  readonly feedback?: FeedbackMetrics | undefined;
}

const BY_NAMESPACE = 'statusNamespace';
const BY_APPLICATION = 'application';

export class TenantDirectory {
  readonly #options: TenantDirectoryOptions;
  readonly #scopes = new Map<string, TenantScope>();
  /** Scopes that are closing, by tenant: the next one waits, or two would identify with one token. */
  readonly #closing = new Map<string, Promise<void>>();
  #closed = false;

  constructor(options: TenantDirectoryOptions) {
    this.#options = options;
    options.tenants.addIndex(BY_NAMESPACE, ({ status }) =>
      status?.namespace === undefined ? [] : [status.namespace],
    );
    options.tenants.addIndex(BY_APPLICATION, ({ spec }) => [spec.discord.applicationId]);
    const changed = (tenant: Live<Tenant>): void => this.#reconcile(tenant.metadata.name);
    options.tenants.addHandler({ add: changed, update: (_, tenant) => changed(tenant), delete: changed });
  }

  /** The tenant of a namespace, served here or not. */
  tenantOf(namespace: string): Live<Tenant> | undefined {
    return this.#options.tenants.byIndex(BY_NAMESPACE, namespace)[0];
  }

  /** The tenant of a Discord application that a gateway serves, this one or another; of several the operator assigns one. */
  tenantOfApplication(applicationId: string): Live<Tenant> | undefined {
    return this.#options.tenants
      .byIndex(BY_APPLICATION, applicationId)
      .find(({ status }) => status?.gateway !== undefined);
  }

  scopeOfApplication(applicationId: string): TenantScope | undefined {
    const tenant = this.tenantOfApplication(applicationId);
    return tenant === undefined ? undefined : this.scopeOf(tenant.metadata.name);
  }

  scopeOf(tenantName: string): TenantScope | undefined {
    return this.#scopes.get(tenantName);
  }

  scopes(): Iterable<TenantScope> {
    return this.#scopes.values();
  }

  statusOf(tenantName: string): GetTenantStatusResponse {
    return this.#scopes.get(tenantName)?.status ?? NOT_SERVED;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const name of [...this.#scopes.keys()]) this.#drop(name, true);
    await Promise.all(this.#closing.values());
  }

  #reconcile(name: string): void {
    if (this.#closed) return;
    const { tenants, gateway, log } = this.#options;
    const tenant = tenants.get({ name });
    const namespace = tenant?.status?.namespace;
    const scope = this.#scopes.get(name);
    if (tenant === undefined || tenant.status?.gateway !== gateway || namespace === undefined) {
      if (scope !== undefined) log.info({ tenant: name }, 'Tenant is no longer served here');
      // Another gateway goes on with the bot's session where this one stops.
      this.#drop(name, tenant?.status?.gateway !== undefined && isOf(scope, tenant));
      return;
    }
    if (scope !== undefined && isOf(scope, tenant)) {
      scope.update(tenant);
      return;
    }
    this.#drop(name, false);
    const before = this.#closing.get(name);
    if (before === undefined) this.#add(tenant, namespace);
    else void before.then(() => this.#reconcile(name));
  }

  #add(tenant: Live<Tenant>, namespace: string): void {
    const { client, clock, log, apiUrl, databaseUrl, commons, vault, feedback } = this.#options;
    const scope = new TenantScope(tenant, namespace, {
      client,
      clock,
      log,
      apiUrl,
      databaseUrl,
      feedback,
      commons,
      vault,
    });
    this.#scopes.set(tenant.metadata.name, scope);
    log.info({ tenant: tenant.metadata.name, namespace }, 'Tenant is served here');
    scope.start();
  }

  #drop(name: string, keepVoice: boolean): void {
    const scope = this.#scopes.get(name);
    if (scope === undefined) return;
    this.#scopes.delete(name);
    const closing = scope
      .close(keepVoice)
      .catch((error: unknown) =>
        this.#options.log.error({ err: error, tenant: name }, 'A tenant did not close well'),
      )
      .finally(() => {
        if (this.#closing.get(name) === closing) this.#closing.delete(name);
      });
    this.#closing.set(name, closing);
  }
}

/** Whether the scope is built on what the Tenant says now. */
function isOf(scope: TenantScope | undefined, { spec, status }: Live<Tenant>): boolean {
  return scope?.namespace === status?.namespace && scope?.applicationId === spec.discord.applicationId;
}
