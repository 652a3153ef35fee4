// A spare: the Job of a worker that waits for a session. Its pod is exactly what a session without wishes of its own
// would get, so that whether a session may have it is a comparison of two hashes.
import { createHash } from 'node:crypto';
import { annotations, labels, MANAGED_BY } from '../../src/api/index.ts';
import { isControlledBy, type Job, type Live, type Pod } from '../../src/kube/index.ts';
import { tenantOwner } from '../owners.ts';
import type { LiveTenant } from '../resources.ts';
import { onePodAtATime, podSpec, type WorkerPodRequest } from '../voicesession/job.ts';
import { viewJob } from '../voicesession/worker-view.ts';
import type { Spare } from './plan.ts';

export interface SpareRequest extends WorkerPodRequest {
  readonly tenant: LiveTenant;
  readonly namespace: string;
  readonly certificateExpiry: Date;
}

export function spareJob(request: SpareRequest): Job {
  const { tenant, namespace, jobName, settings, certificateExpiry } = request;
  const own = spareLabels(tenant);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName,
      namespace,
      labels: own,
      annotations: {
        [annotations.workerTemplate]: templateHash(request),
        [annotations.certificateExpiry]: certificateExpiry.toISOString(),
      },
      ownerReferences: [tenantOwner(tenant)],
    },
    // No deadline: it waits. The session that claims it sets one. Nor has its pod the finalizer that keeps results.
    spec: {
      ...onePodAtATime(settings),
      template: { metadata: { labels: own }, spec: podSpec(request) },
    },
  };
}

export function spareLabels(tenant: LiveTenant): Record<string, string> {
  return {
    [labels.managedBy]: MANAGED_BY,
    [labels.component]: 'worker',
    [labels.tenant]: tenant.metadata.name,
    [labels.warm]: 'true',
  };
}

/** Equal hashes: the same pod but for the name of its Secret. */
export function templateHash(request: Omit<WorkerPodRequest, 'jobName'>): string {
  const spec = JSON.stringify(podSpec({ ...request, jobName: '' }));
  return createHash('sha256').update(spec).digest('hex').slice(0, 16);
}

/** The Tenant's, and nobody has claimed it. */
export function isSpareOf(job: Live<Job>, tenant: LiveTenant): boolean {
  return job.metadata.labels?.[labels.warm] === 'true' && isControlledBy(job, tenant);
}

export interface SpareCriteria {
  readonly now: Date;
  /** What a spare of today would have; undefined: there can be none. */
  readonly template: string | undefined;
  /** When the certificate ends that it has now; undefined: the one that it was made with. */
  readonly certificateEnd: (job: Live<Job>) => Date | undefined;
  /** How long a spare may take to become ready. */
  readonly startTimeoutSeconds: number;
  /** The node is being emptied: a session that began there would have to move at once. */
  readonly nodeIsLeaving: (node: string) => boolean;
  /** False: its Secret is missing, or holds what has changed since. */
  readonly secretIsGood: (job: Live<Job>) => boolean;
}

/** @param pods of the Job */
export function viewSpare(job: Live<Job>, pods: readonly Live<Pod>[], criteria: SpareCriteria): Spare {
  const { name, uid, resourceVersion, creationTimestamp } = job.metadata;
  const createdAt = new Date(creationTimestamp ?? criteria.now);
  const spare = { name, uid, resourceVersion, createdAt };
  const view = viewJob(job);
  if (view.deleting) return { ...spare, state: 'deleting' };
  if (view.finished !== undefined) return { ...spare, state: 'failed' };

  const template = job.metadata.annotations?.[annotations.workerTemplate];
  // It is renewed long before, unless its issuer does not answer.
  const staleAt = criteria.certificateEnd(job) ?? view.certificateExpiry ?? criteria.now;
  const leaving = pods.some(({ spec }) => spec?.nodeName && criteria.nodeIsLeaving(spec.nodeName));
  const outdated = template !== criteria.template || !criteria.secretIsGood(job);
  if (leaving || outdated || criteria.now >= staleAt) return { ...spare, state: 'stale' };
  if (pods.some(isReady)) return { ...spare, state: 'ready', changesAt: staleAt };
  const lateAt = new Date(createdAt.getTime() + criteria.startTimeoutSeconds * 1000);
  return criteria.now >= lateAt
    ? { ...spare, state: 'failed' }
    : { ...spare, state: 'starting', changesAt: lateAt };
}

/** The worker says that it is parked at its gateway with everything loaded. */
function isReady({ metadata, status }: Live<Pod>): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return metadata.deletionTimestamp === undefined && ready === true;
}
