// What a session has in its namespace: the Secret with the worker's identity, the Job, its pods. How they are made
// and removed; when, is decided elsewhere.

import {
  annotations,
  type Campaign,
  fieldManagers,
  finalizers,
  isFinal,
  isWarmJobName,
  labels,
  workerJobName,
  workerSecretName,
} from '../../src/api/index.ts';
import {
  addFinalizer,
  type Client,
  type Clock,
  controllerOf,
  type Informer,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type Job,
  jobs,
  keyOf,
  type Live,
  type Logger,
  type Overlay,
  type Pod,
  pods,
  removeFinalizer,
  secrets,
} from '../../src/kube/index.ts';
import type { WorkerCertificate } from '../certificates/issuer.ts';
import { secretText } from '../certificates/secrets.ts';
import { nameTaken } from '../children/events.ts';
import type { SessionMetrics } from '../metrics.ts';
import { sessionOwner } from '../owners.ts';
import type { LiveSession, LiveTenant } from '../resources.ts';
import type { Settings } from '../settings.ts';
import type { WarmPool } from '../warm/pool.ts';
import { templateHash } from '../warm/spare.ts';
import { profileOf } from './admission.ts';
import { maxDurationSeconds } from './decide.ts';
import { EXTRA_CA_KEY, workerJob, workerLabels } from './job.ts';
import { foreignContainers, isJobOf, jobRepair } from './job-drift.ts';
import type { Observation } from './observation.ts';
import type { Revocations } from './revocations.ts';
import type { SessionWorkers } from './session-workers.ts';
import { certificateAnnotations, type WorkerCertificates } from './worker-certificates.ts';
import { type WorkerInstallation, workerPodRequest, workerSecretData } from './worker-pod.ts';

export interface WorkerObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly installation: WorkerInstallation;
  readonly metrics: SessionMetrics;
  readonly jobs: Overlay<Job>;
  readonly pods: Informer<Pod>;
  readonly workers: SessionWorkers;
  readonly warm: WarmPool;
  readonly certificates: WorkerCertificates;
  readonly revocations: Revocations;
}

export class WorkerObjects {
  readonly #o: WorkerObjectsOptions;

  constructor(options: WorkerObjectsOptions) {
    this.#o = options;
  }

  /**
   * The worker's certificate. Repeating it replaces it.
   * @param jobName of the Job that mounts it: the session's own, or a warm worker's
   * @returns false when something else has the name
   */
  async writeSecret(
    session: LiveSession,
    tenant: LiveTenant,
    { jobName, material }: { readonly jobName: string; readonly material: WorkerCertificate },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, installation } = this.#o;
    const { namespace } = session.metadata;
    const wanted = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: workerSecretName(jobName),
        namespace,
        labels: workerLabels({ session, tenant }),
        annotations: certificateAnnotations(material),
        ownerReferences: [sessionOwner(session)],
      },
      type: 'Opaque',
      data: workerSecretData(installation, material),
    };
    const { certificates } = this.#o;
    try {
      certificates.wrote(
        await client.create(secrets, wanted, { fieldManager: fieldManagers.controller, signal }),
      );
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const live = await client.get(secrets, keyOf(wanted), { signal });
      if (!isSecretOf(live, session, jobName)) return false;
      const { uid, resourceVersion } = live.metadata;
      const replaced = { ...wanted, metadata: { ...wanted.metadata, uid, resourceVersion } };
      certificates.wrote(
        await client.update(secrets, replaced, { fieldManager: fieldManagers.controller, signal }),
      );
    }
    return true;
  }

  /** Keys of the Secret that are the operator's. */
  secretKeys(): string[] {
    const { extraCa } = this.#o.installation;
    return [...['tls.crt', 'tls.key', 'ca.crt'], ...(extraCa === undefined ? [] : [EXTRA_CA_KEY])];
  }

  /** The Job as it would be made now. @throws Error when the Tenant has no gateway */
  wantedJob(session: LiveSession, tenant: LiveTenant, campaign: Campaign | undefined, jobName: string): Job {
    const { installation } = this.#o;
    const request = workerPodRequest(installation, tenant, profileOf({ session, tenant }), campaign);
    const job = workerJob({
      session,
      jobName,
      ...request,
      maxDurationSeconds: maxDurationSeconds({ session, tenant }),
      backstopSeconds: backstopSeconds(installation.settings),
    });
    const own = { [annotations.workerTemplate]: templateHash(request) };
    return { ...job, metadata: { ...job.metadata, annotations: own } };
  }

  /**
   * Names of the containers that run otherwise than they should, which nothing but another pod could mend. A Job of other
   * settings, from before an upgrade or a changed Tenant, is as it should be.
   */
  madeOtherwise(
    session: LiveSession,
    tenant: LiveTenant | undefined,
    campaign: Campaign | undefined,
    job: Live<Job> | undefined,
  ): readonly string[] {
    if (job === undefined || tenant?.status?.gateway === undefined) return [];
    const wanted = this.wantedJob(session, tenant, campaign, job.metadata.name);
    const template = job.metadata.annotations?.[annotations.workerTemplate];
    return template === wanted.metadata?.annotations?.[annotations.workerTemplate]
      ? foreignContainers(job, wanted)
      : [];
  }

  /** Finding the Job there already is as good as creating it. @throws Error when it is not the session's. */
  async createJob(
    session: LiveSession,
    tenant: LiveTenant,
    campaign: Campaign | undefined,
    { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
  ): Promise<void> {
    const { client, metrics, clock } = this.#o;
    const { namespace } = session.metadata;
    const jobName = workerJobName(session);
    const wanted = this.wantedJob(session, tenant, campaign, jobName);
    const { object, created } = await this.#o.jobs.create(client, wanted, { signal });
    if (!isJobOf(object, session)) throw new Error(nameTaken(`Job ${namespace}/${jobName}`));
    if (!created) {
      // What has lost its labels is in no cache: it is there all the same.
      await this.repairJob(object, wanted, session, signal);
      return;
    }
    const milliseconds = clock.now() - Date.parse(session.metadata.creationTimestamp ?? '');
    metrics.jobCreated(milliseconds / 1000);
    log.info({ job: jobName, sinceCreatedMs: milliseconds }, 'Created the worker Job');
  }

  /** @returns whether anything had to be put back */
  async repairJob(job: Live<Job>, wanted: Job, session: LiveSession, signal: AbortSignal): Promise<boolean> {
    const repair = jobRepair(job, wanted, session);
    if (repair === undefined) return false;
    const options = { fieldManager: fieldManagers.controller, signal };
    this.#o.jobs.record(await this.#o.client.patch(jobs, keyOf(job), { merge: repair }, options));
    return true;
  }

  /** Name of the Job of a warm worker that the session could have. */
  spareFor(
    session: LiveSession,
    tenant: LiveTenant | undefined,
    campaign: Campaign | undefined,
  ): string | undefined {
    if (tenant === undefined) return undefined;
    return this.#o.warm.spareFor(tenant, profileOf({ session, tenant }), campaign);
  }

  /** @returns whether the session has it; false: somebody was quicker */
  claimSpare(
    session: LiveSession,
    tenant: LiveTenant,
    jobName: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const backstop = backstopSeconds(this.#o.installation.settings);
    const deadlineSeconds = maxDurationSeconds({ session, tenant }) + backstop;
    return this.#o.warm.claim({ session, tenant, jobName, deadlineSeconds }, signal);
  }

  /**
   * Writes on what a claimed warm worker brought along whose it is now, and makes its pods keep their results; done
   * again for each pod that the Job makes. Only once the status names the Job: the gateway waits for that.
   */
  async adopt(session: LiveSession, tenant: LiveTenant | undefined, signal: AbortSignal): Promise<void> {
    const jobName = session.status?.worker?.jobName;
    if (jobName === undefined || !isWarmJobName(jobName) || isFinal(session.status?.phase)) return;
    const { client, workers } = this.#o;
    const alive = workers.unnamed(session).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (alive.length === 0 || tenant === undefined) return;
    const { namespace } = session.metadata;
    const own = { ...workerLabels({ session, tenant }), [labels.warm]: null };
    const secret = { namespace, name: workerSecretName(jobName) };
    await Promise.all([
      ignoreMissing(client.patch(secrets, secret, { merge: { metadata: { labels: own } } }, { signal })),
      ...alive.map(async (pod) => {
        // The finalizer first: with the labels the pod is no longer unnamed, and this is not done again.
        await ignoreMissing(addFinalizer(client, pods, pod, finalizers.result, { signal }));
        const merge = { metadata: { uid: pod.metadata.uid, labels: own } };
        await ignoreMissing(client.patch(pods, keyOf(pod), { merge }, { signal }));
      }),
    ]);
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

  /**
   * Job and Secret; what is gone already is no error. The certificate is revoked before its Secret goes, so that whoever
   * continues after a crash finds it there.
   */
  async remove(session: LiveSession, signal: AbortSignal): Promise<void> {
    const { client } = this.#o;
    const { namespace } = session.metadata;
    const names = [...this.#o.workers.jobNamesOf(session)];
    const gone = names.flatMap((name) => {
      const uid = this.#o.jobs.get({ namespace, name })?.metadata.uid;
      return [
        uid === undefined
          ? client.deleteCurrent(jobs, { namespace, name }, { signal })
          : client.delete(jobs, { namespace, name }, { uid, signal }),
        this.#removeSecret(namespace, name, signal),
      ];
    });
    await Promise.all(gone);
  }

  async #removeSecret(namespace: string, jobName: string, signal: AbortSignal): Promise<void> {
    const { client, certificates, revocations } = this.#o;
    const key = { namespace, name: workerSecretName(jobName) };
    const certPem =
      certificates.certPem(namespace, jobName) ??
      secretText(await client.find(secrets, key, { signal }), 'tls.crt');
    if (certPem !== undefined) await revocations.revoke(certPem, jobName, signal);
    await client.deleteCurrent(secrets, key, { signal });
    certificates.forget(namespace, jobName);
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

/** By its owner: the session, or the warm worker's Job that it came with; or by the label, when it has no owner. */
function isSecretOf(secret: Live, session: LiveSession, jobName: string): boolean {
  const owner = controllerOf(secret);
  if (owner !== undefined) return owner.uid === session.metadata.uid;
  const { labels: own, ownerReferences = [] } = secret.metadata;
  return (
    own?.[labels.sessionUid] === session.metadata.uid ||
    ownerReferences.some(({ kind, name }) => kind === 'Job' && name === jobName)
  );
}

/** Added to a session's own time before Kubernetes itself ends its Job. */
function backstopSeconds({ session }: Settings): number {
  const { drainTimeoutSeconds, terminationGracePeriodSeconds, startTimeoutSeconds } = session;
  return startTimeoutSeconds + drainTimeoutSeconds + terminationGracePeriodSeconds + 300;
}

/** What is gone needs nothing written on it. */
async function ignoreMissing(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
