// `skald controller`: the operator's process.
import { readFile } from 'node:fs/promises';
import { exitCodes } from '../src/api/index.ts';
import { Client, type HealthReport, loadConfig } from '../src/kube/index.ts';
import { prometheusMetrics } from '../src/kube/prometheus.ts';
import { ConfigurationError, readSecretFile } from '../src/settings/index.ts';
import { parseDatabaseUrl, urlNow } from '../src/store/dsn.ts';
import { DatabaseAdministration } from '../src/store/roles/administration.ts';
import { urlFromFile } from '../src/store/url-file.ts';
import { type HealthCheck, startHealthServer } from '../src/telemetry/health.ts';
import { createLogger, type Logger } from '../src/telemetry/log.ts';
import { createRegistry } from '../src/telemetry/metrics.ts';
import { GatewayStatus } from './gateway-status.ts';
import { createOperator, type OperatorOptions } from './operator.ts';
import { loadControllerSettings, type Settings } from './settings.ts';
import { vaultCaOf, vaultOf } from './vault.ts';

/**
 * Runs until the signal aborts, or SIGTERM or SIGINT without one. 0 after an orderly stop; the code of
 * ConfigurationError when the settings are wrong; 1 when a part failed and a restart may help.
 */
export async function main(signal: AbortSignal = untilTerminated()): Promise<number> {
  const log = createLogger({ name: 'controller' });
  try {
    await runController(await loadControllerSettings(), log, signal);
    return 0;
  } catch (error) {
    if (error instanceof ConfigurationError) {
      for (const problem of error.problems) log.fatal({ problem }, 'Configuration problem');
      return exitCodes.ConfigurationError;
    }
    log.fatal({ err: error }, 'The operator failed');
    return 1;
  }
}

async function runController(settings: Settings, log: Logger, signal: AbortSignal): Promise<void> {
  const registry = createRegistry('controller');
  const metrics = prometheusMetrics(registry);
  const client = new Client({ config: await loadConfig(), userAgent: 'skald-controller', metrics, log });
  using closing = new DisposableStack();
  closing.defer(() => client.close());
  const vault = vaultOf(settings, metrics, log);
  await using _vault = { [Symbol.asyncDispose]: async () => vault?.close() };
  const operator = createOperator({
    client,
    vault,
    settings,
    log,
    metrics,
    database: await databaseOf(settings, log),
    extraCa: await extraCaOf(settings),
    vaultCa: await vaultCaOf(settings),
    askGateway: (certificates) =>
      closing.use(new GatewayStatus(settings, () => certificates.operatorIdentity())).ask,
  });
  const { manager } = operator;
  const health = await startHealthServer({
    port: settings.healthPort,
    livez: { manager: check(() => manager.live()) },
    readyz: { manager: check(() => manager.ready()) },
    metrics: registry,
    log,
  });
  try {
    log.info({ namespace: settings.namespace, gateways: settings.gateway.slots }, 'The operator starts');
    await operator.run(signal);
    log.info('The operator has stopped');
  } finally {
    await health.close();
  }
}

async function databaseOf(settings: Settings, log: Logger): Promise<OperatorOptions['database']> {
  const file = settings.databaseUrlFile;
  if (file !== undefined) await readSecretFile(file, 'the database URL');
  const url = file === undefined ? settings.databaseUrl : urlFromFile(file);
  if (url === undefined) {
    log.warn('No database is configured: nothing is transcribed (SKALD_DATABASE_URL_FILE)');
    return undefined;
  }
  parseDatabaseUrl(urlNow(url));
  return new DatabaseAdministration({
    url,
    workerConnections: settings.database.workerConnections,
    gatewayConnections: settings.database.gatewayConnections,
    log: (message) => log.info({ part: 'database' }, message),
  });
}

async function extraCaOf(settings: Settings): Promise<string | undefined> {
  // What this process was told to trust, its workers trust, too.
  const file = settings.worker.extraCaFile ?? (process.env.NODE_EXTRA_CA_CERTS || undefined);
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new ConfigurationError([`${file}: the extra CA certificates cannot be read (${code})`]);
  }
}

function check(report: () => HealthReport): HealthCheck {
  return () => {
    const failing = report().checks.filter(({ ok }) => !ok);
    return failing.length === 0
      ? undefined
      : failing.map(({ name, message }) => `${name}: ${message}`).join('; ');
  };
}

function untilTerminated(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => controller.abort(new Error(`received ${name}`)));
  }
  return controller.signal;
}
