/**
 * A bot's lock, held or being taken again. The lock guards *identifying*; a bot that is connected already needs it
 * only to keep other pods from identifying. So the loss of the lock's connection (PostgreSQL restarts, or is away)
 * ends no Discord connection, and with it no voice session: the lock is taken again in the background, for as long as
 * it takes. Only when another pod turns out to hold it must this one go.
 */
import type { BotLock } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { pause } from '../pause.ts';

export interface GuardedLockOptions {
  /** One attempt that waits for nobody. Undefined: another pod holds the lock. Rejects: it cannot be known now. */
  readonly take: (signal: AbortSignal) => Promise<BotLock | undefined>;
  readonly log: Logger;
  /** Waits between attempts; ends early, and does not reject, when the signal aborts. @defaultValue pause */
  readonly pause?: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

export class GuardedLock {
  readonly #options: GuardedLockOptions;
  readonly #taken = new AbortController();
  readonly #released = new AbortController();
  readonly #keeping: Promise<void>;
  #lock: BotLock;

  /** @param lock held until {@link release}, which releases it */
  constructor(lock: BotLock, options: GuardedLockOptions) {
    this.#lock = lock;
    this.#options = options;
    // A fault leaves the bot connected and forbids it to identify: its next new session begins with a new lock.
    this.#keeping = this.#keep().catch((error: unknown) => {
      options.log.error({ err: error }, 'The lock of the bot is not kept any more because of a fault');
    });
  }

  /** Whether the bot may identify. */
  get held(): boolean {
    return !this.#lock.lost.aborted && !this.#released.signal.aborted;
  }

  /** Aborts when another pod holds the lock: disconnect the bot at once. Nothing is tried any more. */
  get taken(): AbortSignal {
    return this.#taken.signal;
  }

  /** Ends attempts, too. May be called twice; does not abort `taken`. */
  async release(): Promise<void> {
    this.#released.abort();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    const { log } = this.#options;
    const released = this.#released.signal;
    for (;;) {
      await aborted(this.#lock.lost, released);
      await this.#lock.release();
      if (released.aborted) return;
      log.warn(
        { err: this.#lock.lost.reason },
        'The lock of the bot was lost; it is taken again while the bot stays connected',
      );
      const next = await this.#retake();
      if (next === undefined) return;
      this.#lock = next;
      if (!released.aborted) log.info('The lock of the bot is held again');
    }
  }

  /** Undefined when there is nothing to keep any more. */
  async #retake(): Promise<BotLock | undefined> {
    const { take, log } = this.#options;
    const released = this.#released.signal;
    for (let attempt = 0; !released.aborted; attempt += 1) {
      await (this.#options.pause ?? pause)(retakeDelayMs(attempt, Math.random()), released);
      if (released.aborted) return undefined;
      try {
        const lock = await take(released);
        if (lock === undefined) this.#taken.abort();
        return lock;
      } catch (error) {
        if (!released.aborted)
          log.debug({ err: error, attempt }, 'The lock of the bot cannot be taken again yet');
      }
    }
    return undefined;
  }
}

/** 1 s, doubled up to 30 s; `random` (0 to 1) takes off up to half, or all bots of a slot would come at once. */
export function retakeDelayMs(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
  return ceiling * (1 - random / 2);
}

async function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  const either = AbortSignal.any([...signals]);
  if (either.aborted) return;
  await new Promise<void>((resolve) => either.addEventListener('abort', () => resolve(), { once: true }));
}
