import { backoffDelay } from './backoff.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { Heap } from './heap.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import { type QueueMetrics, queueMetrics } from './queue-metrics.ts';

/** What has just changed. */
export const normalPriority = 0;
/** What was there already: the first list, a resync. */
export const lowPriority = -100;

export interface AddOptions {
  /** @defaultValue {@link normalPriority} */
  priority?: number;
  /** Not before this many milliseconds have passed. @defaultValue 0 */
  afterMs?: number;
}

/**
 * Why work failed: `reconcile`, it was tried and did not succeed; `transport`, the API server could not be reached
 * or was overloaded, which says nothing about the key.
 */
export type FailureCause = 'reconcile' | 'transport';

export interface WorkItem {
  readonly key: string;
  /** Under which the key was handed out. A retry keeps it. */
  readonly priority: number;
}

export interface WorkQueueOptions {
  /** Label of the metrics. */
  name: string;
  clock?: Clock;
  metrics?: Metrics;
  /** First delay of a retry, milliseconds. @defaultValue 5 */
  baseDelayMs?: number;
  /** Longest delay after reconcile failures, milliseconds. @defaultValue 1 000 000 */
  maxDelayMs?: number;
  /** Longest delay after transport failures, milliseconds. @defaultValue 5 000 */
  maxTransportDelayMs?: number;
}

interface Entry {
  key: string;
  priority: number;
  /** Monotonic time from which it may be handed out. */
  at: number;
  sequence: number;
  heapIndex: number;
  place: 'ready' | 'waiting' | 'held';
  /** It waits only because of transport failures, so a flush may hurry it. */
  flushable: boolean;
}

/**
 * A queue of keys to work on, with priorities and delays. What it promises:
 *
 * 1. A key is in the queue at most once. Adding it again keeps the higher priority and the earlier time: events
 *    collapse, and an event cuts a delay short.
 * 2. A key that was handed out is not handed out again before `done(key)`. If it is added meanwhile, it is handed out
 *    once more after `done`, so nothing that happens during the work is lost.
 * 3. Among ready keys the highest priority goes first, and within a priority the one that has been ready the longest.
 *    This is strict: lower priorities wait while higher keys are ready.
 * 4. A key added with a delay is never handed out early, unless added again with a shorter one.
 * 5. `retry` delays a key by 5 ms, 10 ms, 20 ms, ... up to 1000 s, counted for each key until `forget`. Transport
 *    failures are counted apart, wait at most 5 s, and `flush` makes them ready at once.
 * 6. Keys are handed to waiting workers in the order in which these asked.
 * 7. After `shutDown` nothing is handed out or accepted, and waiting workers get undefined. `done` still counts.
 *
 * Model: controller-runtime's pkg/controller/priorityqueue. Nothing here knows what a key means.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: Record<FailureCause, number>;
  readonly #entries = new Map<string, Entry>();
  readonly #processing = new Map<string, number>();
  readonly #failures = new Map<string, Record<FailureCause, number>>();
  readonly #ready = new Heap<Entry>(
    (a, b) =>
      a.priority > b.priority ||
      (a.priority === b.priority && (a.at < b.at || (a.at === b.at && a.sequence < b.sequence))),
  );
  readonly #waiting = new Heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence));
  readonly #workers: ((item: WorkItem | undefined) => void)[] = [];
  #sequence = 0;
  #timer: { timer: Timer; at: number } | undefined;
  #shutDown = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#baseDelayMs = options.baseDelayMs ?? 5;
    this.#maxDelayMs = {
      reconcile: options.maxDelayMs ?? 1_000_000,
      transport: options.maxTransportDelayMs ?? 5_000,
    };
    this.#metrics = queueMetrics(options.metrics ?? noMetrics, options.name, () => this.#workSeconds());
  }

  /** Keys that are ready. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys that are ready, delayed, or added again while in work. */
  get size(): number {
    return this.#entries.size;
  }

  /** Keys in work. */
  get inWork(): number {
    return this.#processing.size;
  }

  add(key: string, options: AddOptions = {}): void {
    this.#add(key, options.priority ?? normalPriority, options.afterMs ?? 0, false);
  }

  /** Adds a key whose work failed, after its back-off. Returns the delay in milliseconds. */
  retry(key: string, cause: FailureCause, options: { priority?: number; atLeastMs?: number } = {}): number {
    const failures = this.#failures.get(key) ?? { reconcile: 0, transport: 0 };
    failures[cause] += 1;
    this.#failures.set(key, failures);
    const policy = { baseMs: this.#baseDelayMs, maxMs: this.#maxDelayMs[cause] };
    const delayMs = Math.max(backoffDelay(policy, failures[cause]), options.atLeastMs ?? 0);
    this.#metrics.retried();
    this.#add(key, options.priority ?? normalPriority, delayMs, cause === 'transport');
    return delayMs;
  }

  /** The key's work succeeded, or will not be repeated: its next failure starts at the shortest delay again. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures of the key since it was last forgotten. */
  failures(key: string): number {
    const failures = this.#failures.get(key);
    return failures ? failures.reconcile + failures.transport : 0;
  }

  /** The API server answers again: what waits because it did not is ready now. */
  flush(): void {
    const now = this.#clock.monotonic();
    for (const entry of this.#entries.values()) {
      if (entry.flushable && entry.at > now) this.#reschedule(entry, entry.priority, now);
    }
    this.#handOut();
  }

  /** The next key, when one is ready. Undefined after `shutDown`, or when the signal is aborted first. */
  get(signal?: AbortSignal): Promise<WorkItem | undefined> {
    if (this.#shutDown || signal?.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const worker = (item: WorkItem | undefined) => {
        signal?.removeEventListener('abort', onAbort);
        resolve(item);
      };
      const onAbort = () => {
        const index = this.#workers.indexOf(worker);
        if (index >= 0) this.#workers.splice(index, 1);
        resolve(undefined);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#workers.push(worker);
      this.#handOut();
    });
  }

  /** Work on a key that `get` handed out has ended, well or badly. */
  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt === undefined)
      throw new Error(`done("${key}") of the work queue without a get that gave it`);
    this.#processing.delete(key);
    this.#metrics.worked((this.#clock.monotonic() - startedAt) / 1000);
    const entry = this.#entries.get(key);
    if (entry) this.#place(entry);
    this.#handOut();
  }

  shutDown(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    this.#timer?.timer.cancel();
    for (let entry = this.#ready.pop(); entry; entry = this.#ready.pop());
    for (let entry = this.#waiting.pop(); entry; entry = this.#waiting.pop());
    this.#entries.clear();
    this.#failures.clear();
    this.#metrics.depth(0);
    this.#metrics.close();
    for (const worker of this.#workers.splice(0)) worker(undefined);
  }

  #add(key: string, priority: number, afterMs: number, flushable: boolean): void {
    if (this.#shutDown) return;
    const at = this.#clock.monotonic() + Math.max(0, afterMs);
    const known = this.#entries.get(key);
    if (known) {
      if (at < known.at) known.flushable = flushable;
      this.#reschedule(known, Math.max(priority, known.priority), Math.min(at, known.at));
    } else {
      const sequence = this.#sequence++;
      const entry: Entry = { key, priority, at, sequence, heapIndex: -1, place: 'held', flushable };
      this.#entries.set(key, entry);
      this.#metrics.added();
      this.#place(entry);
    }
    this.#handOut();
  }

  #reschedule(entry: Entry, priority: number, at: number): void {
    if (entry.priority === priority && entry.at === at) return;
    if (entry.place === 'ready') this.#ready.remove(entry);
    if (entry.place === 'waiting') this.#waiting.remove(entry);
    entry.priority = priority;
    entry.at = at;
    this.#place(entry);
  }

  /** Puts an entry that is in no heap where it belongs. */
  #place(entry: Entry): void {
    if (this.#processing.has(entry.key)) {
      entry.place = 'held';
    } else if (entry.at <= this.#clock.monotonic()) {
      entry.place = 'ready';
      this.#ready.push(entry);
    } else {
      entry.place = 'waiting';
      this.#waiting.push(entry);
    }
  }

  /** Moves what has waited long enough, gives ready keys to waiting workers, and sets the timer for the rest. */
  #handOut(): void {
    if (this.#shutDown) return;
    const now = this.#clock.monotonic();
    for (let next = this.#waiting.peek(); next && next.at <= now; next = this.#waiting.peek()) {
      this.#waiting.remove(next);
      this.#place(next);
    }
    while (this.#workers.length > 0) {
      const entry = this.#ready.pop();
      if (!entry) break;
      const worker = this.#workers.shift();
      this.#entries.delete(entry.key);
      this.#processing.set(entry.key, now);
      this.#metrics.waited((now - entry.at) / 1000);
      worker?.({ key: entry.key, priority: entry.priority });
    }
    this.#metrics.depth(this.#ready.size);
    this.#setTimer();
  }

  #setTimer(): void {
    const next = this.#waiting.peek();
    if (this.#timer?.at === next?.at) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (!next) return;
    const { at } = next;
    const timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#handOut();
    }, at - this.#clock.monotonic());
    this.#timer = { timer, at };
  }

  *#workSeconds(): Generator<number> {
    const now = this.#clock.monotonic();
    for (const startedAt of this.#processing.values()) yield (now - startedAt) / 1000;
  }
}
