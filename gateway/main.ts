/** `skald gateway`: holds the Discord connections of the tenants that are assigned to this gateway. */
import { once } from 'node:events';
import { Counter, Gauge, type Registry } from 'prom-client';
import { gatewayReference } from '../src/api/index.ts';
import { Client, loadConfig } from '../src/kube/index.ts';
import { prometheusMetrics } from '../src/kube/prometheus.ts';
import { trustDomain } from '../src/rpc/identity.ts';
import { pemFilesIn } from '../src/rpc/pem-identity.ts';
import { ConfigurationError } from '../src/settings/index.ts';
import { startHealthServer } from '../src/telemetry/health.ts';
import { createLogger, type Logger } from '../src/telemetry/log.ts';
import { createRegistry } from '../src/telemetry/metrics.ts';
import { vaultMetrics } from '../src/vault/metrics.ts';
import { feedbackMetrics } from './commands/feedback/metrics.ts';
import { connectionMetrics } from './connections/metrics.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type GatewaySettings, loadGatewaySettings } from './settings.ts';

/** Two watches for each tenant, one for its token, and room for writes. */
const MAX_SOCKETS = 4_096;

/** Runs until the signal aborts. @returns the exit code: 0 stopped, 1 fault, 64 configuration. */
export async function main(signal: AbortSignal = new AbortController().signal): Promise<number> {
  const log = createLogger({ name: 'gateway' });
  try {
    const settings = await loadGatewaySettings();
    await run(settings, log, signal);
    return 0;
  } catch (error) {
    if (error instanceof ConfigurationError) {
      log.fatal({ problems: error.problems }, 'The configuration is wrong');
      return 64;
    }
    log.fatal({ err: error }, 'The gateway stopped because of a fault');
    return 1;
  }
}

async function run(settings: GatewaySettings, log: Logger, signal: AbortSignal): Promise<void> {
  const client = new Client({
    config: await loadConfig(),
    userAgent: gatewayReference(settings.place),
    maxSockets: MAX_SOCKETS,
    log,
  });
  if (settings.databaseUrl === undefined) {
    log.warn('No database is configured: nothing but the single replica keeps a bot from connecting twice');
  }
  const registry = createRegistry('gateway');
  if (settings.vault === undefined) {
    log.warn('No Vault is configured: bot tokens that it has encrypted cannot be used (SKALD_VAULT_ADDRESS)');
  }
  const gateway = await startGateway({
    place: settings.place,
    tenant: settings.tenant,
    systemNamespace: settings.systemNamespace,
    client,
    log,
    metrics: connectionMetrics(registry),
    feedback: feedbackMetrics(registry),
    apiUrl: settings.apiUrl,
    databaseUrl: settings.databaseUrl,
    vault: settings.vault && {
      settings: settings.vault,
      observer: vaultMetrics(prometheusMetrics(registry)),
      refreshMs: settings.vaultRefreshMs,
    },
    trustDomain: trustDomain(settings.trustDomain),
    tls: pemFilesIn(settings.tlsDirectory),
    listen: `0.0.0.0:${settings.grpcPort}`,
    redirectPort: settings.grpcPort,
    ...(settings.interactionsPort === undefined
      ? {}
      : { interactionsListen: `0.0.0.0:${settings.interactionsPort}` }),
  });
  const health = await startHealthServer({
    port: settings.healthPort,
    livez: {},
    readyz: gateway.readyz,
    metrics: metricsOf(gateway, registry),
    log,
  });
  if (!signal.aborted) await once(signal, 'abort');
  log.info('Stopping');
  await gateway.close();
  await health.close();
  client.close();
}

function metricsOf(gateway: Gateway, registry: Registry): Registry {
  new Gauge({
    name: 'skald_gateway_bots',
    help: 'Bots of the tenants served by this gateway, by the state of their connection to Discord.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const scope of gateway.directory.scopes()) this.inc({ state: scope.status.reason });
    },
  });
  new Gauge({
    name: 'skald_gateway_lost_bot_locks',
    help: 'Bots that stay connected while their lock in PostgreSQL was lost and is being taken again.',
    registers: [registry],
    collect() {
      this.set([...gateway.directory.scopes()].filter(({ lockLost }) => lockLost).length);
    },
  });
  new Gauge({
    name: 'skald_gateway_attached_workers',
    help: 'Workers of sessions whose stream is open.',
    registers: [registry],
    collect() {
      const open = [...gateway.directory.scopes()].map(({ attachedWorkers }) => attachedWorkers);
      this.set(open.reduce((sum, count) => sum + count, 0));
    },
  });
  new Gauge({
    name: 'skald_gateway_parked_workers',
    help: 'Warm workers whose stream waits for a session.',
    registers: [registry],
    collect() {
      const parked = [...gateway.directory.scopes()].map(({ parking }) => parking.size);
      this.set(parked.reduce((sum, count) => sum + count, 0));
    },
  });
  new Counter({
    name: 'skald_gateway_interaction_requests_total',
    help: 'Requests at the endpoint for interactions, by the status that they were answered with.',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [status, count] of gateway.interactions.answers) this.inc({ status }, count);
    },
  });
  new Counter({
    name: 'skald_gateway_limited_total',
    help: 'Connections, streams and messages that went beyond a limit, by reason.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of gateway.limited.counts()) this.inc({ reason }, count);
    },
  });
  return registry;
}
