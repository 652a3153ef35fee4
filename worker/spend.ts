/** Limits on what a session's providers may cost, as the worker sees them. Pure. */
import type { SessionConfiguration } from '../src/rpc/generated/skald/v1/gateway.ts';

export type SpendConfiguration = Pick<
  SessionConfiguration,
  'spendSoftUsd' | 'spendHardUsd' | 'monthSoftReached'
>;

/** At a limit it is reached; a limit of 0 is reached before anything was spent. */
function reached(limit: number | undefined, spentUSD: number): boolean {
  return limit !== undefined && spentUSD >= limit;
}

/**
 * Why no new turn is taken: nothing is recognised or answered any more; undefined: turns are taken. The hard limit
 * is among them, so that nothing more is spent while there is no gateway to end the session.
 */
export function noMoreTurns(spentUSD: number, limits: SpendConfiguration): string | undefined {
  if (reached(limits.spendSoftUsd, spentUSD) || reached(limits.spendHardUsd, spentUSD))
    return `The session has spent ${spentUSD.toFixed(2)} USD, which is its limit: no new turn is taken.`;
  if (limits.monthSoftReached)
    return 'The spend of the month has reached its soft limit: no new turn is taken.';
  return undefined;
}

/** Why the session has to end; undefined: it goes on. */
export function hardLimitReached(
  spentUSD: number,
  { spendHardUsd }: Pick<SpendConfiguration, 'spendHardUsd'>,
): string | undefined {
  if (!reached(spendHardUsd, spentUSD)) return undefined;
  return `The session has spent ${spentUSD.toFixed(2)} of ${(spendHardUsd ?? 0).toFixed(2)} USD.`;
}

export interface SpendWatchParts {
  readonly spentUSD: () => number;
  /** Tells the people in the channel, once each time that turns come to their end. */
  readonly onNoMoreTurns: (why: string) => void;
  readonly onHardLimit: (why: string) => void;
}

/** What follows from the limits while a session runs. */
export class SpendWatch {
  private readonly parts: SpendWatchParts;
  private limits: SpendConfiguration;
  private told = false;
  private begun = false;

  constructor(parts: SpendWatchParts, limits: SpendConfiguration) {
    this.parts = parts;
    this.limits = limits;
  }

  /** Why no new turn is taken; undefined: turns are taken. */
  get noMoreTurns(): string | undefined {
    return noMoreTurns(this.parts.spentUSD(), this.limits);
  }

  configure(limits: SpendConfiguration): void {
    this.limits = limits;
  }

  /** What earlier processes spent is known. Of a limit that was reached before, they have told. */
  begin(): void {
    this.begun = true;
    this.told = this.noMoreTurns !== undefined;
  }

  look(): void {
    const tooMuch = hardLimitReached(this.parts.spentUSD(), this.limits);
    if (tooMuch !== undefined) this.parts.onHardLimit(tooMuch);
    const over = this.noMoreTurns;
    if (over === undefined) this.told = false;
    else if (this.begun && !this.told) {
      this.told = true;
      this.parts.onNoMoreTurns(over);
    }
  }
}
