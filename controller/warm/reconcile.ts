// The effects of warm workers, one Tenant at a time: looks, asks plan.ts, makes and removes spares. Claiming one is
// the session's (voicesession/).
import { randomUUID } from 'node:crypto';
import {
  fieldManagers,
  findCondition,
  isTrue,
  isWarmJobName,
  labels,
  type Tenant,
  type VoiceSession,
  warmJobName,
  workerSecretName,
} from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  isConflict,
  type Job,
  jobs,
  type Live,
  type Logger,
  type ObjectKey,
  type Overlay,
  secrets,
} from '../../src/kube/index.ts';
import type { CertificateIssuer } from '../certificates/issuer.ts';
import type { LiveTenant } from '../resources.ts';
import type { Revocations } from '../voicesession/revocations.ts';
import { certificateAnnotations, type WorkerCertificates } from '../voicesession/worker-certificates.ts';
import { type WorkerInstallation, workerPodRequest, workerSecretData } from '../voicesession/worker-pod.ts';
import { countFailures, type Failures, planWarm, type Spare, type WarmObservation } from './plan.ts';
import type { WarmPool } from './pool.ts';
import { renewSpares } from './renewals.ts';
import { spareJob, spareLabels } from './spare.ts';

/** How long a Tenant may be not Ready before its spares are given up: Discord may be back in a moment. */
const UNREADY_GRACE_MS = 60_000;
/** No event tells that the certificate authority was replaced. */
const LOOK_MS = 60_000;

export interface WarmReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly issuer: CertificateIssuer;
  readonly installation: WorkerInstallation;
  readonly pool: WarmPool;
  readonly certificates: WorkerCertificates;
  readonly revocations: Revocations;
  readonly tenants: Informer<Tenant>;
  readonly sessions: Informer<VoiceSession>;
  readonly jobs: Overlay<Job>;
}

export class WarmReconciler {
  readonly #o: WarmReconcilerOptions;
  /** By Tenant. They say nothing of what was tried after the Tenant was changed. */
  readonly #failures = new Map<string, Failures & { readonly generation: number | undefined }>();

  constructor(options: WarmReconcilerOptions) {
    this.#o = options;
  }

  async reconcile(
    key: ObjectKey,
    { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const { tenants, pool, clock } = this.#o;
    const tenant = tenants.get(key);
    if (tenant === undefined) {
      this.#failures.delete(key.name);
      return undefined;
    }
    await Promise.all([this.#inspectSecrets(tenant, signal), this.#removeLostClaims(tenant, signal, log)]);
    const now = new Date(clock.now());
    const renewAt = await renewSpares(pool.jobsOf(tenant), this.#o, now, { signal, log });
    const state = stateOf(tenant, now);
    const spares = pool.view(tenant);
    const failures = this.#countFailures(tenant, spares, now);
    const plan = planWarm({
      now,
      wanted: tenant.spec.worker.warm,
      tenant: state.state,
      spares,
      failures,
      claimedAt: pool.lastClaim(tenant),
    });
    if (plan.create > 0 || plan.remove.length > 0) {
      const remove = plan.remove.map(({ name, state: why }) => `${name} (${why})`);
      log.info({ create: plan.create, remove, failures: failures?.count ?? 0 }, 'Warm workers');
    }
    await Promise.all([
      ...plan.remove.map((spare) => this.#remove(tenant, spare, signal)),
      ...Array.from({ length: plan.create }, () => this.#create(tenant, signal)),
    ]);
    if (tenant.spec.worker.warm === 0 && spares.length === 0) return undefined;
    const times = [plan.wakeAt, state.until, renewAt].flatMap((time) =>
      time === undefined ? [] : [time.getTime()],
    );
    const dueMs = Math.min(...times) - clock.now();
    return { requeueAfterMs: Math.min(LOOK_MS, Math.max(10, dueMs)) };
  }

  #countFailures(tenant: LiveTenant, spares: readonly Spare[], now: Date): Failures | undefined {
    const { name, generation } = tenant.metadata;
    const before = this.#failures.get(name);
    const failures = countFailures(before?.generation === generation ? before : undefined, spares, now);
    if (failures === undefined) this.#failures.delete(name);
    else this.#failures.set(name, { ...failures, generation });
    return failures;
  }

  /** The Job first: its UID is the Secret's owner, so that nothing of a spare outlives it. The kubelet waits for it. */
  async #create(tenant: LiveTenant, signal: AbortSignal): Promise<void> {
    const { client, installation, issuer, pool, jobs: overlay } = this.#o;
    const namespace = tenant.status?.namespace;
    if (namespace === undefined) return;
    const jobName = warmJobName(randomUUID());
    const material = await issuer.issueWorker({ namespace, jobName, signal });
    const pod = workerPodRequest(installation, tenant, tenant.spec.worker.profile, undefined);
    const wanted = spareJob({ ...pod, jobName, namespace, certificateExpiry: material.notAfter });
    const { object } = await overlay.create(client, wanted, { signal });
    const { uid } = object.metadata;
    const secret = await client.create(
      secrets,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: workerSecretName(jobName),
          namespace,
          labels: spareLabels(tenant),
          annotations: certificateAnnotations(material),
          ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: jobName, uid }],
        },
        type: 'Opaque',
        data: workerSecretData(installation, material),
      },
      { fieldManager: fieldManagers.controller, signal },
    );
    this.#o.certificates.wrote(secret);
    pool.rememberSecret(object, { good: true, caPem: material.caPem });
  }

  /** Only the version that was judged: a session may have claimed it since. */
  async #remove(
    tenant: LiveTenant,
    { name, uid, resourceVersion }: Spare,
    signal: AbortSignal,
  ): Promise<void> {
    const namespace = tenant.status?.namespace ?? '';
    const { certificates, revocations, client } = this.#o;
    const certPem = certificates.certPem(namespace, name);
    try {
      await client.delete(jobs, { namespace, name }, { uid, resourceVersion, signal });
      // Its Secret goes with it.
      if (certPem !== undefined) await revocations.revoke(certPem, name, signal);
      certificates.forget(namespace, name);
    } catch (error) {
      // Changed: the change itself is the next look.
      if (!isConflict(error)) throw error;
    }
  }

  /** Once for each spare that this process has not made: an earlier one may have left it without, or with old content. */
  async #inspectSecrets(tenant: LiveTenant, signal: AbortSignal): Promise<void> {
    const { client, installation, pool, issuer } = this.#o;
    if (pool.jobsOf(tenant).length === 0) return;
    const caPem = await issuer.authorityPem(signal);
    const unknown = pool.jobsOf(tenant).filter((job) => pool.secretIsGood(job, caPem) === undefined);
    // Certificate and bundle are put right without another worker.
    const {
      'tls.crt': _,
      'tls.key': __,
      'ca.crt': ___,
      ...wanted
    } = workerSecretData(installation, {
      certPem: '',
      keyPem: '',
      caPem,
    });
    await Promise.all(
      unknown.map(async (job) => {
        const { namespace, name } = job.metadata;
        const secret = await client.find(secrets, { namespace, name: workerSecretName(name) }, { signal });
        const {
          'tls.crt': certificate,
          'tls.key': privateKey,
          'ca.crt': bundle,
          ...rest
        } = secret?.data ?? {};
        const complete = certificate !== undefined && privateKey !== undefined && bundle !== undefined;
        pool.rememberSecret(job, { good: complete && sameData(rest, wanted), caPem });
      }),
    );
  }

  /**
   * A session that was claimed for twice, because one operator died between the claim and the status and the next one
   * did not see the claim yet: the Job that the status does not name is nobody's.
   */
  async #removeLostClaims(tenant: LiveTenant, signal: AbortSignal, log: Logger): Promise<void> {
    const namespace = tenant.status?.namespace;
    if (namespace === undefined) return;
    const lost = this.#o.jobs.list(namespace).filter((job) => this.#isLost(job));
    await Promise.all(
      lost.map(async ({ metadata: { name, uid } }) => {
        log.warn({ job: name }, 'Removing a warm worker that was claimed in vain');
        await this.#o.client.delete(jobs, { namespace, name }, { uid, signal });
      }),
    );
  }

  #isLost({ metadata }: Live<Job>): boolean {
    const { namespace, name, labels: own, deletionTimestamp } = metadata;
    const sessionName = own?.[labels.session];
    if (!isWarmJobName(name) || sessionName === undefined || deletionTimestamp !== undefined) return false;
    const session = this.#o.sessions.get({ namespace, name: sessionName });
    if (session?.metadata.uid !== own?.[labels.sessionUid]) return false;
    const serving = session?.status?.worker?.jobName;
    return serving !== undefined && serving !== name;
  }
}

interface TenantState {
  readonly state: WarmObservation['tenant'];
  /** When the state changes by itself. */
  readonly until?: Date;
}

function stateOf(tenant: LiveTenant, now: Date): TenantState {
  const { status, metadata } = tenant;
  if (metadata.deletionTimestamp !== undefined || status?.namespace === undefined) return { state: 'closed' };
  if (isTrue(status.conditions, 'Ready')) return { state: 'ready' };
  const since = findCondition(status.conditions, 'Ready')?.lastTransitionTime;
  const until = new Date((since === undefined ? now.getTime() : Date.parse(since)) + UNREADY_GRACE_MS);
  return now < until ? { state: 'unready', until } : { state: 'closed' };
}

function sameData(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => one[name] === other[name]);
}
