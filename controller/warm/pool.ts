// The spares of all tenants as they are now: what of them a session may claim, and the claim itself. Many may want
// one spare; the API server gives it to the one whose write comes first.

import { annotations, type Campaign, labels, type Profile } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  isConflict,
  isControlledBy,
  isNotFound,
  type Job,
  jobs,
  type Live,
  type Node,
  type Overlay,
  type Pod,
} from '../../src/kube/index.ts';
import { sessionOwner } from '../owners.ts';
import type { LiveSession, LiveTenant } from '../resources.ts';
import { workerLabels } from '../voicesession/job.ts';
import { viewNode } from '../voicesession/node-view.ts';
import { POD_JOB_INDEX } from '../voicesession/session-workers.ts';
import type { WorkerCertificates } from '../voicesession/worker-certificates.ts';
import { type WorkerInstallation, workerPodRequest } from '../voicesession/worker-pod.ts';
import type { Spare } from './plan.ts';
import { isSpareOf, templateHash, viewSpare } from './spare.ts';

/** The first try may meet a version that the Job controller has replaced; the second knows the newest. */
const CLAIM_TRIES = 3;

export interface WarmPoolOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly installation: WorkerInstallation;
  readonly jobs: Overlay<Job>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly certificates: WorkerCertificates;
}

export interface ClaimRequest {
  readonly session: LiveSession;
  readonly tenant: LiveTenant;
  readonly jobName: string;
  /** From now until Kubernetes itself ends the Job, seconds. */
  readonly deadlineSeconds: number;
}

export class WarmPool {
  readonly #o: WarmPoolOptions;
  /** What is known of the Secrets of spares, by the UID of the Job. */
  readonly #secrets = new Map<string, { job: Live<Job>; good: boolean; caPem: string }>();

  constructor(options: WarmPoolOptions) {
    this.#o = options;
  }

  /** All that no session has claimed. */
  jobsOf(tenant: LiveTenant): readonly Live<Job>[] {
    const { namespace } = tenant.status ?? {};
    if (namespace === undefined) return [];
    return this.#o.jobs.list(namespace).filter((job) => isSpareOf(job, tenant));
  }

  /** When a session of the tenant last claimed one, as far as its Job is still there. */
  lastClaim({ status }: LiveTenant): Date | undefined {
    if (status?.namespace === undefined) return undefined;
    const times = this.#o.jobs
      .list(status.namespace)
      .flatMap(({ metadata }) => metadata.annotations?.[annotations.claimedAt] ?? [])
      .map((time) => Date.parse(time));
    return times.length === 0 ? undefined : new Date(Math.max(...times));
  }

  podsOf({ metadata: { namespace, name } }: Live<Job>): readonly Live<Pod>[] {
    return this.#o.pods.byIndex(POD_JOB_INDEX, `${namespace}/${name}`);
  }

  view(tenant: LiveTenant): readonly Spare[] {
    if (this.jobsOf(tenant).length === 0) return [];
    return this.#view(tenant, this.#template(tenant, tenant.spec.worker.profile, undefined));
  }

  /** The name of a spare that the session could have now: the oldest, because its certificate ends first. */
  spareFor(tenant: LiveTenant, profile: Profile, campaign: Campaign | undefined): string | undefined {
    if (this.jobsOf(tenant).length === 0) return undefined;
    const template = this.#template(tenant, profile, campaign);
    const ready = this.#view(tenant, template).filter(({ state }) => state === 'ready');
    return ready.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0]?.name;
  }

  /**
   * One write decides: it names the version of a Job that nobody had claimed. Afterwards the Job says whose it is, so
   * that a claim is found again whatever happens next.
   *
   * @returns whether the session has it. Having it already is no error.
   */
  async claim(request: ClaimRequest, signal: AbortSignal): Promise<boolean> {
    const { client, jobs: overlay } = this.#o;
    const { session, tenant, jobName } = request;
    const key = { namespace: session.metadata.namespace, name: jobName };
    let job = overlay.get(key);
    for (let attempt = 0; attempt < CLAIM_TRIES && job !== undefined; attempt++) {
      if (isControlledBy(job, session)) {
        overlay.record(job);
        return true;
      }
      if (job.metadata.deletionTimestamp !== undefined || !isSpareOf(job, tenant)) return false;
      try {
        overlay.record(await client.patch(jobs, key, { merge: this.#claimed(job, request) }, { signal }));
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        if (!isConflict(error)) throw error;
      }
      job = await client.find(jobs, key, { signal });
    }
    return false;
  }

  /** Whether the spare's Secret holds what it would hold today; undefined: it has to be looked at. */
  secretIsGood(job: Live<Job>, caPem: string): boolean | undefined {
    const known = this.#secrets.get(job.metadata.uid);
    return known?.caPem === caPem ? known.good : undefined;
  }

  rememberSecret(job: Live<Job>, secret: { readonly good: boolean; readonly caPem: string }): void {
    this.#secrets.set(job.metadata.uid, { job, ...secret });
    for (const [uid, { job: known }] of this.#secrets) {
      if (this.#o.jobs.get(known.metadata)?.metadata.uid !== uid) this.#secrets.delete(uid);
    }
  }

  /** Of a Tenant without a gateway none: nothing is like it. */
  #template(tenant: LiveTenant, profile: Profile, campaign: Campaign | undefined): string | undefined {
    if (tenant.status?.gateway === undefined) return undefined;
    return templateHash(workerPodRequest(this.#o.installation, tenant, profile, campaign));
  }

  #view(tenant: LiveTenant, template: string | undefined): readonly Spare[] {
    const { installation, clock } = this.#o;
    const criteria = {
      now: new Date(clock.now()),
      template,
      certificateEnd: ({ metadata }: Live<Job>) =>
        this.#o.certificates.peek(metadata.namespace ?? '', metadata.name)?.notAfter,
      startTimeoutSeconds: installation.settings.session.startTimeoutSeconds,
      nodeIsLeaving: (name: string) => this.#nodeIsLeaving(name),
      secretIsGood: (job: Live<Job>) => this.#secrets.get(job.metadata.uid)?.good === true,
    };
    return this.jobsOf(tenant).map((job) => viewSpare(job, this.podsOf(job), criteria));
  }

  #nodeIsLeaving(name: string): boolean {
    const node = this.#o.nodes.get({ name });
    return node !== undefined && viewNode(node).leaving !== undefined;
  }

  #claimed(job: Live<Job>, { session, tenant, deadlineSeconds }: ClaimRequest): object {
    const { uid, resourceVersion } = job.metadata;
    const now = this.#o.clock.now();
    // Counted from the start of the Job, which is when it began to wait.
    const waitedMs = now - Date.parse(job.status?.startTime ?? new Date(now).toISOString());
    return {
      metadata: {
        uid,
        resourceVersion,
        labels: { ...workerLabels({ session, tenant }), [labels.warm]: null },
        ownerReferences: [sessionOwner(session)],
        annotations: { [annotations.claimedAt]: new Date(now).toISOString() },
      },
      spec: { activeDeadlineSeconds: Math.ceil(Math.max(0, waitedMs) / 1000) + deadlineSeconds },
    };
  }
}
