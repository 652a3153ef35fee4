/** One timer for all lanes, at the earliest of their deadlines. */
import { monotonicMs } from '../clock.ts';
import type { Lane } from './lane.ts';

type Timed = Pick<Lane, 'deadline' | 'tick' | 'settled'>;

export interface LaneTimerClock {
  now(): number;
  /** Calls back once. Returns a function that takes it back. */
  after(ms: number, callback: () => void): () => void;
}

const systemClock: LaneTimerClock = {
  now: monotonicMs,
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.ceil(ms));
    return () => clearTimeout(timer);
  },
};

export class LaneTimer {
  private readonly lanes: () => Iterable<Timed>;
  private readonly clock: LaneTimerClock;
  private cancel: (() => void) | undefined;
  private closed = false;

  /** @param lanes those of now. */
  constructor(lanes: () => Iterable<Timed>, clock: LaneTimerClock = systemClock) {
    this.lanes = lanes;
    this.clock = clock;
  }

  /** Something was pushed to the lane: its deadline is known when the model has judged it. */
  pushed(lane: Timed): void {
    const arm = (): void => this.arm();
    lane.settled().then(arm, arm);
  }

  close(): void {
    this.closed = true;
    this.cancel?.();
  }

  /** A lane's deadline is another one now. */
  arm(): void {
    this.cancel?.();
    this.cancel = undefined;
    if (this.closed) return;
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes()) earliest = Math.min(earliest, lane.deadline() ?? earliest);
    if (!Number.isFinite(earliest)) return;
    this.cancel = this.clock.after(Math.max(0, earliest - this.clock.now()), () => this.ring());
  }

  private ring(): void {
    for (const lane of this.lanes()) {
      lane.tick(this.clock.now());
      // What waited for a lost packet goes to the model now, and no packet may follow: the end is due all the same.
      this.pushed(lane);
    }
  }
}
