/**
 * Runs a reconcile function for the keys of the objects that it is responsible for: one key at a time in each of N
 * workers, never the same key twice at once, again and again until it succeeds.
 *
 * A controller runs for one term of leadership: it begins by reconciling every object that its caches hold (at low
 * priority), since nothing is known of what happened before, and then follows changes.
 */

import type { Clock } from './clock.ts';
import { controllerMetrics } from './controller-metrics.ts';
import { ApiError, isConflict, isTransient, messageOf, TerminalError } from './errors.ts';
import type { EventHandler, Informer, InformerOptions, Informers } from './informer.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { formatKey, type KubeObject, keyOf, type Live, type ObjectKey, parseKey } from './object.ts';
import { controllerOf, refersTo } from './owner.ts';
import type { Predicate } from './predicates.ts';
import { type AddOptions, lowPriority, normalPriority, type WorkItem, WorkQueue } from './queue.ts';
import type { Reachability } from './reachability.ts';
import type { Resource } from './resource.ts';

export interface ReconcileContext {
  /** Aborted at the time limit, when leadership is in doubt, and at shutdown. Pass it to every request. */
  readonly signal: AbortSignal;
  /** Carries the controller's name and the key. */
  readonly log: Logger;
}

export interface ReconcileResult {
  /** Reconcile again after this long even if nothing changes, milliseconds. */
  requeueAfterMs: number;
}

/**
 * Brings the world nearer to what the object of this key asks for. An object that is not in the cache is gone. It may
 * be called at any time, any number of times, and stopped at any point. Throwing means: again, later.
 */
export type Reconcile = (
  key: ObjectKey,
  context: ReconcileContext,
) => Promise<ReconcileResult | undefined> | Promise<void>;

export interface ControllerOptions {
  name: string;
  reconcile: Reconcile;
  /** Keys reconciled at once. @defaultValue 1 */
  workers?: number;
  /** Limit of one reconcile, milliseconds: then its signal is aborted. @defaultValue 60 000 */
  timeoutMs?: number;
}

export interface ControllerParts {
  informers: Pick<Informers, 'get' | 'whenSynced'>;
  reachability: Reachability;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
}

export interface WatchSettings<T extends KubeObject> extends InformerOptions<T> {
  /** All must pass. @defaultValue every change is reconciled */
  predicates?: readonly Predicate<T>[];
}

interface Source {
  /** Starts to enqueue, what is cached first; returns what ends it. */
  attach(enqueue: (key: ObjectKey, options: AddOptions) => void): () => void;
}

/** A reconcile that did not come to an end within its limit. */
export interface OverdueReconcile {
  key: string;
  seconds: number;
}

/** How long after its time limit a reconcile counts as stuck, milliseconds. */
const overdueGraceMs = 30_000;

export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #parts: ControllerParts;
  readonly #timeoutMs: number;
  readonly #sources: Source[] = [];
  readonly #inFlight = new Map<string, number>();
  readonly #metrics: ReturnType<typeof controllerMetrics>;
  readonly #log: Logger;
  #subject: Resource | undefined;
  #queue: WorkQueue | undefined;

  constructor(options: ControllerOptions, parts: ControllerParts) {
    this.name = options.name;
    this.#options = options;
    this.#parts = parts;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#metrics = controllerMetrics(parts.metrics, options.name);
    this.#log = parts.log.child({ controller: options.name });
  }

  /** The objects that are reconciled: the key is the object's own. Once per controller, before {@link owns}. */
  for<T extends KubeObject>(resource: Resource<T>, settings: WatchSettings<T> = {}): this {
    if (this.#subject)
      throw new Error(`controller ${this.name} has its subject already: ${this.#subject.kind}`);
    this.#subject = resource;
    return this.watches(resource, (object) => [keyOf(object)], settings);
  }

  /** Objects controlled by the subject: a change to one reconciles its controller. */
  owns<T extends KubeObject>(resource: Resource<T>, settings: WatchSettings<T> = {}): this {
    const subject = this.#subject;
    if (!subject) throw new Error(`controller ${this.name}: call for(...) before owns(...)`);
    const toOwner = (object: Live<T>): ObjectKey[] => {
      const reference = controllerOf(object);
      if (!reference || !refersTo(reference, subject)) return [];
      const { namespace } = object.metadata;
      return [subject.namespaced ? { namespace, name: reference.name } : { name: reference.name }];
    };
    return this.watches(resource, toOwner, settings);
  }

  /** Other objects: a change to one reconciles the keys that `map` gives for it (for its old and its new state). */
  watches<T extends KubeObject>(
    resource: Resource<T>,
    map: (object: Live<T>) => readonly ObjectKey[],
    settings: WatchSettings<T> = {},
  ): this {
    const { predicates = [], ...selection } = settings;
    const informer = this.#parts.informers.get(resource, selection);
    this.#sources.push(sourceOf(informer, map, predicates));
    return this;
  }

  /** Reconciles a key because of something that is not an object. Ignored while the controller does not run. */
  enqueue(key: ObjectKey, options: AddOptions = {}): void {
    this.#queue?.add(formatKey(key), options);
  }

  /** Reconciles whose time limit passed long ago: they ignore their signal, and their keys are blocked. */
  overdue(): OverdueReconcile[] {
    const now = this.#parts.clock.monotonic();
    return [...this.#inFlight]
      .map(([key, startedAt]) => ({ key, ms: now - startedAt }))
      .filter(({ ms }) => ms > this.#timeoutMs + overdueGraceMs)
      .map(({ key, ms }) => ({ key, seconds: Math.round(ms / 1000) }));
  }

  /**
   * Runs one term: until the signal is aborted and every reconcile that was under way has settled. Can be called again
   * afterwards.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#queue) throw new Error(`controller ${this.name} is running already`);
    const { clock, metrics, reachability } = this.#parts;
    const queue = new WorkQueue({ name: this.name, clock, metrics });
    this.#queue = queue;
    const shutDown = () => queue.shutDown();
    signal.addEventListener('abort', shutDown, { once: true });
    if (signal.aborted) shutDown();
    const enqueue = (key: ObjectKey, options: AddOptions) => queue.add(formatKey(key), options);
    const detach = this.#sources.map((source) => source.attach(enqueue));
    detach.push(reachability.onRecovered(() => queue.flush()));
    try {
      // All of the process, not its own sources only: a reconcile reads other caches, too, and would take what they
      // do not show yet for missing.
      await this.#parts.informers.whenSynced(signal);
      const workers = this.#options.workers ?? 1;
      this.#metrics.maxConcurrent(workers);
      this.#log.info({ workers, keys: queue.size }, 'controller starts');
      await Promise.all(Array.from({ length: workers }, () => this.#work(queue, signal)));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const end of detach) end();
      signal.removeEventListener('abort', shutDown);
      queue.shutDown();
      this.#queue = undefined;
    }
  }

  async #work(queue: WorkQueue, term: AbortSignal): Promise<void> {
    for (;;) {
      const item = await queue.get();
      if (!item) return;
      try {
        await this.#process(queue, item, term);
      } finally {
        queue.done(item.key);
      }
    }
  }

  async #process(queue: WorkQueue, { key, priority }: WorkItem, term: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const startedAt = clock.monotonic();
    const log = this.#log.child({ key });
    this.#inFlight.set(key, startedAt);
    this.#metrics.started();
    const scope = new AbortController();
    const stop = () => scope.abort(term.reason);
    const limit = clock.setTimeout(() => {
      this.#metrics.timedOut();
      scope.abort(new Error(`the reconcile took longer than its limit of ${this.#timeoutMs} ms`));
    }, this.#timeoutMs);
    term.addEventListener('abort', stop, { once: true });
    if (term.aborted) stop();
    let result: 'success' | 'requeue_after' | 'error' = 'success';
    try {
      const outcome = await this.#options.reconcile(parseKey(key), { signal: scope.signal, log });
      queue.forget(key);
      if (outcome) {
        result = 'requeue_after';
        queue.add(key, { priority, afterMs: checkedDelay(outcome.requeueAfterMs) });
      }
    } catch (error) {
      result = 'error';
      if (!term.aborted) this.#fail(queue, { key, priority }, error, log);
    } finally {
      limit.cancel();
      term.removeEventListener('abort', stop);
      this.#inFlight.delete(key);
      this.#metrics.ended(result, (clock.monotonic() - startedAt) / 1000);
    }
  }

  #fail(queue: WorkQueue, { key, priority }: WorkItem, error: unknown, log: Logger): void {
    if (error instanceof TerminalError) {
      queue.forget(key);
      this.#metrics.failed(true);
      log.error(
        { err: error, error: messageOf(error) },
        'reconcile failed for good; it is left until the object changes',
      );
      return;
    }
    this.#metrics.failed(false);
    const cause = isTransient(error) ? 'transport' : 'reconcile';
    const atLeastMs = (error instanceof ApiError && error.retryAfterMs) || 0;
    const delayMs = queue.retry(key, cause, { priority, atLeastMs });
    const fields = { err: error, error: messageOf(error), failures: queue.failures(key), delayMs };
    if (isConflict(error))
      log.debug(fields, 'reconcile met a newer version of an object; it will be repeated');
    else if (cause === 'transport')
      log.warn(fields, 'reconcile could not reach the API server; it will be repeated');
    else log.error(fields, 'reconcile failed; it will be repeated');
  }
}

function sourceOf<T extends KubeObject>(
  informer: Informer<T>,
  map: (object: Live<T>) => readonly ObjectKey[],
  predicates: readonly Predicate<T>[],
): Source {
  return {
    attach: (enqueue) => {
      const handler: EventHandler<T> = {
        add: (object, { initial }) => {
          if (!predicates.every((one) => one.add?.(object) ?? true)) return;
          for (const key of map(object)) enqueue(key, { priority: initial ? lowPriority : normalPriority });
        },
        update: (old, object) => {
          if (!predicates.every((one) => one.update?.(old, object) ?? true)) return;
          // Each key once: an idle worker takes the first at once, and would be given the second as new work.
          const keys = new Map([...map(old), ...map(object)].map((key) => [formatKey(key), key]));
          for (const key of keys.values()) enqueue(key, {});
        },
        delete: (object) => {
          if (!predicates.every((one) => one.delete?.(object) ?? true)) return;
          for (const key of map(object)) enqueue(key, {});
        },
      };
      return informer.addHandler(handler);
    },
  };
}

function checkedDelay(requeueAfterMs: number): number {
  if (Number.isFinite(requeueAfterMs) && requeueAfterMs >= 0) return requeueAfterMs;
  throw new Error(`the reconcile returned requeueAfterMs ${requeueAfterMs}, which is not a time`);
}
