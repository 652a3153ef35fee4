import { type Clock, sleepOn, type Timer } from './clock.ts';

interface Pending {
  at: number;
  sequence: number;
  callback: () => void;
}

/** A clock that stands still until a test moves it. Wall clock and monotonic clock can be set apart. */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wall: number;
  #sequence = 0;
  readonly #pending = new Set<Pending>();

  constructor(wall: number = Date.UTC(2025, 0, 1)) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const entry: Pending = {
      at: this.#monotonic + Math.max(0, delayMs),
      sequence: this.#sequence++,
      callback,
    };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer, or undefined when none waits. */
  get untilNextTimer(): number | undefined {
    const next = this.#next();
    return next && next.at - this.#monotonic;
  }

  /** Moves time forward, firing timers in order and letting promises settle before and after each. */
  async advance(byMs: number): Promise<void> {
    const target = this.#monotonic + byMs;
    await this.settle();
    for (let next = this.#next(); next && next.at <= target; next = this.#next()) {
      this.#pending.delete(next);
      this.#moveTo(next.at);
      next.callback();
      await this.settle();
    }
    this.#moveTo(target);
  }

  /** Moves time without firing anything: what a suspended process sees on waking, before its timers run. */
  jump(byMs: number): void {
    this.#moveTo(this.#monotonic + byMs);
  }

  /** Lets everything that is ready to run, run. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #moveTo(at: number): void {
    if (at <= this.#monotonic) return;
    this.#wall += at - this.#monotonic;
    this.#monotonic = at;
  }

  #next(): Pending | undefined {
    let next: Pending | undefined;
    for (const entry of this.#pending) {
      if (!next || entry.at < next.at || (entry.at === next.at && entry.sequence < next.sequence))
        next = entry;
    }
    return next;
  }
}
