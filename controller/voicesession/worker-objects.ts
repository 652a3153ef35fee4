// What a session has in its namespace: the Secret with the worker's identity, the Job, its pods. How they are made
// and removed; when, is decided elsewhere.
import {
  type Campaign,
  fieldManagers,
  finalizers,
  gatewayAddress,
  parseGatewayReference,
  sessionSecretName,
  tenantSchema,
  workerJobName,
} from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  isAlreadyExists,
  isControlledBy,
  type Job,
  jobs,
  keyOf,
  type Logger,
  type Overlay,
  type Pod,
  pods,
  removeFinalizer,
  secrets,
} from '../../src/kube/index.ts';
import { tenantDatabaseUrl } from '../../src/store/dsn.ts';
import { effectiveProviders } from '../campaign/providers.ts';
import type { WorkerCertificate } from '../certificates/issuer.ts';
import { secretData } from '../certificates/secrets.ts';
import type { SessionMetrics } from '../metrics.ts';
import type { LiveSession, LiveTenant } from '../resources.ts';
import type { Settings } from '../settings.ts';
import { profileOf } from './admission.ts';
import { maxDurationSeconds } from './decide.ts';
import { EXTRA_CA_KEY, sessionOwner, workerJob, workerLabels } from './job.ts';
import type { Observation } from './observation.ts';

export interface WorkerObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly trustDomain: string;
  readonly metrics: SessionMetrics;
  readonly jobs: Overlay<Job>;
  readonly pods: Informer<Pod>;
  /** DSN of the installation's database; undefined when it has none. */
  readonly databaseUrl: string | undefined;
  /** PEM of CA certificates that workers trust in addition. */
  readonly extraCa: string | undefined;
}

export class WorkerObjects {
  readonly #o: WorkerObjectsOptions;

  constructor(options: WorkerObjectsOptions) {
    this.#o = options;
  }

  /** The worker's certificate, and its tenant's DSN when there is a database. Repeating it replaces both. */
  async writeSecret(
    session: LiveSession,
    tenant: LiveTenant,
    material: WorkerCertificate,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, databaseUrl, extraCa } = this.#o;
    const values = {
      'tls.crt': material.certPem,
      'tls.key': material.keyPem,
      'ca.crt': material.caPem,
      ...(databaseUrl === undefined
        ? {}
        : { 'database-url': tenantDatabaseUrl(databaseUrl, tenantSchema(tenant.metadata.name)) }),
      ...(extraCa === undefined ? {} : { [EXTRA_CA_KEY]: extraCa }),
    };
    const { namespace } = session.metadata;
    const wanted = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: sessionSecretName(session),
        namespace,
        labels: workerLabels({ session, tenant }),
        ownerReferences: [sessionOwner(session)],
      },
      type: 'Opaque',
      data: secretData(values),
    };
    try {
      await client.create(secrets, wanted, { fieldManager: fieldManagers.controller, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const live = await client.get(secrets, keyOf(wanted), { signal });
      if (!isControlledBy(live, session)) {
        throw new Error(
          `Secret ${namespace}/${live.metadata.name} exists and is not this session's; delete it`,
        );
      }
      const { uid, resourceVersion } = live.metadata;
      const replaced = { ...wanted, metadata: { ...wanted.metadata, uid, resourceVersion } };
      await client.update(secrets, replaced, { fieldManager: fieldManagers.controller, signal });
    }
  }

  /** Finding the Job there already is as good as creating it. @throws Error when it is not the session's. */
  async createJob(
    session: LiveSession,
    tenant: LiveTenant,
    campaign: Campaign | undefined,
    { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
  ): Promise<void> {
    const { client, settings, trustDomain, extraCa, metrics, clock } = this.#o;
    const { namespace } = session.metadata;
    const jobName = workerJobName(session);
    const { drainTimeoutSeconds, terminationGracePeriodSeconds, startTimeoutSeconds } = settings.session;
    const wanted = workerJob({
      session,
      jobName,
      tenant,
      profile: profileOf({ session, tenant }),
      providers: effectiveProviders(tenant, campaign),
      gatewayAddress: this.#gatewayAddress(tenant),
      trustDomain,
      maxDurationSeconds: maxDurationSeconds({ session, tenant }),
      backstopSeconds: startTimeoutSeconds + drainTimeoutSeconds + terminationGracePeriodSeconds + 300,
      terminationGracePeriodSeconds,
      settings: settings.worker,
      hasExtraCa: extraCa !== undefined,
    });
    const { object, created } = await this.#o.jobs.create(client, wanted, { signal });
    if (!isControlledBy(object, session)) {
      throw new Error(`Job ${namespace}/${jobName} exists and is not this session's; delete it`);
    }
    if (!created) return;
    const milliseconds = clock.now() - Date.parse(session.metadata.creationTimestamp ?? '');
    metrics.jobCreated(milliseconds / 1000);
    log.info({ job: jobName, sinceCreatedMs: milliseconds }, 'Created the worker Job');
  }

  /** @throws Error when the Tenant has none: a Tenant that is Ready has one. */
  #gatewayAddress(tenant: LiveTenant): string {
    const place = parseGatewayReference(tenant.status?.gateway);
    if (place === undefined) throw new Error(`Tenant ${tenant.metadata.name} has no gateway`);
    const { settings } = this.#o;
    return gatewayAddress(settings.gateway.addressTemplate, place, settings.namespace);
  }

  /** Job and running pods. `force`: the kubelet is not waited for, and no result is expected any more. */
  async kill(session: LiveSession, o: Observation, force: boolean, signal: AbortSignal): Promise<void> {
    const { client } = this.#o;
    const { namespace } = session.metadata;
    // The Job first, or it would make another pod.
    if (o.job !== undefined && !o.job.deleting) {
      await client.delete(jobs, { namespace, name: o.job.name }, { uid: o.job.uid, signal });
    }
    const working = o.pods.filter(({ state }) => state !== 'ended');
    await Promise.all(
      working.map(({ name, uid }) =>
        client.delete(
          pods,
          { namespace, name },
          { uid, signal, ...(force ? { gracePeriodSeconds: 0 } : {}) },
        ),
      ),
    );
    const names = working.map(({ name }) => name);
    if (force) await this.letGo(namespace, names, signal);
  }

  /** Job and Secret; what is gone already is no error. */
  async remove(session: LiveSession, signal: AbortSignal): Promise<void> {
    const { client } = this.#o;
    const { namespace } = session.metadata;
    const jobKey = { namespace, name: workerJobName(session) };
    const uid = this.#o.jobs.get(jobKey)?.metadata.uid;
    await Promise.all([
      uid === undefined
        ? client.deleteCurrent(jobs, jobKey, { signal })
        : client.delete(jobs, jobKey, { uid, signal }),
      client.deleteCurrent(secrets, { namespace, name: sessionSecretName(session) }, { signal }),
    ]);
  }

  /** Takes the finalizer off these pods. */
  async letGo(namespace: string, names: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const pod = this.#o.pods.get({ namespace, name });
        if (pod?.metadata.finalizers?.includes(finalizers.result)) {
          await removeFinalizer(this.#o.client, pods, pod, finalizers.result, { signal });
        }
      }),
    );
  }
}
