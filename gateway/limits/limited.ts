/**
 * What went beyond a limit leaves a count and a line in the log. Lines are rationed for each reason, so that a flood
 * neither fills the disk nor hides a refusal of another kind; the count is not.
 */
import type { Logger } from '../../src/telemetry/log.ts';
import { Allowance } from './allowance.ts';
import type { LimitedPeer, LimitReason } from './guard.ts';
import type { Turned } from './turnstile.ts';

export type LimitedReason = LimitReason | Turned;

const LINES = { burst: 10, perSecond: 0.2 };

interface Reason {
  count: number;
  suppressed: number;
  readonly lines: Allowance;
}

export class Limited {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #reasons = new Map<LimitedReason, Reason>();

  /** @param now milliseconds, monotonic */
  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Since the start, by reason. */
  counts(): [LimitedReason, number][] {
    return [...this.#reasons].map(([reason, { count }]) => [reason, count]);
  }

  /** @param why a sentence, for people */
  report(reason: LimitedReason, peer: LimitedPeer, why: string): void {
    const known = this.#reasons.get(reason) ?? {
      count: 0,
      suppressed: 0,
      lines: new Allowance(LINES, this.#now),
    };
    this.#reasons.set(reason, known);
    known.count += 1;
    if (!known.lines.take()) {
      known.suppressed += 1;
      return;
    }
    const missing = known.suppressed === 0 ? {} : { suppressed: known.suppressed };
    known.suppressed = 0;
    this.#log.warn({ reason, ...peer, why, ...missing }, 'Beyond a limit');
  }
}
