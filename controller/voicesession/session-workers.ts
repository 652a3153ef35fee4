// Which Job and which pods a session has: those that were made for it, or a warm worker's that it has claimed. The
// Job says whose it is; its pods may not say so yet.
import { labels, workerJobName } from '../../src/api/index.ts';
import {
  byLabel,
  formatKey,
  type Informer,
  type Job,
  keyOf,
  type Live,
  type ObjectKey,
  type Overlay,
  type Pod,
} from '../../src/kube/index.ts';
import type { LiveSession } from '../resources.ts';
import { isJobOf } from './job-drift.ts';

/** Index of pods: `<namespace>/<session>`. */
export const POD_SESSION_INDEX = 'session';
/** Index of pods: `<namespace>/<Job>`. */
export const POD_JOB_INDEX = 'job';
const JOB_SESSION_INDEX = 'sessionUid';
const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/** Values of POD_JOB_INDEX. */
export function jobKeysOf({ metadata }: Pick<Live<Pod>, 'metadata'>): string[] {
  const job = metadata.labels?.[JOB_NAME_LABEL];
  return job === undefined ? [] : [`${metadata.namespace}/${job}`];
}

export class SessionWorkers {
  readonly #jobs: Overlay<Job>;
  readonly #pods: Informer<Pod>;

  /** @param pods with both indexes */
  constructor(jobs: Overlay<Job>, pods: Informer<Pod>) {
    this.#jobs = jobs;
    this.#pods = pods;
    jobs.addIndex(JOB_SESSION_INDEX, byLabel(labels.sessionUid));
  }

  /** The one that the status names comes first: two are there only when an operator died while it claimed. */
  jobOf(session: LiveSession): Live<Job> | undefined {
    const { namespace, uid } = session.metadata;
    const names = [session.status?.worker?.jobName, workerJobName(session)];
    const named = names.flatMap((name) => (name === undefined ? [] : [this.#jobs.get({ namespace, name })]));
    const candidates = [...named, ...this.#jobs.byIndex(JOB_SESSION_INDEX, uid)];
    return candidates.find((job) => job !== undefined && isJobOf(job, session));
  }

  /** Of every Job that it has or may have, whatever this cache knows of them. */
  jobNamesOf(session: LiveSession): ReadonlySet<string> {
    const names = [
      workerJobName(session),
      session.status?.worker?.jobName,
      ...this.#jobs
        .byIndex(JOB_SESSION_INDEX, session.metadata.uid)
        .filter((job) => isJobOf(job, session))
        .map(({ metadata: { name } }) => name),
    ];
    return new Set(names.filter((name) => name !== undefined));
  }

  /** Pods of its Jobs. */
  podsOf(session: LiveSession): readonly Live<Pod>[] {
    const { uid } = session.metadata;
    const own = this.named(keyOf(session)).filter((pod) => pod.metadata.labels?.[labels.sessionUid] === uid);
    return [...own, ...this.unnamed(session)];
  }

  /** Pods that say that they are of a session of this name, which may be gone. */
  named(key: ObjectKey): readonly Live<Pod>[] {
    return this.#pods.byIndex(POD_SESSION_INDEX, formatKey(key));
  }

  /** Pods of a warm worker's Job that do not say yet whose they are. */
  unnamed(session: LiveSession): readonly Live<Pod>[] {
    const job = this.jobOf(session);
    if (job === undefined) return [];
    return this.#pods
      .byIndex(POD_JOB_INDEX, formatKey(keyOf(job)))
      .filter(({ metadata }) => metadata.labels?.[labels.session] === undefined);
  }
}
