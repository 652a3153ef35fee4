import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { type FailureCause, WorkQueue } from './queue.ts';

interface Waiting {
  priority: number;
  at: number;
  order: number;
  flushable: boolean;
}

interface HandedOut {
  worker: number;
  key: string | undefined;
  priority?: number;
}

/** The promises of the queue, said in the simplest way: a list that is searched. */
class Model {
  now = 0;
  readonly waiting = new Map<string, Waiting>();
  readonly inWork = new Set<string>();
  readonly handedOut: HandedOut[] = [];
  readonly #failures = new Map<string, Record<FailureCause, number>>();
  readonly #workers: number[] = [];
  #shutDown = false;
  #order = 0;

  add(key: string, priority: number, afterMs: number, flushable = false): void {
    if (this.#shutDown) return;
    const at = this.now + afterMs;
    const known = this.waiting.get(key);
    if (known) {
      if (at < known.at) known.flushable = flushable;
      known.priority = Math.max(known.priority, priority);
      known.at = Math.min(known.at, at);
    } else {
      this.waiting.set(key, { priority, at, order: this.#order++, flushable });
    }
    this.#handOut();
  }

  retry(key: string, cause: FailureCause, priority: number, atLeastMs: number): number {
    const failures = this.#failures.get(key) ?? { reconcile: 0, transport: 0 };
    failures[cause] += 1;
    this.#failures.set(key, failures);
    const most = cause === 'reconcile' ? 1_000_000 : 5_000;
    const delayMs = Math.max(Math.min(5 * 2 ** (failures[cause] - 1), most), atLeastMs);
    this.add(key, priority, delayMs, cause === 'transport');
    return delayMs;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    const { reconcile, transport } = this.#failures.get(key) ?? { reconcile: 0, transport: 0 };
    return reconcile + transport;
  }

  flush(): void {
    for (const entry of this.waiting.values()) {
      if (entry.flushable && entry.at > this.now) entry.at = this.now;
    }
    this.#handOut();
  }

  get(worker: number): void {
    if (this.#shutDown) this.handedOut.push({ worker, key: undefined });
    else this.#workers.push(worker);
    this.#handOut();
  }

  abort(worker: number): void {
    const index = this.#workers.indexOf(worker);
    if (index < 0) return;
    this.#workers.splice(index, 1);
    this.handedOut.push({ worker, key: undefined });
  }

  done(key: string): void {
    this.inWork.delete(key);
    this.#handOut();
  }

  advance(ms: number): void {
    const target = this.now + ms;
    for (;;) {
      const times = [...this.waiting].filter(([key]) => !this.inWork.has(key)).map(([, { at }]) => at);
      const next = Math.min(...times.filter((at) => at > this.now));
      if (next > target) break;
      this.now = next;
      this.#handOut();
    }
    this.now = target;
  }

  shutDown(): void {
    this.#shutDown = true;
    this.waiting.clear();
    this.#failures.clear();
    for (const worker of this.#workers.splice(0)) this.handedOut.push({ worker, key: undefined });
  }

  get ready(): [string, Waiting][] {
    return [...this.waiting]
      .filter(([key, entry]) => !this.inWork.has(key) && entry.at <= this.now)
      .sort(([, a], [, b]) => b.priority - a.priority || a.at - b.at || a.order - b.order);
  }

  #handOut(): void {
    for (let [first] = this.ready; first && this.#workers.length > 0; [first] = this.ready) {
      const [key, { priority }] = first;
      this.waiting.delete(key);
      this.inWork.add(key);
      this.handedOut.push({ worker: this.#workers.shift() ?? -1, key, priority });
    }
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const priority = fc.constantFrom(-100, 0, 10);
const does = <D extends string>(what: D) => fc.constant(what);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: does('add'), key, priority, afterMs: fc.constantFrom(0, 0, 5, 10, 50) }),
  },
  { weight: 5, arbitrary: fc.record({ do: does('get') }) },
  { weight: 5, arbitrary: fc.record({ do: does('done'), which: fc.nat(4), forget: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: does('fail'),
      which: fc.nat(4),
      cause: fc.constantFrom<FailureCause>('reconcile', 'transport'),
      priority,
      atLeastMs: fc.constantFrom(0, 0, 30),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: does('flush') }) },
  { weight: 1, arbitrary: fc.record({ do: does('abort'), which: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ do: does('advance'), ms: fc.constantFrom(1, 5, 20, 600, 1_000_000) }) },
);

/** What is in work is `done`, whether a worker noticed or not. */
function take(inWork: ReadonlySet<string>, which: number): string | undefined {
  return [...inWork][which % (inWork.size || 1)];
}

it('does what its model does, whatever happens, and nothing after the shutdown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.option(fc.nat(60)), async (steps, shutDownAt) => {
      const clock = new FakeClock();
      const queue = new WorkQueue({ name: 'test', clock });
      const model = new Model();
      const handedOut: HandedOut[] = [];
      const scopes: AbortController[] = [];
      for (const [index, one] of steps.entries()) {
        if (index === shutDownAt) {
          queue.shutDown();
          model.shutDown();
        }
        switch (one.do) {
          case 'add':
            queue.add(one.key, one);
            model.add(one.key, one.priority, one.afterMs);
            break;
          case 'get': {
            const scope = new AbortController();
            const worker = scopes.push(scope);
            void queue.get(scope.signal).then((item) => handedOut.push({ worker, key: undefined, ...item }));
            model.get(worker);
            break;
          }
          case 'done':
          case 'fail': {
            const taken = take(model.inWork, one.which);
            if (taken === undefined) break;
            if (one.do === 'fail') {
              const { cause, atLeastMs } = one;
              expect(queue.retry(taken, cause, { priority: one.priority, atLeastMs })).toBe(
                model.retry(taken, cause, one.priority, atLeastMs),
              );
            } else if (one.forget) {
              queue.forget(taken);
              model.forget(taken);
            }
            queue.done(taken);
            model.done(taken);
            break;
          }
          case 'flush':
            queue.flush();
            model.flush();
            break;
          case 'abort':
            scopes[one.which]?.abort();
            model.abort(one.which + 1);
            break;
          case 'advance':
            await clock.advance(one.ms);
            model.advance(one.ms);
        }
        await Promise.resolve();
        await Promise.resolve();
        expect(handedOut).toEqual(model.handedOut);
        expect([queue.size, queue.inWork, queue.depth]).toEqual([
          model.waiting.size,
          model.inWork.size,
          model.ready.length,
        ]);
        for (const known of model.waiting.keys()) expect(queue.failures(known)).toBe(model.failures(known));
      }
      queue.shutDown();
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 3_000 },
  );
}, 60_000);
