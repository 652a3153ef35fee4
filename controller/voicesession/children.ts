// What a session has beside Secret and Job, kept as its phase wants it: looked at whenever the session is.
import { isLive, labels } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type EventRecorder,
  type Informer,
  keyOf,
  Overlay,
  type PodDisruptionBudget,
  podDisruptionBudgets,
} from '../../src/kube/index.ts';
import { childEvent } from '../children/events.ts';
import { belongsTo, type Child, ChildKeeper } from '../children/keeper.ts';
import { type LiveSession, type LiveTenant, voiceSessions } from '../resources.ts';
import { workerBudget } from './budget.ts';

export interface SessionChildrenOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly budgets: Informer<PodDisruptionBudget>;
}

export class SessionChildren {
  readonly #o: SessionChildrenOptions;
  readonly #keeper: ChildKeeper;
  readonly #budgets: Overlay<PodDisruptionBudget>;

  constructor(options: SessionChildrenOptions) {
    this.#o = options;
    this.#keeper = new ChildKeeper({ client: options.client, now: () => options.clock.now() });
    this.#budgets = new Overlay(options.budgets);
  }

  /**
   * @param hasJob there is a worker whose pod may be evicted
   * @returns when to look again, milliseconds, if something could not be done now
   */
  async attend(
    session: LiveSession,
    tenant: LiveTenant | undefined,
    hasJob: boolean,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const name = session.status?.worker?.jobName;
    if (name === undefined) return undefined;
    if (!isLive(session.status?.phase)) {
      await this.#removeBudget(session, name, signal);
      return undefined;
    }
    if (!hasJob || tenant === undefined) return undefined;
    return this.#keepBudget(session, tenant, name, signal);
  }

  async #keepBudget(
    session: LiveSession,
    tenant: LiveTenant,
    name: string,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { namespace, uid } = session.metadata;
    const child = await this.#keeper.keep(podDisruptionBudgets, workerBudget(session, tenant, name), {
      cached: this.#budgets.get({ namespace, name }),
      record: (object) => this.#budgets.record(object),
      isOurs: (object) => belongsTo(object, uid, labels.sessionUid, uid),
      exact: ['spec'],
      signal,
    });
    this.#tell(session, 'PodDisruptionBudget', name, child);
    return child.state === 'ending' || child.state === 'taken' ? 5_000 : child.retryMs;
  }

  async #removeBudget(session: LiveSession, name: string, signal: AbortSignal): Promise<void> {
    const { namespace, uid } = session.metadata;
    const budget = this.#budgets.get({ namespace, name });
    if (budget === undefined || !belongsTo(budget, uid, labels.sessionUid, uid)) return;
    await this.#o.client.delete(podDisruptionBudgets, keyOf(budget), { uid: budget.metadata.uid, signal });
  }

  #tell(session: LiveSession, kind: string, name: string, { state }: Child): void {
    // The first one is made while the worker starts.
    const event = childEvent(`${kind} ${name}`, state, session.status?.activeAt !== undefined);
    if (event !== undefined) this.#o.recorder.event({ resource: voiceSessions, object: session }, event);
  }
}
