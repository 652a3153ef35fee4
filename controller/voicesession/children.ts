// What a session has, kept as its phase wants it: looked at whenever the session is. Everything here can be put back
// without cutting a live session short.
import { type Campaign, isLive, labels, workerSecretName } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  controllerOf,
  covers,
  type EventRecorder,
  type Informer,
  type Job,
  keyOf,
  type Live,
  Overlay,
  type PodDisruptionBudget,
  podDisruptionBudgets,
} from '../../src/kube/index.ts';
import type { WorkerCertificate } from '../certificates/issuer.ts';
import { childEvent } from '../children/events.ts';
import { belongsTo, ChildKeeper, type ChildState } from '../children/keeper.ts';
import { Pace } from '../children/pace.ts';
import { type LiveSession, type LiveTenant, voiceSessions } from '../resources.ts';
import { workerBudget } from './budget.ts';
import { workerLabels } from './job.ts';
import type { SecretWatch } from './secret-watch.ts';
import type { WorkerObjects } from './worker-objects.ts';

export interface SessionChildrenOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly budgets: Informer<PodDisruptionBudget>;
  readonly secrets: SecretWatch;
  readonly objects: WorkerObjects;
  readonly issue: (session: LiveSession, jobName: string, signal: AbortSignal) => Promise<WorkerCertificate>;
}

/** A session as it is attended to. */
export interface Attended {
  readonly session: LiveSession;
  readonly tenant: LiveTenant;
  readonly campaign: Live<Campaign> | undefined;
  readonly job: Live<Job>;
}

/** While a child is on its way out, or its name is somebody else's: no watch tells of that. */
const LOOK_AGAIN_MS = 5_000;

export class SessionChildren {
  readonly #o: SessionChildrenOptions;
  readonly #keeper: ChildKeeper;
  readonly #pace: Pace;
  readonly #budgets: Overlay<PodDisruptionBudget>;

  constructor(options: SessionChildrenOptions) {
    this.#o = options;
    const now = () => options.clock.now();
    this.#keeper = new ChildKeeper({ client: options.client, now });
    this.#pace = new Pace(now);
    this.#budgets = new Overlay(options.budgets);
  }

  /** @returns when to look again, milliseconds, if something could not be done now */
  async attend(
    session: LiveSession,
    parts: { readonly [part in 'tenant' | 'campaign' | 'job']: Attended[part] | undefined },
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const name = session.status?.worker?.jobName;
    if (name === undefined) return undefined;
    if (!isLive(session.status?.phase)) {
      await this.#removeBudget(session, name, signal);
      return undefined;
    }
    const { tenant, campaign, job } = parts;
    if (tenant === undefined || job === undefined || job.metadata.deletionTimestamp !== undefined) {
      return undefined;
    }
    const attended = { session, tenant, campaign, job };
    const waits = [
      await this.#keepBudget(attended, signal),
      await this.#keepJob(attended, signal),
      await this.#keepSecret(attended, signal),
    ].filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  async #keepBudget({ session, tenant, job }: Attended, signal: AbortSignal): Promise<number | undefined> {
    const { namespace, uid } = session.metadata;
    const { name } = job.metadata;
    const { state, retryMs } = await this.#keeper.keep(
      podDisruptionBudgets,
      workerBudget(session, tenant, name),
      {
        cached: this.#budgets.get({ namespace, name }),
        record: (object) => this.#budgets.record(object),
        isOurs: (object) => belongsTo(object, uid, labels.sessionUid, uid),
        exact: ['spec'],
        signal,
      },
    );
    this.#tell(session, `PodDisruptionBudget ${name}`, state);
    return state === 'ending' || state === 'taken' ? LOOK_AGAIN_MS : retryMs;
  }

  async #keepJob(
    { session, tenant, campaign, job }: Attended,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (tenant.status?.gateway === undefined) return undefined;
    const { objects } = this.#o;
    const { name, uid } = job.metadata;
    const wanted = objects.wantedJob(session, tenant, campaign, name);
    const retryMs = this.#pace.waitMs(`job ${uid}`);
    if (retryMs > 0) return retryMs;
    if (!(await objects.repairJob(job, wanted, session, signal))) return undefined;
    this.#pace.done(`job ${uid}`);
    this.#tell(session, `Job ${name}`, 'mended');
    return undefined;
  }

  /** With another certificate: the key of the old one is nowhere else. The next pod has it, a running one its own. */
  async #keepSecret({ session, tenant, job }: Attended, signal: AbortSignal): Promise<number | undefined> {
    const { secrets, objects, issue } = this.#o;
    const { namespace } = session.metadata;
    const jobName = job.metadata.name;
    const name = workerSecretName(jobName);
    const state = secrets.state(namespace, name, objects.secretKeys());
    if (state === 'unknown') return undefined;
    if (state === 'ending') return LOOK_AGAIN_MS;
    if (state === 'good' && isMarked(secrets.get(namespace, name), { session, tenant }, jobName)) {
      return undefined;
    }
    const child = `secret ${session.metadata.uid}`;
    const retryMs = this.#pace.waitMs(child);
    if (retryMs > 0) return retryMs;
    this.#pace.done(child);
    const material = await issue(session, jobName, signal);
    const ours = await objects.writeSecret(session, tenant, { jobName, material }, signal);
    this.#tell(session, `Secret ${name}`, ours ? (state === 'missing' ? 'made' : 'mended') : 'taken');
    return ours ? undefined : LOOK_AGAIN_MS;
  }

  async #removeBudget(session: LiveSession, name: string, signal: AbortSignal): Promise<void> {
    const { namespace, uid } = session.metadata;
    const budget = this.#budgets.get({ namespace, name });
    if (budget === undefined || !belongsTo(budget, uid, labels.sessionUid, uid)) return;
    await this.#o.client.delete(podDisruptionBudgets, keyOf(budget), { uid: budget.metadata.uid, signal });
  }

  #tell(session: LiveSession, child: string, state: ChildState): void {
    // The first one is made while the worker starts.
    const event = childEvent(child, state, session.status?.activeAt !== undefined);
    if (event !== undefined) this.#o.recorder.event({ resource: voiceSessions, object: session }, event);
  }
}

/** Whether the Secret bears the session's labels and an owner, so that it is found and goes with it. */
function isMarked(
  secret: Live | undefined,
  of: { readonly session: LiveSession; readonly tenant: LiveTenant },
  jobName: string,
): boolean {
  if (secret === undefined || !covers({ metadata: { labels: workerLabels(of) } }, secret)) return false;
  if (controllerOf(secret)?.uid === of.session.metadata.uid) return true;
  // What came with a warm worker goes with its Job.
  return (
    secret.metadata.ownerReferences?.some(({ kind, name }) => kind === 'Job' && name === jobName) ?? false
  );
}
