// What somebody may have changed in a worker's Job. Nearly everything can be put back under a running pod; only a Job
// that was made by somebody else, with another pod, cannot: that is reported.
import { labels, workerJobName } from '../../src/api/index.ts';
import { controllerOf, covers, type Job, type Live, type Pod } from '../../src/kube/index.ts';
import { belongsTo } from '../children/keeper.ts';
import type { LiveSession } from '../resources.ts';

/** Whether the Job is the session's, by its owner, or by its label when it has lost its owner. */
export function isJobOf(job: Live<Job>, session: LiveSession): boolean {
  const { uid } = session.metadata;
  return belongsTo(job, uid, labels.sessionUid, uid);
}

/**
 * The merge patch that makes the Job what it was; undefined when it is. Applies to the very version that was looked at.
 * @param wanted as the operator would make it now
 */
export function jobRepair(job: Live<Job>, wanted: Job, session: LiveSession): object | undefined {
  const { uid, resourceVersion } = job.metadata;
  const { labels: own, ownerReferences } = wanted.metadata ?? {};
  const owned = controllerOf(job)?.uid === session.metadata.uid;
  const labelled = covers({ metadata: { ...(own === undefined ? {} : { labels: own }) } }, job);
  const spec = specRepair(job, wanted, session);
  if (owned && labelled && spec === undefined) return undefined;
  return {
    metadata: { uid, resourceVersion, labels: own, ...(owned ? {} : { ownerReferences }) },
    ...(spec === undefined ? {} : { spec }),
  };
}

function specRepair(job: Live<Job>, wanted: Job, session: LiveSession): object | undefined {
  const { spec } = job;
  const repair: Record<string, unknown> = {};
  for (const field of ['parallelism', 'podReplacementPolicy', 'backoffLimit'] as const) {
    if (spec?.[field] !== wanted.spec?.[field]) repair[field] = wanted.spec?.[field];
  }
  // A claimed warm worker's deadline counts from when it began to wait.
  const cold = job.metadata.name === workerJobName(session);
  if (cold && spec?.activeDeadlineSeconds !== wanted.spec?.activeDeadlineSeconds) {
    repair.activeDeadlineSeconds = wanted.spec?.activeDeadlineSeconds;
  }
  if (spec?.suspend === true) repair.suspend = false;
  // The result is read before the Job goes.
  if (typeof spec?.ttlSecondsAfterFinished === 'number') repair.ttlSecondsAfterFinished = null;
  return Object.keys(repair).length === 0 ? undefined : repair;
}

/** What a container is; what the API server adds to it, and quantities, are not compared. */
const COMPARED = ['image', 'command', 'args', 'env', 'securityContext'] as const;

/**
 * Names of the containers that the Job runs otherwise than it should. A template cannot be changed: such a Job was
 * deleted, and made again by somebody else.
 */
export function foreignContainers(job: Live<Job>, wanted: Job): string[] {
  const live = containersOf(job);
  const own = containersOf(wanted);
  const changed = own.filter((container) => {
    const found = live.find(({ name }) => name === container.name);
    return found === undefined || !covers(compared(container), compared(found));
  });
  const added = live.filter(({ name }) => !own.some((container) => container.name === name));
  return [...changed, ...added].map(({ name }) => name);
}

type Container = NonNullable<Pod['spec']>['containers'][number];

function containersOf(job: Pick<Job, 'spec'>): readonly Container[] {
  const pod = job.spec?.template.spec;
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

function compared(container: Container): object {
  return Object.fromEntries(COMPARED.map((field) => [field, container[field]]));
}
