// The contender `skald`: src/kube as the operator uses it. With `--status apply` it writes the status by server-side
// apply, as the operator does, in place of the PUT that all contenders have in common; `--metrics-port` serves its
// metrics.
import { destination } from 'pino';
import {
  Applier,
  Client,
  defineResource,
  generationChanged,
  jobs,
  type KubeObject,
  type Live,
  loadConfig,
  Manager,
  metadataOf,
  type ObjectKey,
  Overlay,
  type Predicate,
  type ReconcileContext,
  secrets,
} from '../../../src/kube/index.ts';
import { prometheusMetrics } from '../../../src/kube/prometheus.ts';
import { startHealthServer } from '../../../src/telemetry/health.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { createRegistry } from '../../../src/telemetry/metrics.ts';
import { announceReady, contenderArguments, untilTerminated } from '../contract.ts';
import {
  activeStatus,
  CHILD_SELECTOR,
  GROUP,
  isReported,
  jobName,
  KIND,
  PLURAL,
  parentOf,
  type Session,
  type SessionStatus,
  secretName,
  sessionSecret,
  VERSION,
  workerJob,
} from '../workload.ts';

const kind = { group: GROUP, version: VERSION, plural: PLURAL, kind: KIND, namespaced: true };
const sessions = defineResource<Session>(kind);
/** The same, for writes of the status alone. */
const statuses = defineResource<Omit<Session, 'spec'>>(kind);
const secretNames = metadataOf(secrets);
const fieldManager = 'skald-bench';
/** That a child is there now is no news for who has made it. */
const changedOrGone: Predicate = { add: () => false };

const { kubeconfig, namespace, workers, extra } = contenderArguments(['status', 'metrics-port']);
const log = createLogger({ name: 'bench-skald', destination: destination({ dest: 2, sync: true }) });
const registry = createRegistry('bench-skald');
const metrics = prometheusMetrics(registry);
const client = new Client({
  config: await loadConfig({ kubeconfig }),
  userAgent: 'bench-skald',
  maxSockets: Math.max(32, workers),
  metrics,
  log,
});
const manager = new Manager({ client, log, metrics });
const children = { namespace, labelSelector: CHILD_SELECTOR };
const caches = {
  sessions: manager.informers.get(sessions, { namespace }),
  secrets: manager.informers.get(secretNames, children),
  jobs: manager.informers.get(jobs, children),
};
const known = {
  sessions: new Overlay(caches.sessions),
  secrets: new Overlay(caches.secrets),
  jobs: new Overlay(caches.jobs),
};
const applier = new Applier({ client: manager.client, fieldManager });

async function reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
  const session = known.sessions.get(key);
  if (session === undefined || session.metadata.deletionTimestamp !== undefined) return;
  const parent = parentOf(session);
  if (known.secrets.get({ namespace, name: secretName(parent.name) }) === undefined) {
    const secret: KubeObject = sessionSecret(parent);
    await known.secrets.create(manager.client, secret, { signal });
  }
  if (known.jobs.get({ namespace, name: jobName(parent.name) }) === undefined) {
    await known.jobs.create(manager.client, workerJob(parent), { signal });
  }
  const status = activeStatus(parent.name, session.spec.revision);
  if (isReported(session.status, status)) return;
  known.sessions.record(await writeStatus(session, status, signal));
}

async function writeStatus(
  session: Live<Session>,
  status: Required<SessionStatus>,
  signal: AbortSignal,
): Promise<Live<Session>> {
  const { name, resourceVersion } = session.metadata;
  if (extra.status === 'apply') {
    const wanted = { metadata: { name, namespace }, status };
    return { ...session, ...(await applier.applyStatus(statuses, wanted, { live: session, signal })).object };
  }
  const wanted = { metadata: { name, namespace, resourceVersion }, status };
  return { ...session, ...(await manager.client.updateStatus(statuses, wanted, { signal })) };
}

manager
  .controller({ name: 'sessions', reconcile, workers })
  .for(sessions, { namespace, predicates: [generationChanged] })
  .owns(secretNames, { ...children, predicates: [changedOrGone] })
  .owns(jobs, { ...children, predicates: [changedOrGone] });
manager.addRunnable('ready', async (signal) => {
  await Promise.all(Object.values(caches).map((cache) => cache.whenSynced(signal)));
  announceReady();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
});

const port = extra['metrics-port'];
const health =
  port === undefined
    ? undefined
    : await startHealthServer({
        host: '127.0.0.1',
        port: Number(port),
        livez: {},
        readyz: {},
        metrics: registry,
        log,
      });
await manager.run(untilTerminated());
await health?.close();
client.close();
