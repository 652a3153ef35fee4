/**
 * Leader election on a Lease: at most one process acts at a time, and another takes over soon after it stops.
 *
 * Times are client-go's: a lease is good for 15 s after its last renewal, a leader that could not renew for 10 s
 * gives up, it renews every 2 s. What differs from client-go: a candidate does not poll, it watches the Lease and has
 * a timer for the moment at which it expires, so it takes over at once when the leader releases it, and at its expiry
 * when the leader is gone.
 *
 * Safety does not rest on synchronised clocks. A candidate counts the 15 s on its own clock from when it *saw* the last
 * renewal, the leader counts its 10 s from when it *sent* that renewal, so the leader's term ends first. After a pause
 * of the process (timers late), `isLeader()` still tells the truth, as it looks at the clock; the manager's client
 * asks it before every write. A request that was in the air can still arrive late: that is what resourceVersion and
 * UID preconditions are for.
 */
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import {
  ApiError,
  isAlreadyExists,
  isConflict,
  isNotFound,
  LeadershipLostError,
  messageOf,
} from './errors.ts';
import { LeaseView } from './lease-view.ts';
import type { Logger } from './log.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import type { Live } from './object.ts';
import { type Lease, leases } from './resources.ts';

export interface LeaderElectionOptions {
  /** Namespace and name of the Lease. */
  namespace: string;
  name: string;
  /** Unique to this process: a restarted one is another candidate. */
  identity: string;
  /** How long others wait after the last renewal that they saw. Rounded up to seconds. @defaultValue 15 000 */
  leaseDurationMs?: number;
  /** The leader gives up this long after it sent the last renewal that succeeded. @defaultValue 10 000 */
  renewDeadlineMs?: number;
  /** Between renewals. @defaultValue 2 000 */
  retryPeriodMs?: number;
}

interface Term {
  readonly scope: AbortController;
  /** The Lease as of the last renewal. */
  lease: Live<Lease>;
  /** When the last successful renewal was sent, on both clocks. */
  renewedAt: number;
  renewedAtWall: number;
}

export class LeaderElector {
  readonly #options: Required<LeaderElectionOptions>;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #status: (leading: boolean) => void;
  #term: Term | undefined;

  constructor(
    options: LeaderElectionOptions,
    parts: { client: Client; clock: Clock; log: Logger; metrics?: Metrics },
  ) {
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = this.#options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0)) {
      throw new Error(
        `leader election needs lease duration > renew deadline > retry period > 0, got ${leaseDurationMs}, ${renewDeadlineMs}, ${retryPeriodMs} ms`,
      );
    }
    this.#client = parts.client;
    this.#clock = parts.clock;
    this.#log = parts.log.child({
      lease: `${options.namespace}/${options.name}`,
      identity: options.identity,
    });
    const gauge = (parts.metrics ?? noMetrics).gauge({
      name: 'leader_election_master_status',
      help: '1 while this process is the leader',
      labelNames: ['name'],
    });
    this.#status = (leading) => gauge.set(leading ? 1 : 0, { name: options.name });
    this.#status(false);
  }

  /** True while nobody else can be the leader. Looks at the clocks: right even when timers are late. */
  isLeader(): boolean {
    const term = this.#term;
    if (!term || term.scope.signal.aborted) return false;
    const limit = this.#options.renewDeadlineMs;
    return this.#clock.monotonic() < term.renewedAt + limit && this.#clock.now() < term.renewedAtWall + limit;
  }

  /** Throws LeadershipLostError unless {@link isLeader}. */
  check(): void {
    if (this.isLeader()) return;
    throw new LeadershipLostError(
      'the write was not sent: this process is not, or may no longer be, the leader',
    );
  }

  /**
   * Stands for election until the signal is aborted, and calls `lead` for each term won. `lead` works until its signal is
   * aborted, and resolves once its last work has settled; only then is the Lease released, or the next term sought. If
   * `lead` rejects, so does this, and the Lease is left to expire: something may still be working.
   */
  async run(signal: AbortSignal, lead: (term: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const term = await this.#acquire(signal);
      if (!term) return;
      this.#term = term;
      this.#status(true);
      this.#log.info({}, 'became the leader');
      const renewing = new AbortController();
      const renewals = this.#renewals(term, renewing.signal);
      const stop = () => term.scope.abort(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        await lead(term.scope.signal);
        if (!signal.aborted && !term.scope.signal.aborted)
          throw new Error('the leader stopped working by itself');
        renewing.abort();
        await renewals;
        if (signal.aborted) await this.#release(term);
      } finally {
        signal.removeEventListener('abort', stop);
        term.scope.abort(new LeadershipLostError('the term is over'));
        renewing.abort();
        await renewals;
        this.#term = undefined;
        this.#status(false);
      }
    }
  }

  /** Waits until the Lease is free and takes it. Undefined when the signal is aborted first. */
  async #acquire(signal: AbortSignal): Promise<Term | undefined> {
    const { namespace, name, identity, retryPeriodMs, leaseDurationMs } = this.#options;
    const view = new LeaseView({
      client: this.#client,
      clock: this.#clock,
      log: this.#log,
      namespace,
      name,
      idleLimitMs: leaseDurationMs,
    });
    await using _ = view.follow(signal);
    while (!signal.aborted) {
      const seen = view.current;
      if (seen !== undefined) {
        const known = seen === 'absent' ? view.last : seen;
        const freeInMs = known ? this.#freeIn(known.lease, known.at) : 0;
        if (freeInMs <= 0) {
          const term = await this.#take(seen === 'absent' ? undefined : seen.lease, view, signal);
          if (term) return term;
          // Somebody was faster, or the server does not answer. The watch tells; do not hammer in the meantime.
          await view.changed(retryPeriodMs * (0.5 + Math.random() / 2), signal);
          continue;
        }
        this.#log.debug(
          { holder: seen === 'absent' ? '' : seen.lease.spec?.holderIdentity, freeInMs },
          'standing by',
        );
        await view.changed(freeInMs, signal);
      } else {
        await view.changed(undefined, signal);
      }
    }
    this.#log.debug({ identity }, 'no longer a candidate');
    return undefined;
  }

  #freeIn(lease: Live<Lease>, seenAt: number): number {
    const { holderIdentity, leaseDurationSeconds } = lease.spec ?? {};
    if (!holderIdentity || holderIdentity === this.#options.identity) return 0;
    const durationMs = (leaseDurationSeconds ?? Math.ceil(this.#options.leaseDurationMs / 1000)) * 1000;
    return seenAt + durationMs - this.#clock.monotonic();
  }

  async #take(
    seen: Live<Lease> | undefined,
    view: LeaseView,
    signal: AbortSignal,
  ): Promise<Term | undefined> {
    const renewedAt = this.#clock.monotonic();
    const renewedAtWall = this.#clock.now();
    try {
      const lease = await this.#attempt(signal, (limit) => this.#write(seen, true, limit));
      return { scope: new AbortController(), lease, renewedAt, renewedAtWall };
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#log.debug({ error: messageOf(error) }, 'could not take the lease');
      // A conflict says that what was seen is old: look, rather than wait for a watch that may have died.
      if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) await view.refresh(signal);
      return undefined;
    }
  }

  /** Creates the Lease, or replaces the version that was seen, in this process's name. */
  #write(seen: Live<Lease> | undefined, acquire: boolean, signal: AbortSignal): Promise<Live<Lease>> {
    const { namespace, name, identity, leaseDurationMs } = this.#options;
    const now = microTime(this.#clock.now());
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: acquire ? now : (seen?.spec?.acquireTime ?? now),
      renewTime: now,
      leaseTransitions: (seen?.spec?.leaseTransitions ?? 0) + (acquire && seen ? 1 : 0),
    };
    const options = { signal, retry: false };
    if (!seen) return this.#client.create(leases, { metadata: { namespace, name }, spec }, options);
    return this.#client.update(leases, { ...seen, spec: { ...seen.spec, ...spec } }, options);
  }

  /** Renews until told to end; ends the term when that was not possible in time or another holds the Lease. */
  async #renewals(term: Term, signal: AbortSignal): Promise<void> {
    const { retryPeriodMs, renewDeadlineMs } = this.#options;
    const lose = (reason: string) => {
      if (term.scope.signal.aborted) return;
      this.#log.warn({ reason }, 'lost the leadership');
      term.scope.abort(new LeadershipLostError(reason));
    };
    while (!signal.aborted && !this.#expired(term)) {
      const nextMs = term.renewedAt + renewDeadlineMs - this.#clock.monotonic();
      await this.#clock.sleep(Math.max(0, Math.min(retryPeriodMs, nextMs)), signal).catch(() => {});
      if (signal.aborted) return;
      if (this.#clock.monotonic() >= term.renewedAt + renewDeadlineMs) break;
      if (await this.#renew(term)) continue;
      lose('another process holds the lease');
      return;
    }
    if (!signal.aborted) lose(`the lease could not be renewed for ${renewDeadlineMs} ms`);
  }

  #expired(term: Term): boolean {
    return this.#clock.monotonic() >= term.renewedAt + this.#options.renewDeadlineMs;
  }

  /** False when another process holds the Lease. Faults are logged; the deadline decides about them. */
  async #renew(term: Term): Promise<boolean> {
    const { namespace, name, identity } = this.#options;
    const sentAt = this.#clock.monotonic();
    const sentAtWall = this.#clock.now();
    const untilDeadlineMs = term.renewedAt + this.#options.renewDeadlineMs - sentAt;
    try {
      // Not cut short at shutdown: the release needs to know the version that this renewal made.
      term.lease = await this.#attempt(
        undefined,
        async (limit) => {
          try {
            return await this.#write(term.lease, false, limit);
          } catch (error) {
            if (!(error instanceof ApiError) || (error.status !== 409 && error.status !== 404)) throw error;
            // Our version is old: another took it, somebody edited it, or an earlier renewal arrived after all.
            const now = await this.#client.find(leases, { namespace, name }, { signal: limit, retry: false });
            if (now && now.spec?.holderIdentity !== identity) throw new HeldByOther();
            return await this.#write(now, false, limit);
          }
        },
        untilDeadlineMs,
      );
      term.renewedAt = sentAt;
      term.renewedAtWall = sentAtWall;
      return true;
    } catch (error) {
      if (error instanceof HeldByOther) return false;
      this.#log.warn({ error: messageOf(error) }, 'could not renew the lease');
      return true;
    }
  }

  /** Gives up the Lease, so that another candidate need not wait for its expiry. */
  async #release(term: Term): Promise<void> {
    if (!this.#isHolding(term)) return;
    const { holderIdentity: _, ...spec } = term.lease.spec ?? {};
    const released = { ...spec, leaseDurationSeconds: 1, renewTime: microTime(this.#clock.now()) };
    try {
      await this.#attempt(undefined, (limit) =>
        this.#client.update(leases, { ...term.lease, spec: released }, { signal: limit, retry: false }),
      );
      this.#log.info({}, 'released the leadership');
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'could not release the lease; it will expire');
    }
  }

  #isHolding(term: Term): boolean {
    return this.#clock.monotonic() < term.renewedAt + this.#options.renewDeadlineMs;
  }

  /** Runs requests under one time limit: half the renew deadline, so that a hanging one leaves time for another. */
  async #attempt<R>(
    signal: AbortSignal | undefined,
    run: (limit: AbortSignal) => Promise<R>,
    mostMs = Infinity,
  ): Promise<R> {
    const limitMs = Math.min(this.#options.renewDeadlineMs / 2, mostMs);
    const scope = new AbortController();
    const timer = this.#clock.setTimeout(
      () => scope.abort(new Error(`no answer within ${Math.round(limitMs)} ms`)),
      limitMs,
    );
    const stop = () => scope.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      return await run(scope.signal);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', stop);
    }
  }
}

class HeldByOther extends Error {}

/** RFC 3339 with microseconds, as the API's MicroTime wants it. */
export function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
