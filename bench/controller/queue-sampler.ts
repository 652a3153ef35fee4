/** The depth of a contender's work queue over time, from the metrics that it serves. */
import { setTimeout as delay } from 'node:timers/promises';

/** Often enough to see a queue grow, seldom enough that serving metrics is no part of the load. Milliseconds. */
const everyMs = 500;

export class QueueSampler {
  readonly #stop = new AbortController();
  readonly #samples: Promise<number[]>;

  /** Samples until {@link stop}. @param url - Of Prometheus metrics. */
  constructor(url: string) {
    this.#samples = this.#run(url);
    // Whoever stops it hears of a failure.
    this.#samples.catch(() => {});
  }

  /** @returns Every sample, oldest first. Rejects when a sample could not be taken. */
  stop(): Promise<number[]> {
    this.#stop.abort();
    return this.#samples;
  }

  async #run(url: string): Promise<number[]> {
    const depths: number[] = [];
    while (!this.#stop.signal.aborted || depths.length === 0) {
      const answer = await fetch(url);
      depths.push(parseDepth(await answer.text()));
      await delay(everyMs, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
    return depths;
  }
}

/** @param text - Prometheus metrics. @returns Keys that are ready, in all queues. @throws when it has no queue. */
export function parseDepth(text: string): number {
  const depths = [...text.matchAll(/^workqueue_depth(?:\{[^}]*\})? (\S+)$/gm)].map(([, depth]) =>
    Number(depth),
  );
  if (depths.length === 0) throw new Error('the metrics have no workqueue_depth');
  return depths.reduce((total, depth) => total + depth, 0);
}
