/** What a candidate knows of a Lease: its newest version, and when it last saw the holder renew it. */
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { Informer } from './informer.ts';
import type { Logger } from './log.ts';
import type { Live } from './object.ts';
import { type Lease, leases } from './resources.ts';

export interface SeenLease {
  lease: Live<Lease>;
  /** Monotonic time at which this state of the holder's record was first seen here. */
  at: number;
}

interface LeaseViewParts {
  client: Client;
  clock: Clock;
  log: Logger;
  namespace: string;
  name: string;
  /** A holder renews far more often than this, so a watch that is silent for so long is dead. Milliseconds. */
  idleLimitMs: number;
}

export class LeaseView {
  readonly #parts: LeaseViewParts;
  readonly #waiters = new Set<() => void>();
  #seen: SeenLease | 'absent' | undefined;
  #last: SeenLease | undefined;

  constructor(parts: LeaseViewParts) {
    this.#parts = parts;
  }

  /** Undefined until the first list. */
  get current(): SeenLease | 'absent' | undefined {
    return this.#seen;
  }

  /** The Lease as it last was, also when it is gone: who held it may not know yet that somebody deleted it. */
  get last(): SeenLease | undefined {
    return this.#last;
  }

  /** Watches the Lease until disposed of, or until the signal is aborted. */
  follow(signal: AbortSignal): AsyncDisposable {
    const { client, clock, log, namespace, name } = this.#parts;
    const selection = { namespace, fieldSelector: `metadata.name=${name}` };
    const informer = new Informer({
      resource: leases,
      name: `lease ${namespace}/${name}`,
      source: () => ({
        list: (options) => client.list(leases, { ...selection, ...options, retry: false }),
        watch: (options) => client.watch(leases, { ...selection, ...options }),
      }),
      clock,
      log,
      timing: { idleLimitMs: this.#parts.idleLimitMs },
    });
    informer.addHandler({
      add: (lease) => this.#take(lease),
      update: (_, lease) => this.#take(lease),
      delete: () => this.#take(undefined),
    });
    informer.onProgress(() => {
      if (this.#seen === undefined) this.#take(undefined);
    });
    const scope = new AbortController();
    const stop = () => scope.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const run = informer.run(scope.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        signal.removeEventListener('abort', stop);
        stop();
        await run;
      },
    };
  }

  /** Reads the Lease now. A failure to do so changes nothing. */
  async refresh(signal: AbortSignal): Promise<void> {
    const { client, namespace, name } = this.#parts;
    const read = client.find(leases, { namespace, name }, { signal, retry: false });
    await read.then(
      (lease) => this.#take(lease),
      () => {},
    );
  }

  /** Resolves at the next change, or after `mostMs`, or when the signal is aborted. */
  changed(mostMs: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer?.cancel();
        signal.removeEventListener('abort', end);
        this.#waiters.delete(end);
        resolve();
      };
      const timer = mostMs === undefined ? undefined : this.#parts.clock.setTimeout(end, mostMs);
      this.#waiters.add(end);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }

  #take(lease: Live<Lease> | undefined): void {
    const before = this.#seen;
    if (lease === undefined) {
      this.#seen = 'absent';
    } else {
      // A label that somebody sets is no renewal: only the record itself starts the clock anew.
      const same =
        before !== undefined &&
        before !== 'absent' &&
        before.lease.metadata.uid === lease.metadata.uid &&
        JSON.stringify(before.lease.spec) === JSON.stringify(lease.spec);
      this.#seen = { lease, at: same ? before.at : this.#parts.clock.monotonic() };
      this.#last = this.#seen;
    }
    for (const waiter of [...this.#waiters]) waiter();
  }
}
