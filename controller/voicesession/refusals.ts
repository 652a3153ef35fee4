// Why there is no worker although there should be: the API server refuses its Job or Secret to the operator, or its
// pod to the Job controller. Quotas do that, and admission webhooks. Of a pod only the Job controller's Events tell.
import { isLive } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Event,
  events,
  isApiError,
  isForbidden,
  type Job,
  type Live,
  type Pod,
} from '../../src/kube/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';
import type { LiveSession } from '../resources.ts';
import type { SessionWorkers } from './session-workers.ts';
import { viewJob, viewPods } from './worker-view.ts';

/** A Job controller that is well makes a pod in this time. */
const PATIENCE_MS = 2_000;
const LOOK_AGAIN_MS = 5_000;

/** What the API server said; undefined when the error is no refusal. */
export function refusalIn(error: unknown): string | undefined {
  return isForbidden(error) && isApiError(error) ? plainly(error.detail) : undefined;
}

export interface PodRefusal {
  /** Undefined: nothing says that the pod is refused. */
  readonly message?: string;
  /** No watch tells: when to look again, milliseconds. */
  readonly againMs?: number;
}

export interface PodRefusalsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly workers: SessionWorkers;
}

export class PodRefusals {
  readonly #o: PodRefusalsOptions;

  constructor(options: PodRefusalsOptions) {
    this.#o = options;
  }

  /** While a live session's Job has no pod: whether one is refused. */
  async look(session: LiveSession, signal: AbortSignal): Promise<PodRefusal> {
    const { workers } = this.#o;
    const job = isLive(session.status?.phase) ? workers.jobOf(session) : undefined;
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return {};
    const had = workers.podsOf(session);
    const served =
      viewPods(had).some(({ state }) => state !== 'ended') || viewJob(job).finished !== undefined;
    return served ? {} : this.#ask(job, had, signal);
  }

  async #ask(job: Live<Job>, had: readonly Live<Pod>[], signal: AbortSignal): Promise<PodRefusal> {
    const { namespace, uid, creationTimestamp } = job.metadata;
    const waitedMs = this.#o.clock.now() - Date.parse(creationTimestamp ?? '');
    if (waitedMs < PATIENCE_MS) return { againMs: PATIENCE_MS - waitedMs };
    const fieldSelector = `regarding.uid=${uid},reason=FailedCreate`;
    const { items } = await this.#o.client.list(events, { namespace, fieldSelector, signal });
    // What was refused before the last pod was made is over.
    const since = Math.max(0, ...had.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '')));
    const [newest] = items
      .filter((event) => lastSeen(event) >= since)
      .sort((a, b) => lastSeen(b) - lastSeen(a));
    const note = newest?.note;
    return { againMs: LOOK_AGAIN_MS, ...(note === undefined ? {} : { message: plainly(note) }) };
  }
}

function lastSeen({ series, deprecatedLastTimestamp, eventTime, metadata }: Live<Event>): number {
  const time = series?.lastObservedTime ?? deprecatedLastTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return Date.parse(time ?? '');
}

/** Without the pod's name, which is another one with each attempt: the same refusal is the same sentence. */
function plainly(text: string): string {
  const sentence = text.replace(/^Error creating: /, '').replace(/^\S+ "[^"]*" is forbidden: /, '');
  return `The API server refuses the worker: ${redactText(sentence).slice(0, 800)}`;
}
