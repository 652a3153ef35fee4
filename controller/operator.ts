// Puts the operator together: caches, the three reconcilers and what wakes them. Used by main.ts and by tests.
import {
  dedicatedPlace,
  fieldManagers,
  isDedicated,
  isFinal,
  isLive,
  labels,
  MANAGED_BY,
  TENANT_READERS_BINDING,
  type Tenant,
} from '../src/api/index.ts';
import {
  Applier,
  type Client,
  clusterRoleBindings,
  jobs,
  type Live,
  type Logger,
  leases,
  Manager,
  type Metrics,
  namespaces,
  networkPolicies,
  nodes,
  type ObjectKey,
  Overlay,
  type Pod,
  podDisruptionBudgets,
  pods,
  roleBindings,
  serviceAccounts,
  services,
  statefulSets,
} from '../src/kube/index.ts';
import { trustDomain } from '../src/rpc/identity.ts';
import { CampaignReconciler, SESSION_CAMPAIGN_INDEX } from './campaign/reconcile.ts';
import { BuiltInAuthority } from './certificates/authority.ts';
import { sessionMetrics } from './metrics.ts';
import { campaigns, type LiveTenant, tenants, voiceSessions } from './resources.ts';
import type { Settings } from './settings.ts';
import { mayConflict } from './tenant/conflict.ts';
import { type MigrateSchema, TenantSchemas } from './tenant/database.ts';
import { DedicatedGateway } from './tenant/dedicated/gateway.ts';
import { type AskGateway, DiscordWatch } from './tenant/discord.ts';
import { TenantReconciler } from './tenant/reconcile.ts';
import { CLAIM_SELECTOR, ClaimRegistry } from './voicesession/claims.ts';
import { nodeLeavingChanged, slimNode } from './voicesession/node-view.ts';
import { SessionReconciler } from './voicesession/reconcile.ts';
import { SecretWatch } from './voicesession/secret-watch.ts';
import { jobKeysOf, POD_JOB_INDEX, POD_SESSION_INDEX } from './voicesession/session-workers.ts';
import { slimPod } from './voicesession/worker-view.ts';
import {
  changedBySomebody,
  phaseChanged,
  placeFreed,
  readinessChanged,
  settledChanged,
  specOrDeletionChanged,
  specOrNamespaceChanged,
  spendCapReached,
  spendChanged,
} from './wakes.ts';
import { addWarmWorkers } from './warm/controller.ts';

export interface OperatorOptions {
  readonly client: Client;
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Undefined: the installation has no database. */
  readonly database: { readonly url: string; readonly migrate: MigrateSchema } | undefined;
  /** PEM of CA certificates that workers trust in addition. */
  readonly extraCa?: string | undefined;
  /** How a gateway is asked; it is given the operator's identity as it is now. */
  readonly askGateway: (authority: BuiltInAuthority) => AskGateway;
  /** False: this process is the only one. @defaultValue the setting */
  readonly leaderElection?: boolean;
}

export interface Operator {
  readonly manager: Manager;
  readonly authority: BuiltInAuthority;
  /** Resolves after an orderly stop. */
  run(signal: AbortSignal): Promise<void>;
}

const WORKER_SELECTOR = `${labels.managedBy}=${MANAGED_BY},${labels.component}=worker`;
/** Gateways of tenants' own: the chart's are not managed by Skald but by the chart. */
const GATEWAY_SELECTOR = `${labels.managedBy}=${MANAGED_BY},${labels.component}=gateway`;
const TENANT_READERS_SELECTOR = `metadata.name=${TENANT_READERS_BINDING}`;
const LEADER_LEASE = 'skald-controller';

export function createOperator(options: OperatorOptions): Operator {
  const { settings, log, metrics } = options;
  const manager = new Manager({
    fieldManager: fieldManagers.controller,
    client: options.client,
    log,
    metrics,
    ...((options.leaderElection ?? settings.leaderElection)
      ? { leaderElection: { namespace: settings.namespace, name: LEADER_LEASE } }
      : {}),
  });
  const { client, clock, informers } = manager;
  const recorder = manager.events('skald.dev/controller');

  const caches = {
    tenants: informers.get(tenants),
    campaigns: informers.get(campaigns),
    sessions: informers.get(voiceSessions),
    jobs: informers.get(jobs, { labelSelector: WORKER_SELECTOR }),
    pods: informers.get(pods, { labelSelector: WORKER_SELECTOR, transform: slimPod }),
    budgets: informers.get(podDisruptionBudgets, { labelSelector: WORKER_SELECTOR }),
    nodes: informers.get(nodes, { transform: slimNode }),
    namespaces: informers.get(namespaces),
    statefulSets: informers.get(statefulSets, { labelSelector: GATEWAY_SELECTOR }),
    services: informers.get(services, { labelSelector: GATEWAY_SELECTOR }),
    serviceAccounts: informers.get(serviceAccounts, { labelSelector: GATEWAY_SELECTOR }),
    clusterRoleBindings: informers.get(clusterRoleBindings, { fieldSelector: TENANT_READERS_SELECTOR }),
    networkPolicies: informers.get(networkPolicies, { labelSelector: `${labels.managedBy}=${MANAGED_BY}` }),
    roleBindings: informers.get(roleBindings, { labelSelector: `${labels.managedBy}=${MANAGED_BY}` }),
    leases: informers.get(leases, { namespace: settings.namespace, labelSelector: CLAIM_SELECTOR }),
  };
  caches.tenants.addIndex('tenantNamespace', ({ status }) =>
    status?.namespace === undefined ? [] : [status.namespace],
  );
  caches.sessions.addIndex('phase', ({ status }) => [status?.phase ?? 'Pending']);
  caches.sessions.addIndex('node', ({ status }) =>
    status?.worker?.node === undefined || isFinal(status.phase) ? [] : [status.worker.node],
  );
  caches.sessions.addIndex(SESSION_CAMPAIGN_INDEX, ({ metadata, spec }) => [
    `${metadata.namespace}/${spec.campaignRef.name}`,
  ]);
  caches.pods.addIndex(POD_SESSION_INDEX, (pod) =>
    sessionKeysOf(pod).map(({ namespace, name }) => `${namespace}/${name}`),
  );

  caches.pods.addIndex(POD_JOB_INDEX, jobKeysOf);
  const workerJobs = new Overlay(caches.jobs);

  const tenantOf = (namespace: string): LiveTenant | undefined =>
    caches.tenants.byIndex('tenantNamespace', namespace)[0];
  const pendingSessions = (namespace?: string): ObjectKey[] =>
    caches.sessions
      .byIndex('phase', 'Pending')
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .map(({ metadata: { namespace, name } }) => ({ namespace, name }));
  const namespaceOf = (tenant: Live<Tenant>): string[] =>
    tenant.status?.namespace === undefined ? [] : [tenant.status.namespace];

  const authority = new BuiltInAuthority({
    client,
    clock,
    log: log.child({ part: 'certificates' }),
    systemNamespace: settings.namespace,
    trustDomain: trustDomain(settings.trustDomain),
    gatewaySlots: settings.gateway.slots,
    gatewayCertificateSeconds: settings.gateway.certificateSeconds,
  });
  manager.addRunnable('certificates', (signal) => authority.run(signal), { leaderOnly: true });

  const claims = new ClaimRegistry({
    client,
    clock,
    log: log.child({ part: 'claims' }),
    systemNamespace: settings.namespace,
    leases: caches.leases,
    sessions: caches.sessions,
  });
  manager.addRunnable('claims', (signal) => sweepOnce(claims, signal, log), { leaderOnly: true });

  const tenant = new TenantReconciler({
    client,
    clock,
    recorder,
    ...caches,
    bindings: { systemNamespace: settings.namespace, serviceAccount: settings.serviceAccount },
    gatewaySlots: settings.gateway.slots,
    network: settings.networkPolicy.enabled
      ? {
          ...settings.networkPolicy,
          systemNamespace: settings.namespace,
          gatewayPort: gatewayPort(settings.gateway.addressTemplate),
          databaseUrl: options.database?.url,
        }
      : undefined,
    dedicated: new DedicatedGateway({
      client,
      applier: new Applier({ client, fieldManager: fieldManagers.controller }),
      settings,
      databaseUrl: options.database?.url,
      extraCa: options.extraCa,
      ...caches,
      ensureCertificate: (namespace, signal) => authority.ensureGateway(dedicatedPlace(namespace), signal),
    }),
    schemas: new TenantSchemas(options.database?.migrate, () => clock.now()),
    discord: new DiscordWatch(options.askGateway(authority), () => clock.now()),
    certificates: () => authority.state,
  });
  const tenantController = manager
    .controller({
      name: 'tenant',
      reconcile: async (key, context) => {
        await authority.known(context.signal);
        return tenant.reconcile(key, context);
      },
      workers: 4,
    })
    .for(tenants, { predicates: [specOrDeletionChanged] })
    .watches(tenants, (changed) =>
      caches.tenants
        .list()
        .filter((other) => mayConflict(changed, other))
        .map(({ metadata: { name } }) => ({ name })),
    )
    .watches(namespaces, tenantKeysOf)
    .watches(networkPolicies, tenantKeysOf, { labelSelector: `${labels.managedBy}=${MANAGED_BY}` })
    .watches(roleBindings, tenantKeysOf, { labelSelector: `${labels.managedBy}=${MANAGED_BY}` })
    .watches(statefulSets, tenantKeysOf, {
      labelSelector: GATEWAY_SELECTOR,
      predicates: [specOrDeletionChanged],
    })
    .watches(services, tenantKeysOf, { labelSelector: GATEWAY_SELECTOR })
    .watches(serviceAccounts, tenantKeysOf, { labelSelector: GATEWAY_SELECTOR })
    .watches(
      clusterRoleBindings,
      () =>
        caches.tenants
          .list()
          .filter(isDedicated)
          .map(({ metadata: { name } }) => ({ name })),
      { fieldSelector: TENANT_READERS_SELECTOR },
    )
    .watches(
      voiceSessions,
      ({ metadata }) => {
        const owner = tenantOf(metadata.namespace ?? '');
        return owner === undefined ? [] : [{ name: owner.metadata.name }];
      },
      { predicates: [phaseChanged] },
    )
    // The spend of running sessions, where a limit waits for it.
    .watches(
      voiceSessions,
      ({ metadata }) => {
        const owner = tenantOf(metadata.namespace ?? '');
        return owner?.spec.limits.spendPerMonth === undefined ? [] : [{ name: owner.metadata.name }];
      },
      { predicates: [spendChanged] },
    );

  const campaign = new CampaignReconciler({ client, clock, recorder, ...caches, tenantOf });
  manager
    .controller({
      name: 'campaign',
      reconcile: (key, context) => campaign.reconcile(key, context),
      workers: 4,
    })
    .for(campaigns, { predicates: [specOrDeletionChanged] })
    .watches(
      tenants,
      (changed) =>
        namespaceOf(changed).flatMap((namespace) =>
          caches.campaigns.list(namespace).map(({ metadata: { name } }) => ({ namespace, name })),
        ),
      { predicates: [specOrNamespaceChanged] },
    )
    .watches(
      voiceSessions,
      ({ metadata: { namespace }, spec }) => [{ namespace, name: spec.campaignRef.name }],
      { predicates: [phaseChanged] },
    );

  const installation = {
    settings,
    trustDomain: authority.trustDomain,
    databaseUrl: options.database?.url,
    extraCa: options.extraCa,
  };
  const warm = addWarmWorkers({
    manager,
    issuer: authority,
    installation,
    ...caches,
    jobs: workerJobs,
    watched: {
      jobs: { labelSelector: WORKER_SELECTOR },
      pods: { labelSelector: WORKER_SELECTOR, transform: slimPod },
    },
  });

  const secretWatch = new SecretWatch({
    client,
    clock,
    log: log.child({ part: 'secrets' }),
    tenants: caches.tenants,
    onChange: (secret) => {
      for (const key of sessionKeysOf(secret)) sessionController.enqueue(key);
      if (secret.metadata.labels?.[labels.component] === 'gateway') {
        for (const key of tenantKeysOf(secret)) tenantController.enqueue(key);
      }
    },
    onSynced: (namespace) => {
      for (const { metadata, status } of caches.sessions.list(namespace)) {
        if (isLive(status?.phase)) sessionController.enqueue({ namespace, name: metadata.name });
      }
    },
  });
  manager.addRunnable('secrets', (signal) => secretWatch.run(signal), { leaderOnly: true });

  const session = new SessionReconciler({
    secrets: secretWatch,
    client,
    clock,
    recorder,
    issuer: authority,
    claims,
    metrics: sessionMetrics(metrics),
    ...caches,
    jobs: workerJobs,
    warm,
    installation,
    tenantOf,
  });
  const sessionController = manager
    .controller({
      name: 'voicesession',
      reconcile: (key, context) => session.reconcile(key, context),
      workers: settings.concurrency,
    })
    .for(voiceSessions)
    .watches(voiceSessions, ({ metadata }) => pendingSessions(metadata.namespace), {
      predicates: [placeFreed],
    })
    .watches(jobs, sessionKeysOf, { labelSelector: WORKER_SELECTOR })
    .watches(podDisruptionBudgets, sessionKeysOf, {
      labelSelector: WORKER_SELECTOR,
      predicates: [changedBySomebody],
    })
    .watches(pods, sessionKeysOf, { labelSelector: WORKER_SELECTOR, transform: slimPod })
    .watches(tenants, (changed) => namespaceOf(changed).flatMap(pendingSessions), {
      predicates: [readinessChanged],
    })
    // What they used is counted: they may go.
    .watches(
      tenants,
      (changed) =>
        namespaceOf(changed).flatMap((namespace) =>
          (changed.status?.usage?.settled ?? []).map(({ name }) => ({ namespace, name })),
        ),
      { predicates: [settledChanged] },
    )
    .watches(
      tenants,
      (changed) =>
        namespaceOf(changed).flatMap((namespace) =>
          caches.sessions.list(namespace).map(({ metadata: { name } }) => ({ namespace, name })),
        ),
      { predicates: [spendCapReached] },
    )
    .watches(campaigns, ({ metadata }) => pendingSessions(metadata.namespace), {
      predicates: [readinessChanged],
    })
    .watches(
      nodes,
      (node) =>
        caches.sessions
          .byIndex('node', node.metadata.name)
          .map(({ metadata: { namespace, name } }) => ({ namespace, name })),
      { transform: slimNode, predicates: [nodeLeavingChanged] },
    )
    // A guild or a campaign that became free.
    .watches(leases, () => pendingSessions(), {
      namespace: settings.namespace,
      labelSelector: CLAIM_SELECTOR,
      predicates: [{ add: () => false, update: () => false }],
    });

  return { manager, authority, run: (signal) => manager.run(signal) };
}

/** At the beginning of each term; then it only waits for the end. */
async function sweepOnce(claims: ClaimRegistry, signal: AbortSignal, log: Logger): Promise<void> {
  try {
    const removed = await claims.sweep(signal);
    if (removed > 0) log.warn({ removed }, 'Removed orphaned claims');
  } catch (error) {
    // Met again when a session wants the same claim.
    if (!signal.aborted) log.warn({ err: error }, 'Orphaned claims could not be looked for');
  }
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** The port of `host:port`, which a gateway's pod listens on, too. */
function gatewayPort(addressTemplate: string): number {
  return Number(/:(\d+)$/.exec(addressTemplate)?.[1] ?? 8443);
}

/** The tenant that an object belongs to, by its label. */
function tenantKeysOf({ metadata }: Pick<Live, 'metadata'>): { name: string }[] {
  const name = metadata.labels?.[labels.tenant];
  return name === undefined ? [] : [{ name }];
}

/** The session that a worker's Job or Pod serves, by its label: the session itself may be gone. */
function sessionKeysOf({ metadata }: Pick<Live<Pod>, 'metadata'>): { namespace: string; name: string }[] {
  const name = metadata.labels?.[labels.session];
  return name === undefined || metadata.namespace === undefined
    ? []
    : [{ namespace: metadata.namespace, name }];
}
