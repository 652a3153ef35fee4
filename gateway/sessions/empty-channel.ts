/** For how long the bot has been alone in its voice channel. */
import type { CachedMember } from '../discord/guild-cache.ts';

export interface EmptyChannelClock {
  monotonic(): number;
  setTimeout(callback: () => void, delayMs: number): { cancel(): void };
}

export class EmptyChannel {
  readonly #clock: EmptyChannelClock;
  readonly #limitMs: number;
  readonly #onLimit: () => void;
  #since: number | undefined;
  #timer: { cancel(): void } | undefined;

  /** @param onLimit called once when the channel has been empty for `limitMs` without a break */
  constructor(clock: EmptyChannelClock, limitMs: number, onLimit: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onLimit = onLimit;
  }

  /** Milliseconds; undefined when there is a human, or the bot is in no channel. */
  get forMs(): number | undefined {
    return this.#since === undefined ? undefined : this.#clock.monotonic() - this.#since;
  }

  /** @param members of the bot's channel; undefined: the bot is in none */
  update(members: readonly CachedMember[] | undefined): void {
    if (members === undefined || members.some((member) => !member.bot)) {
      this.close();
      return;
    }
    if (this.#since !== undefined) return;
    this.#since = this.#clock.monotonic();
    this.#timer = this.#clock.setTimeout(this.#onLimit, this.#limitMs);
  }

  close(): void {
    this.#since = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
