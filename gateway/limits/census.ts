/**
 * The open streams, by worker and by namespace, how often each worker tries, and who is kept away for a while. A worker
 * is what its certificate says, so nobody can use up another one's share.
 */
import { Allowance } from './allowance.ts';
import type { GatewayLimits } from './limits.ts';

export type Entry =
  | { readonly ok: true; readonly leave: () => void }
  | {
      readonly ok: false;
      readonly reason: 'stream_limit' | 'attempt_rate' | 'penalty';
      readonly detail: string;
    };

interface Known {
  streams: number;
  barredUntil: number;
  readonly attempts: Allowance;
}

/** Those of whom there is nothing to remember are looked for each time that so many are known. */
const PRUNE_AT = 1024;

export class Census {
  readonly #limits: GatewayLimits;
  readonly #now: () => number;
  readonly #workers = new Map<string, Known>();
  readonly #namespaces = new Map<string, number>();
  #pruneAt = PRUNE_AT;

  /** @param now milliseconds, monotonic */
  constructor(limits: GatewayLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Workers of whom something is remembered. */
  get size(): number {
    return this.#workers.size;
  }

  /** A stream begins. @param id the certificate's name, @param namespace its namespace, or a word for those without one */
  enter(id: string, namespace: string): Entry {
    const { streamsPerWorker, streamsPerNamespace, attempts } = this.#limits;
    const worker = this.#workers.get(id) ?? {
      streams: 0,
      barredUntil: 0,
      attempts: new Allowance(attempts, this.#now),
    };
    this.#workers.set(id, worker);
    this.#prune();
    if (worker.barredUntil > this.#now()) {
      const seconds = Math.ceil((worker.barredUntil - this.#now()) / 1000);
      return { ok: false, reason: 'penalty', detail: `asked too much before; dial again in ${seconds} s` };
    }
    if (!worker.attempts.take())
      return {
        ok: false,
        reason: 'attempt_rate',
        detail: `more than ${attempts.perSecond} streams a second`,
      };
    if (worker.streams >= streamsPerWorker)
      return {
        ok: false,
        reason: 'stream_limit',
        detail: `${streamsPerWorker} streams of this worker are open`,
      };
    const others = this.#namespaces.get(namespace) ?? 0;
    if (others >= streamsPerNamespace) {
      const detail = `${streamsPerNamespace} streams of namespace ${namespace} are open`;
      return { ok: false, reason: 'stream_limit', detail };
    }
    worker.streams += 1;
    this.#namespaces.set(namespace, others + 1);
    let open = true;
    const leave = (): void => {
      if (!open) return;
      open = false;
      worker.streams -= 1;
      const rest = (this.#namespaces.get(namespace) ?? 1) - 1;
      if (rest === 0) this.#namespaces.delete(namespace);
      else this.#namespaces.set(namespace, rest);
    };
    return { ok: true, leave };
  }

  /** It has gone beyond a limit. */
  bar(id: string): void {
    const worker = this.#workers.get(id);
    if (worker !== undefined) worker.barredUntil = this.#now() + this.#limits.penaltyMs;
  }

  #prune(): void {
    if (this.#workers.size < this.#pruneAt) return;
    for (const [id, { streams, barredUntil, attempts }] of this.#workers)
      if (streams === 0 && barredUntil <= this.#now() && attempts.isFull) this.#workers.delete(id);
    this.#pruneAt = Math.max(PRUNE_AT, 2 * this.#workers.size);
  }
}
