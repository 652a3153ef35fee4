/**
 * Spaces out the dials of all bots of a process. Discord says how often one token may identify (once in 5 s) and nothing
 * about one address, but every dial is a TLS handshake, a request for the gateway's address and often a burst of
 * guilds, at both ends; and whoever resumes has about a minute. 200 bots are through in ten seconds.
 */
import { pause } from '../pause.ts';

/** Between two dials, milliseconds. */
export const DIAL_SPACING_MS = 50;

export class DialPacer {
  readonly #now: () => number;
  readonly #pause: (delayMs: number, signal: AbortSignal) => Promise<void>;
  #next = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now(), wait = pause) {
    this.#now = now;
    this.#pause = wait;
  }

  /** Resolves when it is this dial's turn, or when the signal aborts: the turn is lost then. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#now();
    const at = Math.max(now, this.#next);
    this.#next = at + DIAL_SPACING_MS;
    if (at > now) await this.#pause(at - now, signal);
  }
}
