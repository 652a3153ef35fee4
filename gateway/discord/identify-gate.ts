/**
 * Asked by @discordjs/ws before each IDENTIFY, and never before a RESUME: the place where a fresh session can still
 * be kept from being started.
 */
import type { IIdentifyThrottler } from '@discordjs/ws';

export class IdentifyGate implements IIdentifyThrottler {
  readonly #throttler: IIdentifyThrottler;
  readonly #mayIdentify: () => boolean;
  readonly #onRefused: () => void;

  /** @param onRefused closes the connection: the shard waits until it is destroyed */
  constructor(throttler: IIdentifyThrottler, mayIdentify: () => boolean, onRefused: () => void) {
    this.#throttler = throttler;
    this.#mayIdentify = mayIdentify;
    this.#onRefused = onRefused;
  }

  async waitForIdentify(shardId: number, signal: AbortSignal): Promise<void> {
    await this.#throttler.waitForIdentify(shardId, signal);
    // Only now: the throttler may take seconds, and the library sends right after this.
    if (this.#mayIdentify()) return;
    this.#onRefused();
    // The library takes a rejection for its cue to redial, unless the shard was closed meanwhile.
    await new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}
