import type { PromptNames } from './names.ts';
import type { Recogniser, Recognition } from './recogniser.ts';

/** All recognisers are busy and the queue is full: the request was not accepted. */
export class PoolFull extends Error {
  override readonly name = 'PoolFull';
}

interface Waiting {
  readonly prompt: PromptNames;
  readonly start: (recogniser: Recogniser) => void;
}

/**
 * Shares a few recognisers between requests: one request at a time for each, first come first served, and a bounded
 * queue. A recogniser that already knows the prompt's names is preferred.
 */
export class RecogniserPool {
  private readonly idle: Recogniser[];
  private readonly all: readonly Recogniser[];
  private readonly queue: Waiting[] = [];
  private readonly mostWaiting: number;

  constructor(recognisers: readonly Recogniser[], mostWaiting: number) {
    this.all = recognisers;
    this.idle = [...recognisers];
    this.mostWaiting = mostWaiting;
  }

  /** @throws {PoolFull} at once, when the queue is full; the signal's reason, when it aborts. */
  async hear(samples: Int16Array, prompt: PromptNames, signal: AbortSignal): Promise<Recognition> {
    const recogniser = await this.acquire(prompt, signal);
    try {
      return await recogniser.hear(samples, prompt, signal);
    } finally {
      this.release(recogniser);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((recogniser) => recogniser.close()));
  }

  private acquire(prompt: PromptNames, signal: AbortSignal): Promise<Recogniser> {
    signal.throwIfAborted();
    const index = this.idle.findIndex((recogniser) => recogniser.knows(prompt));
    const [free] = this.idle.splice(Math.max(0, index), 1);
    if (free) return Promise.resolve(free);
    if (this.queue.length >= this.mostWaiting) {
      throw new PoolFull(`${this.all.length} recognitions are running and ${this.mostWaiting} are waiting`);
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        prompt,
        start: (recogniser) => {
          signal.removeEventListener('abort', leave);
          resolve(recogniser);
        },
      };
      const leave = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.queue.push(waiting);
    });
  }

  private release(recogniser: Recogniser): void {
    const next = this.queue.shift();
    if (next) next.start(recogniser);
    else this.idle.push(recogniser);
  }
}
