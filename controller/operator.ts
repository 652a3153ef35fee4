// Puts the operator together: its caches and reconcilers. Used by main.ts and by tests.
import {
  dedicatedPlace,
  fieldManagers,
  gatewayTlsSecretName,
  isDedicated,
  isLive,
  labels,
  PROVIDER_KEYS_SECRET,
  workerSecretName,
} from '../src/api/index.ts';
import {
  Applier,
  type Client,
  type Logger,
  Manager,
  type Metrics,
  type ObjectKey,
  Overlay,
} from '../src/kube/index.ts';
import { trustDomain } from '../src/rpc/identity.ts';
import type { DatabaseAdministration } from '../src/store/roles/administration.ts';
import { KeyValue, Transit, type VaultClient } from '../src/vault/index.ts';
import { type Caches, createCaches, sessionKeysOf, tenantKeysOf, watched } from './caches.ts';
import { addCampaignController } from './campaign/controller.ts';
import { CampaignReconciler } from './campaign/reconcile.ts';
import { createCertificates } from './certificates/create.ts';
import type { CertificateKeeper } from './certificates/keeper.ts';
import { sessionMetrics } from './metrics.ts';
import { addProviderKeys } from './provider-keys/controller.ts';
import { restrictedMode } from './restricted/mode.ts';
import type { Settings } from './settings.ts';
import { addTenantController } from './tenant/controller.ts';
import { SlotDatabase } from './tenant/database/slots.ts';
import { TenantDatabases } from './tenant/database/tenant-databases.ts';
import { DedicatedGateway } from './tenant/dedicated/gateway.ts';
import { type AskGateway, DiscordWatch } from './tenant/discord.ts';
import { TenantReconciler } from './tenant/reconcile.ts';
import { addTokenController } from './tenant/token/controller.ts';
import { usageMetrics } from './tenant/usage-metrics.ts';
import { ClaimRegistry } from './voicesession/claims.ts';
import { addSessionController } from './voicesession/controller.ts';
import { SessionReconciler } from './voicesession/reconcile.ts';
import { Revocations } from './voicesession/revocations.ts';
import { SecretWatch } from './voicesession/secret-watch.ts';
import { WorkerCertificates } from './voicesession/worker-certificates.ts';
import { addWarmWorkers } from './warm/controller.ts';

export interface OperatorOptions {
  readonly client: Client;
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Undefined: the installation has no database. */
  readonly database: DatabaseAdministration | undefined;
  /** Undefined: the installation has no Vault. Closed by whoever opened it. */
  readonly vault?: VaultClient | undefined;
  /** PEM of CA certificates that workers trust in addition. */
  readonly extraCa?: string | undefined;
  /** PEM of what Vault's certificate is verified with, for gateways of tenants' own. */
  readonly vaultCa?: string | undefined;
  /** How a gateway is asked; it is given the operator's identity as it is now. */
  readonly askGateway: (certificates: CertificateKeeper) => AskGateway;
  /** False: this process is the only one. @defaultValue the setting */
  readonly leaderElection?: boolean;
}

export interface Operator {
  readonly manager: Manager;
  readonly certificates: CertificateKeeper;
  /** Resolves after an orderly stop. */
  run(signal: AbortSignal): Promise<void>;
}

const LEADER_LEASE = 'skald-controller';

export function createOperator(options: OperatorOptions): Operator {
  const { settings, log, metrics } = options;
  const restricted = restrictedMode(settings);
  const manager = new Manager({
    scope: restricted?.scope,
    admits: restricted?.admits,
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

  const caches = createCaches(informers, settings.namespace, restricted === undefined ? undefined : {});
  const access = restricted?.start({
    client: options.client,
    clock,
    log: log.child({ part: 'access' }),
    manager,
    informers,
    caches,
    settings,
    wake: () => ({ tenants: tenantController, campaigns: campaignController, sessions: sessionController }),
  });
  const workerJobs = new Overlay(caches.jobs);

  const domain = trustDomain(settings.trustDomain);
  const { vault } = options;
  if (vault) manager.addRunnable('vault', (signal) => vault.run(signal), { leaderOnly: true });
  const certificates = createCertificates({
    client,
    clock,
    log: log.child({ part: 'certificates' }),
    settings,
    trustDomain: domain,
    vault,
    metrics,
    recorder,
    tenantSecrets: () => tenantSecretKeys(caches),
    hasJob: (namespace, name) => caches.jobs.get({ namespace, name }) !== undefined,
  });
  manager.addRunnable('certificates', (signal) => certificates.run(signal), { leaderOnly: true });

  const claims = new ClaimRegistry({
    client,
    clock,
    log: log.child({ part: 'claims' }),
    systemNamespace: settings.namespace,
    leases: caches.leases,
    sessions: caches.sessions,
  });
  manager.addRunnable('claims', (signal) => sweepOnce(claims, signal, log), { leaderOnly: true });

  const secretWatch = new SecretWatch({
    client,
    clock,
    log: log.child({ part: 'secrets' }),
    tenants: caches.tenants,
    onChange: (secret) => {
      for (const key of sessionKeysOf(secret)) sessionController.enqueue(key);
      if (secret.metadata.name === PROVIDER_KEYS_SECRET) {
        for (const key of tenantKeysOf(secret)) providerKeys.controller.enqueue(key);
      }
      if (['gateway', 'database'].includes(secret.metadata.labels?.[labels.component] ?? '')) {
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

  const rotationMs = settings.database.rotationHours * 3_600_000;
  const checkMs = settings.database.checkSeconds * 1_000;
  const databases = new TenantDatabases({
    client,
    recorder,
    secrets: secretWatch,
    administration: options.database,
    now: () => clock.now(),
    rotationMs,
    checkMs,
  });
  if (options.database !== undefined) {
    const slots = new SlotDatabase({
      client,
      clock,
      log: log.child({ part: 'database' }),
      administration: options.database,
      systemNamespace: settings.namespace,
      rotationMs,
      checkMs,
    });
    manager.addRunnable('database', (signal) => slots.run(signal), { leaderOnly: true });
  }
  const tokens = addTokenController({
    manager,
    log: log.child({ part: 'tokens' }),
    ...caches,
    vault: vault && {
      transit: new Transit(vault),
      layout: vault.settings,
      keyVersionMs: settings.vaultRefresh.keyVersionSeconds * 1000,
    },
    onChange: (key) => tenantController.enqueue(key),
  });
  const providerKeys = addProviderKeys({
    manager,
    ...caches,
    vault: vault && {
      keys: new KeyValue(vault),
      layout: vault.settings,
      intervalMs: settings.vaultRefresh.secretSeconds * 1000,
    },
    onChange: (changed) => {
      tenantController.enqueue({ name: changed.metadata.name });
      for (const { metadata } of caches.campaigns.list(changed.status?.namespace ?? '')) {
        campaignController.enqueue({ namespace: metadata.namespace, name: metadata.name });
      }
    },
  });

  const tenant = new TenantReconciler({
    access,
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
          vaultAddress: settings.vault.address,
        }
      : undefined,
    dedicated: new DedicatedGateway({
      client,
      applier: new Applier({ client, fieldManager: fieldManagers.controller }),
      settings,
      hasDatabase: options.database !== undefined,
      extraCa: options.extraCa,
      vaultCa: options.vaultCa,
      ...caches,
      ensureCertificate: (namespace, signal) => certificates.ensureGateway(dedicatedPlace(namespace), signal),
    }),
    settings,
    databases,
    discord: new DiscordWatch(options.askGateway(certificates), () => clock.now()),
    certificates: () => certificates.state,
    tokens,
    providerKeys: providerKeys.keys,
    usesVault: vault !== undefined,
  });
  const tenantController = addTenantController(manager, caches, async (key, context) => {
    await certificates.known(context.signal);
    return tenant.reconcile(key, context);
  });

  const campaign = new CampaignReconciler({
    client,
    clock,
    recorder,
    ...caches,
    providerKeys: providerKeys.keys,
  });
  const campaignController = addCampaignController(manager, caches, (key, context) =>
    campaign.reconcile(key, context),
  );

  const installation = {
    settings,
    trustDomain: domain,
    hasDatabase: options.database !== undefined,
    extraCa: options.extraCa,
  };
  const workerCertificates = new WorkerCertificates({ client, issuer: certificates, secrets: secretWatch });
  const revocations = new Revocations({
    issuer: certificates,
    clock,
    log: log.child({ part: 'revocations' }),
  });
  manager.addRunnable('revocations', (signal) => revocations.run(signal), { leaderOnly: true });

  const warm = addWarmWorkers({
    manager,
    issuer: certificates,
    installation,
    certificates: workerCertificates,
    revocations,
    ...caches,
    jobs: workerJobs,
    watched,
  });

  usageMetrics(metrics, () => caches.tenants.list());

  const session = new SessionReconciler({
    secrets: secretWatch,
    client,
    clock,
    recorder,
    issuer: certificates,
    certificates: workerCertificates,
    revocations,
    claims,
    metrics: sessionMetrics(metrics),
    ...caches,
    jobs: workerJobs,
    warm,
    installation,
  });
  const sessionController = addSessionController(manager, caches, settings, (key, context) =>
    session.reconcile(key, context),
  );

  // Whoever holds a certificate gets the new bundle or another certificate, and Tenants say whether there can be any.
  certificates.onChange(() => {
    for (const { metadata, status } of caches.sessions.list()) {
      if (isLive(status?.phase)) sessionController.enqueue(metadata);
    }
    for (const { metadata } of caches.tenants.list()) tenantController.enqueue(metadata);
  });

  return { manager, certificates, run: (signal) => manager.run(signal) };
}

/** Where workers' certificates and those of tenants' own gateways are. */
function* tenantSecretKeys(caches: Caches): Generator<ObjectKey> {
  for (const { metadata } of caches.jobs.list()) {
    yield { namespace: metadata.namespace, name: workerSecretName(metadata.name) };
  }
  for (const { namespace } of caches.tenants
    .list()
    .filter(isDedicated)
    .map(({ status }) => status ?? {})) {
    if (namespace !== undefined) yield { namespace, name: gatewayTlsSecretName(dedicatedPlace(namespace)) };
  }
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
