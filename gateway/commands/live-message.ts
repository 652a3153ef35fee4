/**
 * One message that follows something: of several states in quick succession the newest is written, one write at a
 * time, and the slower Discord takes them (a 429 is waited out inside a write), the fewer there are.
 */
import type { Logger } from '../../src/telemetry/log.ts';
import { statusOf } from '../discord/connection.ts';
import type { Answer } from './answer.ts';

/** Least time between two writes of one message: Discord allows about five in five seconds for a whole channel. */
export const EDIT_INTERVAL_MS = 1_000;
/** Longest time between two writes, however slow they are or often they fail. */
const LONGEST_INTERVAL_MS = 30_000;

export interface LiveMessageClock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): { cancel(): void };
}

export interface LiveMessageOptions {
  readonly clock: LiveMessageClock;
  readonly log: Logger;
  /** Writes the whole message. What it throws is judged by its HTTP status. */
  readonly write: (answer: Answer) => Promise<unknown>;
}

export class LiveMessage {
  readonly #options: LiveMessageOptions;
  #shown: string | undefined;
  #wanted: Answer | undefined;
  #timer: { at: number; cancel(): void } | undefined;
  #writing = false;
  #nextAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #over = false;
  #idle: (() => void)[] = [];

  constructor(options: LiveMessageOptions) {
    this.#options = options;
  }

  /** Nothing is written any more: it was closed, or the message is gone. */
  get over(): boolean {
    return this.#over;
  }

  /** What the message shows already. */
  assume(answer: Answer): void {
    this.#shown = keyOf(answer);
  }

  /** Shows it soon. Never throws. @param withinMs how long it may wait for something newer */
  show(answer: Answer, withinMs = 0): void {
    this.#wanted = answer;
    this.#schedule(withinMs);
  }

  /** Resolves when what is wanted is shown, or never will be. */
  async settled(): Promise<void> {
    if (!this.#pending()) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    this.#over = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#settle();
  }

  #pending(): boolean {
    if (this.#over || this.#wanted === undefined) return false;
    return this.#writing || keyOf(this.#wanted) !== this.#shown;
  }

  #settle(): void {
    if (this.#pending()) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #schedule(withinMs: number): void {
    if (this.#writing || !this.#pending()) return;
    const { clock } = this.#options;
    const at = Math.max(this.#nextAt, clock.now() + withinMs);
    if (this.#timer !== undefined) {
      if (this.#timer.at <= at) return;
      this.#timer.cancel();
    }
    const timer = clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, at - clock.now());
    this.#timer = { at, cancel: () => timer.cancel() };
  }

  async #write(): Promise<void> {
    const answer = this.#wanted;
    if (answer === undefined || !this.#pending()) {
      this.#settle();
      return;
    }
    const { clock, write } = this.#options;
    const began = clock.now();
    this.#writing = true;
    try {
      await write(answer);
      this.#shown = keyOf(answer);
      this.#failures = 0;
    } catch (error) {
      this.#failed(error, answer);
    }
    this.#writing = false;
    const took = clock.now() - began;
    const interval = Math.max(EDIT_INTERVAL_MS * 2 ** this.#failures, took);
    this.#nextAt = clock.now() + Math.min(LONGEST_INTERVAL_MS, interval);
    this.#schedule(0);
    this.#settle();
  }

  #failed(error: unknown, answer: Answer): void {
    const status = statusOf(error);
    // 404: the message was deleted. 401, 403: the bot may not write it. Neither changes by trying again.
    if (status === 404 || status === 401 || status === 403) this.#over = true;
    // Discord refuses what is in it: the next state may be better.
    else if (status === 400) this.#shown = keyOf(answer);
    else this.#failures += 1;
    const log = this.#options.log;
    log[status === 400 ? 'error' : 'info'](
      { status, failures: this.#failures },
      'A message could not be edited',
    );
  }
}

function keyOf({ content, embeds, components, files }: Answer): string {
  const names = files?.map(({ name, data }) => [name, data.length]);
  return JSON.stringify([content ?? '', embeds ?? [], components ?? [], names ?? []]);
}
