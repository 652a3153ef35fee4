/**
 * Circuit breaker of one provider: one that keeps failing is left alone for a while, so that nobody at the table waits
 * for it. Pure: the clock is whoever asks.
 */

export interface BreakerPolicy {
  /** Requests that failed one after another and open it. @defaultValue 3 */
  readonly inARow: number;
  /** Of so many requests more than half failed: that opens it, too. @defaultValue 10 */
  readonly window: number;
  /** How long it stays open before one request may try, milliseconds. @defaultValue 15000 */
  readonly openMs: number;
}

export const breakerDefaults = { inARow: 3, window: 10, openMs: 15_000 } satisfies BreakerPolicy;

export type BreakerState = 'closed' | 'open' | 'half-open';

/** A request that may go. One of these is called when it is over; only the first call counts. */
export interface Admission {
  succeeded(): void;
  /** @param now milliseconds */
  failed(now: number): void;
  /** It was given up, or failed by its own fault: nothing was learnt of the provider. */
  abandoned(): void;
}

export class Breaker {
  private readonly policy: BreakerPolicy;
  /** Whether each of the last requests failed. */
  private readonly outcomes: boolean[] = [];
  private inARow = 0;
  private openUntil: number | undefined;
  private probing = false;

  constructor(policy: BreakerPolicy = breakerDefaults) {
    this.policy = policy;
  }

  state(now: number): BreakerState {
    if (this.openUntil === undefined) return 'closed';
    return now < this.openUntil ? 'open' : 'half-open';
  }

  /** Milliseconds until a request may try again; 0 unless it is open. */
  remainingMs(now: number): number {
    return Math.max(0, (this.openUntil ?? now) - now);
  }

  /** Undefined: not now. When it is half-open, one request tries, and the others are refused until it is over. */
  admit(now: number): Admission | undefined {
    const state = this.state(now);
    if (state === 'open' || (state === 'half-open' && this.probing)) return undefined;
    const probe = state === 'half-open';
    if (probe) this.probing = true;
    let over = false;
    const once = (act: () => void) => (): void => {
      if (over) return;
      over = true;
      if (probe) this.probing = false;
      act();
    };
    let failedAt = 0;
    const fail = once(() => this.fail(failedAt, probe));
    return {
      succeeded: once(() => this.succeed(probe)),
      failed: (at) => {
        failedAt = at;
        fail();
      },
      abandoned: once(() => {}),
    };
  }

  private succeed(probe: boolean): void {
    this.inARow = 0;
    if (probe) {
      this.openUntil = undefined;
      this.outcomes.length = 0;
    }
    this.note(false);
  }

  private fail(now: number, probe: boolean): void {
    this.inARow++;
    this.note(true);
    // Requests that were on their way when it opened say nothing new.
    if (!probe && this.openUntil !== undefined) return;
    const { inARow, window, openMs } = this.policy;
    const failures = this.outcomes.filter((failed) => failed).length;
    const mostly = this.outcomes.length >= window && failures * 2 > window;
    if (probe || this.inARow >= inARow || mostly) this.openUntil = now + openMs;
  }

  private note(failed: boolean): void {
    this.outcomes.push(failed);
    if (this.outcomes.length > this.policy.window) this.outcomes.shift();
  }
}
