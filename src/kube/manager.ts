/**
 * Puts the parts of an operator's process together and gives them one life: caches first, on every replica; then the
 * election; controllers only while leader. At the end the other way round: reconciles settle, the lease is released,
 * caches stop.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Client } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { Controller, type ControllerOptions } from './controller.ts';
import { EventRecorder } from './events.ts';
import { Informers, type InformerTiming } from './informer.ts';
import { type LeaderElectionOptions, LeaderElector } from './leader-election.ts';
import { type Logger, silentLogger } from './log.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import type { NamespaceScope } from './namespace-scope.ts';
import type { ObjectKey } from './object.ts';
import { keepManagedFieldsOf } from './transform.ts';

export interface ManagerOptions {
  client: Client;
  /** Absent: this process is the only one, and always leads. */
  leaderElection?: (Omit<LeaderElectionOptions, 'identity'> & { identity?: string }) | undefined;
  /**
   * The name under which this program applies objects. Its caches keep what it owns, so that after a restart an
   * `Applier` of this name writes nothing when nothing has changed. Absent: caches drop all managedFields.
   */
  fieldManager?: string | undefined;
  clock?: Clock;
  log?: Logger;
  metrics?: Metrics;
  timing?: InformerTiming;
  /** What may be read; see {@link Informers}. @defaultValue everything */
  scope?: NamespaceScope | undefined;
  /**
   * Whether what the key is about can be reconciled now. When not, nothing happens until it is enqueued again.
   * @defaultValue always
   */
  admits?: ((controller: string, key: ObjectKey) => boolean) | undefined;
  /** How long reconciles may take to settle after their signal was aborted, milliseconds. @defaultValue 10 000 */
  stopTimeoutMs?: number;
}

export interface HealthReport {
  ok: boolean;
  checks: { name: string; ok: boolean; message?: string }[];
}

/** Works until the signal is aborted. Resolving earlier is a fault. */
export type Runnable = (signal: AbortSignal) => Promise<void>;

export class Manager {
  /** Its writes are refused (LeadershipLostError) from the moment at which another process could be the leader. */
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly #unfenced: Client;
  readonly #options: ManagerOptions;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #elector: LeaderElector | undefined;
  readonly #controllers: Controller[] = [];
  readonly #runnables: { name: string; run: Runnable; leaderOnly: boolean }[] = [];
  readonly #recorders = new Map<string, EventRecorder>();
  readonly #instance: string;
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#metrics = options.metrics ?? noMetrics;
    this.clock = options.clock ?? systemClock;
    this.#unfenced = options.client;
    this.#instance = hostname();
    const { clock } = this;
    if (options.leaderElection) {
      const identity = options.leaderElection.identity ?? `${this.#instance}_${randomUUID()}`;
      this.#elector = new LeaderElector(
        { ...options.leaderElection, identity },
        { client: options.client, clock, log: this.#log, metrics: this.#metrics },
      );
    }
    const elector = this.#elector;
    this.client = elector ? options.client.fenced(() => elector.check()) : options.client;
    this.informers = new Informers({
      client: options.client,
      clock,
      log: this.#log,
      scope: options.scope,
      ...(options.timing ? { timing: options.timing } : {}),
      ...(options.fieldManager ? { transform: keepManagedFieldsOf(options.fieldManager) } : {}),
    });
  }

  /** A controller of this process: say next what it is `for`. */
  controller(options: ControllerOptions): Controller {
    this.#assertNew();
    const { admits } = this.#options;
    const reconcile: ControllerOptions['reconcile'] = async (key, context) => {
      if (admits !== undefined && !admits(options.name, key)) return undefined;
      const result = await options.reconcile(key, context);
      return result ?? undefined;
    };
    const controller = new Controller(
      { ...options, reconcile },
      {
        informers: this.informers,
        reachability: this.#unfenced.reachability,
        clock: this.clock,
        log: this.#log,
        metrics: this.#metrics,
      },
    );
    this.#controllers.push(controller);
    return controller;
  }

  /** Something else that shares this life. `leaderOnly`: only while leader. @defaultValue leaderOnly false */
  addRunnable(name: string, run: Runnable, options: { leaderOnly?: boolean } = {}): void {
    this.#assertNew();
    this.#runnables.push({ name, run, leaderOnly: options.leaderOnly ?? false });
  }

  /** The recorder of Events that are reported in this name. */
  events(reportingController: string): EventRecorder {
    let recorder = this.#recorders.get(reportingController);
    if (!recorder) {
      this.#assertNew();
      recorder = new EventRecorder({
        client: this.#unfenced,
        reportingController,
        reportingInstance: this.#instance,
        clock: this.clock,
        log: this.#log,
        metrics: this.#metrics,
      });
      this.#recorders.set(reportingController, recorder);
    }
    return recorder;
  }

  isLeader(): boolean {
    return this.#elector ? this.#elector.isLeader() : this.#state === 'running';
  }

  /**
   * Runs until the signal is aborted; resolves after an orderly stop. Rejects when a part failed, after stopping the
   * others: the process should exit and be started again.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#assertNew();
    this.#state = 'running';
    const work = new AbortController();
    const support = new AbortController();
    const stop = () => work.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();

    this.informers.start(support.signal);
    const recorders = [...this.#recorders.values()].map((recorder) => recorder.run(support.signal));
    const lead = (term: AbortSignal) => this.#lead(term);
    const parts = [
      this.#elector ? this.#elector.run(work.signal, lead) : lead(work.signal),
      ...this.#runnables
        .filter((one) => !one.leaderOnly)
        .map((one) => this.#guard(one.name, one.run, work.signal)),
    ];
    // The first part that fails ends the others; all are awaited before the caches go.
    for (const part of parts) part.catch((error) => work.abort(error));
    const results = await Promise.allSettled(parts);
    signal.removeEventListener('abort', stop);
    support.abort();
    await Promise.all([this.informers.stopped(), ...recorders]);
    this.#state = 'stopped';
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Fails when a restart would help: a reconcile ignores its time limit and blocks its key. */
  live(): HealthReport {
    return report(
      this.#controllers.map((controller) => {
        const overdue = controller.overdue();
        const name = `controller ${controller.name}`;
        if (overdue.length === 0) return { name, ok: true };
        const list = overdue.map(({ key, seconds }) => `${key} for ${seconds} s`).join(', ');
        return { name, ok: false, message: `reconcile does not end: ${list}` };
      }),
    );
  }

  /** Succeeds, on standbys too, once every cache has its first list. */
  ready(): HealthReport {
    const unsynced = this.informers.unsynced;
    const running = this.#state === 'running';
    return report([
      { name: 'running', ok: running, ...(running ? {} : { message: `the manager is ${this.#state}` }) },
      {
        name: 'caches',
        ok: unsynced.length === 0,
        ...(unsynced.length > 0 ? { message: `not yet read: ${unsynced.join(', ')}` } : {}),
      },
    ]);
  }

  /** One term. Resolves when everything has settled after the end of the term. */
  async #lead(term: AbortSignal): Promise<void> {
    const scope = new AbortController();
    const stop = () => scope.abort(term.reason);
    term.addEventListener('abort', stop, { once: true });
    if (term.aborted) stop();
    const parts = [
      ...this.#controllers.map((controller) => controller.run(scope.signal)),
      ...this.#runnables
        .filter((one) => one.leaderOnly)
        .map((one) => this.#guard(one.name, one.run, scope.signal)),
    ];
    if (parts.length === 0) parts.push(aborted(scope.signal));
    for (const part of parts) part.catch((error) => scope.abort(error));
    const settled = Promise.allSettled(parts);
    await aborted(scope.signal);
    const results = await this.#withinStopTimeout(settled);
    term.removeEventListener('abort', stop);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #withinStopTimeout<R>(settled: Promise<R>): Promise<R> {
    const limitMs = this.#options.stopTimeoutMs ?? 10_000;
    const scope = new AbortController();
    const late = this.clock.sleep(limitMs, scope.signal).then(() => {
      throw new Error(`controllers did not stop within ${limitMs} ms; the lease is left to expire`);
    });
    late.catch(() => {});
    try {
      return await Promise.race([settled, late]);
    } finally {
      scope.abort();
    }
  }

  async #guard(name: string, run: Runnable, signal: AbortSignal): Promise<void> {
    try {
      await run(signal);
    } catch (error) {
      if (signal.aborted) return;
      throw new Error(`${name} failed`, { cause: error });
    }
    if (!signal.aborted) throw new Error(`${name} ended by itself`);
  }

  #assertNew(): void {
    if (this.#state !== 'new') throw new Error('the manager was started already');
  }
}

function report(checks: HealthReport['checks']): HealthReport {
  return { ok: checks.every((check) => check.ok), checks };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
