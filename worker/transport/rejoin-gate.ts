/**
 * How often the worker may ask Discord to let it into the channel.
 *
 * The voice library asks again at once after nearly every close: a server that closes at once got 50 requests
 * in 400 ms, and the bot's whole gateway connection may send 120 a minute. So each request passes here: the
 * first goes at once, repetitions wait 1, 2, 4 … 30 s, and only a connection that held wipes the slate.
 */

const FIRST_MS = 1000;
const MOST_MS = 30_000;
/** A connection that held this long was a good one. */
const HELD_MS = 30_000;

export class RejoinGate {
  private failures = 0;
  private last: number | undefined;
  private connectedAt: number | undefined;

  /** Requests since the last connection that held. */
  get attempts(): number {
    return this.failures;
  }

  /** When the next request may go out, and counts it as gone. */
  next(now: number): number {
    if (this.connectedAt !== undefined && now - this.connectedAt >= HELD_MS) this.failures = 0;
    this.connectedAt = undefined;
    const wait = this.failures === 0 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** (this.failures - 1));
    const at = Math.max(now, this.last === undefined ? now : this.last + wait);
    this.failures++;
    this.last = at;
    return at;
  }

  /** Audio flows. */
  connected(now: number): void {
    this.connectedAt = now;
  }
}
