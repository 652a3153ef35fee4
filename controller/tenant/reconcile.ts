// The effects of a Tenant: its namespace, its bindings, its schema, its gateway; then its status.
import {
  fieldManagers,
  finalizers,
  isDedicated,
  parseGatewayReference,
  TENANT_READERS_BINDING,
  type Tenant,
  type TenantUsage,
  tenantNamespace,
  type VoiceSession,
} from '../../src/api/index.ts';
import {
  Applier,
  addFinalizer,
  type Client,
  type Clock,
  type ClusterRoleBinding,
  covers,
  type EventRecorder,
  finalize,
  type Informer,
  type Namespace,
  namespaces,
  type ObjectKey,
  Overlay,
  type RoleBinding,
  roleBindings,
  type ServiceAccount,
  serviceAccounts,
} from '../../src/kube/index.ts';
import type { CertificatesState } from '../certificates/keeper.ts';
import { nameTaken } from '../children/events.ts';
import type { ProviderKeys } from '../provider-keys/reconcile.ts';
import { type LiveTenant, tenantStatuses, tenants, voiceSessions } from '../resources.ts';
import type { TenantAccess } from '../restricted/access.ts';
import { missingBindings } from '../restricted/bindings.ts';
import { rightsMissing, waitsFor } from '../restricted/steps.ts';
import type { Settings } from '../settings.ts';
import { type BindingSettings, botAccount, controllerBinding, gatewayBindings } from './bindings.ts';
import { TenantChildren, type TenantChildrenPass } from './children.ts';
import { conflictOf } from './conflict.ts';
import { Containment, type ContainmentOptions } from './containment.ts';
import type { TenantDatabases } from './database/tenant-databases.ts';
import { type Step, type TenantObservation, tenantStatus } from './decide.ts';
import type { DedicatedGateway } from './dedicated/gateway.ts';
import { ensureTenantReaders, tenantReaders } from './dedicated/readers.ts';
import type { DiscordState, DiscordWatch } from './discord.ts';
import { assignGateway } from './gateway.ts';
import { isMarked, planNamespace, wantedNamespace } from './namespace.ts';
import { TenantRemoval } from './removal.ts';
import type { TokenKeeper } from './token/keeper.ts';
import { doubtful, spendWarnings, usageOf } from './usage.ts';

export interface TenantReconcilerOptions extends ContainmentOptions {
  /** In restricted mode: where the operator has rights. */
  readonly access?: TenantAccess | undefined;
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly tenants: Informer<Tenant>;
  readonly sessions: Informer<VoiceSession>;
  readonly namespaces: Informer<Namespace>;
  readonly roleBindings: Informer<RoleBinding>;
  readonly clusterRoleBindings: Informer<ClusterRoleBinding>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly dedicated: DedicatedGateway;
  readonly bindings: BindingSettings;
  readonly gatewaySlots: number;
  readonly settings: Settings;
  readonly databases: TenantDatabases;
  readonly discord: DiscordWatch;
  readonly certificates: () => CertificatesState;
  readonly tokens: Pick<TokenKeeper, 'stepOf'>;
  readonly providerKeys: Pick<ProviderKeys, 'stepOf'>;
  /** Whether the installation has a Vault, in which tenants need an identity. */
  readonly usesVault: boolean;
}

/** While something is missing that no watch tells of. */
const SOON_MS = 2_000;
/** Usage of running sessions grows without an event. */
const USAGE_MS = 60_000;

export class TenantReconciler {
  readonly #o: TenantReconcilerOptions;
  readonly #tenants: Overlay<Tenant>;
  readonly #roleBindings: Overlay<RoleBinding>;
  readonly #containment: Containment;
  readonly #serviceAccounts: Overlay<ServiceAccount>;
  readonly #children: TenantChildren;
  readonly #removal: TenantRemoval;
  readonly #applier: Applier;

  constructor(options: TenantReconcilerOptions) {
    this.#o = options;
    this.#tenants = new Overlay(options.tenants);
    this.#roleBindings = new Overlay(options.roleBindings);
    this.#containment = new Containment(options);
    this.#serviceAccounts = new Overlay(options.serviceAccounts);
    this.#children = new TenantChildren(options);
    this.#removal = new TenantRemoval(options, (tenant, signal) => this.#ensureReaders(tenant, signal));
    this.#applier = new Applier({ client: options.client, fieldManager: fieldManagers.controller });
  }

  async reconcile(
    key: ObjectKey,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    let tenant = this.#tenants.get(key);
    if (tenant === undefined) {
      this.#o.discord.forget(key.name);
      this.#o.databases.forget(key.name);
      return undefined;
    }
    const conflict = conflictOf(tenant, this.#tenants.list());
    const deleting = tenant.metadata.deletionTimestamp !== undefined;
    if (conflict !== undefined && !deleting) {
      await this.#write(this.#observation(tenant, { conflict }), signal);
      return undefined;
    }
    const access = this.#o.access?.of(tenant);
    if (access?.kind === 'unlisted') return undefined;
    if (access?.kind === 'refused' || access?.kind === 'reading') {
      // Woken when there are rights, and everything has been read.
      await this.#write(this.#observation(tenant, { namespace: waitsFor(access) }), signal);
      return undefined;
    }
    // A Tenant that never had its namespace does not count what is in it.
    const hadNamespace = tenant.status?.namespace === tenantNamespace(tenant);
    let usage = hadNamespace ? await this.#usage(tenant, signal) : tenant.status?.usage;
    if (deleting) return this.#delete(tenant, usage, signal);
    if (!tenant.metadata.finalizers?.includes(finalizers.tenant)) {
      tenant = await addFinalizer(this.#o.client, tenants, tenant, finalizers.tenant, { signal });
      this.#tenants.record(tenant);
    }
    const children = this.#children.of(tenant, signal);
    const namespace = await this.#ensureNamespace(tenant, children, signal);
    if (namespace.status !== 'True') {
      await this.#write(this.#observation(tenant, { namespace, usage }), signal);
      return { requeueAfterMs: SOON_MS };
    }
    if (!hadNamespace) usage = await this.#usage(tenant, signal);
    const inUse = {
      namespace: tenantNamespace(tenant),
      gateway:
        this.#o.access?.gatewayOf(tenant) ??
        assignGateway(tenant, this.#tenants.list(), this.#o.gatewaySlots),
    };
    const [gateway, database] = await Promise.all([
      this.#ensureGateway(tenant, inUse.gateway, children, signal),
      this.#o.databases.ensure(tenant, signal),
    ]);
    const served = gateway.status === 'True' && inUse.gateway !== undefined;
    if (served && tenant.status?.gateway !== inUse.gateway) {
      // The gateway acts on the status: it has to say so before the gateway can be asked.
      tenant = await this.#write(
        this.#observation(tenant, { namespace, gateway, database: database.step, inUse, usage }),
        signal,
      );
    }
    const discord =
      served && inUse.gateway !== undefined
        ? await this.#o.discord.look(tenant.metadata.name, inUse.gateway)
        : { state: NO_GATEWAY, askAgainMs: USAGE_MS };
    const parts = { namespace, gateway, database: database.step, discord: discord.state, inUse, usage };
    await this.#write(this.#observation(tenant, parts), signal);
    const certificatesPending = !this.#o.certificates().ready;
    return {
      requeueAfterMs: Math.min(
        discord.askAgainMs,
        children.retryMs,
        database.retryMs ?? USAGE_MS,
        certificatesPending || gateway.reason === 'RightsMissing' ? SOON_MS : USAGE_MS,
      ),
    };
  }

  async #ensureNamespace(
    tenant: LiveTenant,
    children: TenantChildrenPass,
    signal: AbortSignal,
  ): Promise<Step> {
    const name = tenantNamespace(tenant);
    // The platform team has made it, with the operator's RoleBinding in it; what else is there is theirs.
    if (this.#o.access !== undefined) return this.#furnish(tenant, true, children);
    // Not from the cache alone: applying to a namespace that the cache does not know yet would take it.
    const live =
      this.#o.namespaces.get({ name }) ?? (await this.#o.client.find(namespaces, { name }, { signal }));
    const plan = planNamespace(tenant, live);
    if (plan.kind === 'refuse') return { status: 'False', reason: plan.reason, message: plan.message };
    const wanted = wantedNamespace(tenant, plan.adopt, this.#o.settings.podSecurityVersion);
    if (live === undefined || !covers(wanted, live)) {
      const { written } = await this.#applier.apply(namespaces, wanted, { live, signal });
      if (written) children.tell(`Namespace ${name}`, isMarked(tenant, live) ? 'mended' : 'made', false);
    }
    // First: without it nothing else can be made there.
    await children.keep(
      roleBindings,
      this.#roleBindings,
      controllerBinding(tenant, this.#o.bindings),
      BINDING,
    );
    return this.#furnish(tenant, plan.adopt, children);
  }

  /** What is in the namespace besides RoleBindings. */
  async #furnish(tenant: LiveTenant, adopted: boolean, children: TenantChildrenPass): Promise<Step> {
    const name = tenantNamespace(tenant);
    await this.#containment.keep(tenant, adopted, children);
    if (children.taken.length > 0)
      return { status: 'False', reason: 'NameTaken', message: nameTaken(children.taken.join(', ')) };
    return { status: 'True', reason: 'NamespaceReady', message: `Namespace ${name} is ready.` };
  }

  async #ensureGateway(
    tenant: LiveTenant,
    gateway: string | undefined,
    children: TenantChildrenPass,
    signal: AbortSignal,
  ): Promise<Step> {
    const place = parseGatewayReference(gateway);
    if (place === undefined) {
      const message = 'This installation has no gateway; set gateway.slots in the chart to 1 or more.';
      return { status: 'False', reason: 'NoGateway', message };
    }
    const bindings = gatewayBindings(tenant, place, this.#o.bindings);
    if (this.#o.access === undefined) {
      for (const one of bindings) await children.keep(roleBindings, this.#roleBindings, one, BINDING);
    } else {
      const namespace = tenantNamespace(tenant);
      const [missing] = missingBindings(bindings, (name) => this.#o.roleBindings.get({ namespace, name }));
      if (missing !== undefined) return rightsMissing(missing);
    }
    if (this.#o.usesVault) {
      await children.keep(serviceAccounts, this.#serviceAccounts, botAccount(tenant));
    }
    const readers = this.#o.access !== undefined || (await this.#ensureReaders(tenant, signal));
    if (isDedicated(tenant)) {
      await this.#o.dedicated.ensure(tenant, children, signal);
      if (!readers) {
        const message = `ClusterRoleBinding ${TENANT_READERS_BINDING} is missing: the chart makes it. Without it the tenant’s own gateway cannot read its Tenant.`;
        return { status: 'False', reason: 'DedicatedTopologyNotAvailable', message };
      }
    } else if (this.#o.dedicated.exists(tenant)) {
      await this.#o.dedicated.remove(tenant, signal);
    }
    if (children.taken.length > 0)
      return { status: 'False', reason: 'NameTaken', message: nameTaken(children.taken.join(', ')) };
    return { status: 'True', reason: 'GatewayAssigned', message: `${gateway} serves the bot.` };
  }

  /** @returns false when the installation has no such binding */
  #ensureReaders(tenant: LiveTenant, signal: AbortSignal): Promise<boolean> {
    // The status of this one may not name its namespace yet.
    const status = { ...tenant.status, namespace: tenantNamespace(tenant) };
    const others = this.#tenants.list().filter(({ metadata }) => metadata.uid !== tenant.metadata.uid);
    const wanted = tenantReaders([...others, { ...tenant, status }]);
    return ensureTenantReaders(this.#o.client, this.#o.clusterRoleBindings, wanted, signal);
  }

  async #delete(
    tenant: LiveTenant,
    usage: TenantUsage | undefined,
    signal: AbortSignal,
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const { client } = this.#o;
    if (!tenant.metadata.finalizers?.includes(finalizers.tenant)) return undefined;
    const database = this.#o.databases.removal(tenant);
    const status = { inUse: inUseOf(tenant), namespace: DELETING, gateway: DELETING, database, usage };
    await this.#write(this.#observation(tenant, status), signal);
    const done = await finalize({
      client,
      resource: tenants,
      object: tenant,
      finalizer: finalizers.tenant,
      cleanup: () => this.#removal.cleanUp(tenant, signal),
      signal,
    });
    return done ? undefined : { requeueAfterMs: SOON_MS };
  }

  async #usage(tenant: LiveTenant, signal: AbortSignal): Promise<TenantUsage> {
    const { client, clock } = this.#o;
    const namespace = tenantNamespace(tenant);
    const before = tenant.status?.usage;
    const sessions = this.#o.sessions.list(namespace);
    // From the server: a cache that is late would have a session counted twice.
    const found = await Promise.all(
      doubtful(before, sessions).map(({ name }) =>
        client.find(voiceSessions, { namespace, name }, { signal }),
      ),
    );
    const verified = new Map(
      found.flatMap((session) => (session === undefined ? [] : [[session.metadata.uid, session]])),
    );
    return usageOf({
      before,
      sessions,
      verified,
      now: new Date(clock.now()),
      timeZone: tenant.spec.timeZone,
    });
  }

  #observation(tenant: LiveTenant, parts: Partial<TenantObservation>): TenantObservation {
    return {
      now: new Date(this.#o.clock.now()),
      tenant,
      conflict: undefined,
      namespace: undefined,
      gateway: undefined,
      database: undefined,
      certificates: this.#o.certificates(),
      discord: undefined,
      token: this.#o.tokens.stepOf(tenant),
      providerKeys: this.#o.providerKeys.stepOf(tenant),
      usage: undefined,
      inUse: undefined,
      ...parts,
    };
  }

  async #write(observation: TenantObservation, signal: AbortSignal): Promise<LiveTenant> {
    const { tenant } = observation;
    const status = tenantStatus(observation);
    const { name, uid, resourceVersion } = tenant.metadata;
    // The sums of usage are added to those before: whoever wrote in between is read first.
    const metadata = { name, uid, resourceVersion };
    const { object, written } = await this.#applier.applyStatus(
      tenantStatuses,
      { apiVersion: tenant.apiVersion, kind: tenant.kind, metadata, status },
      { live: tenant, listKeys: { 'status.conditions': ['type'], 'status.usage.settled': ['uid'] }, signal },
    );
    if (!written) return tenant;
    const current = { ...tenant, ...object };
    this.#tenants.record(current);
    this.#tell(tenant, current);
    return current;
  }

  /** One Event for each change of Ready, and for each limit on spend that is reached. */
  #tell(before: LiveTenant, after: LiveTenant): void {
    for (const { reason, message } of spendWarnings(before, after)) {
      this.#o.recorder.event(
        { resource: tenants, object: after },
        { type: 'Warning', reason, action: 'Account', note: message },
      );
    }
    const [old, ready] = [before, after].map(({ status }) =>
      status?.conditions?.find(({ type }) => type === 'Ready'),
    );
    if (ready === undefined || ready.reason === 'Reconciling') return;
    if (old?.status === ready.status && old.reason === ready.reason) return;
    const type = ready.status === 'True' ? 'Normal' : 'Warning';
    const { reason, message } = ready;
    this.#o.recorder.event(
      { resource: tenants, object: after },
      { type, reason, action: 'Reconcile', note: message },
    );
  }
}

/** Nobody may add subjects. */
const BINDING = ['subjects', 'roleRef'] as const;

const NO_GATEWAY: DiscordState = {
  status: 'Unknown',
  reason: 'NoGateway',
  message: 'No gateway serves the bot.',
};

const DELETING: Step = { status: 'False', reason: 'Terminating', message: 'The Tenant is being deleted.' };

function inUseOf({ status }: LiveTenant): TenantObservation['inUse'] {
  return status?.namespace === undefined
    ? undefined
    : { namespace: status.namespace, gateway: status.gateway };
}
