/**
 * The harness's own eye on the sessions: when did each one's status show the revision that was asked for. It takes
 * the same watch, in the same encoding, as the contenders that speak JSON, so that the server encodes each event once
 * for both; and it looks for two fields in each line instead of parsing it, because it may share the server's core.
 */
import { systemClock } from '../../src/kube/clock.ts';
import { HttpTransport } from '../../src/kube/http.ts';
import type { KubeConfiguration } from '../../src/kube/index.ts';
import { splitLines } from '../../src/kube/watch-lines.ts';

export interface Observation {
  readonly name: string;
  /** status.observedRevision. */
  readonly revision: number;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** What one line of the watch says; undefined when it says nothing of a status. */
export function readLine(line: string): Omit<Observation, 'at'> | undefined {
  const statusAt = line.lastIndexOf('"status":{');
  if (statusAt < 0) return undefined;
  const revision = /"observedRevision":(\d+)/.exec(line.slice(statusAt))?.[1];
  const name = /"name":"([^"]+)"/.exec(line)?.[1];
  return revision === undefined || name === undefined ? undefined : { name, revision: Number(revision) };
}

export class StatusWatch {
  readonly #transport: HttpTransport;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<(observation: Observation) => void>();
  #ended: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  private constructor(configuration: KubeConfiguration) {
    this.#transport = new HttpTransport(configuration, { clock: systemClock, maxSockets: 1 });
  }

  /** Follows the namespace from `resourceVersion` on; the watch stands when this resolves. */
  static async start(
    configuration: KubeConfiguration,
    namespace: string,
    resourceVersion: string,
  ): Promise<StatusWatch> {
    const watch = new StatusWatch(configuration);
    const path = `/apis/bench.skald.dev/v1/namespaces/${namespace}/sessions`;
    const answer = await watch.#transport.stream({
      method: 'GET',
      path: `${path}?watch=true&allowWatchBookmarks=true&timeoutSeconds=7200&resourceVersion=${resourceVersion}`,
      headers: { accept: 'application/json' },
      timeoutMs: 30_000,
      signal: watch.#stop.signal,
    });
    if (answer.status !== 200) throw new Error(`the harness's watch was answered with ${answer.status}`);
    watch.#ended = watch.#follow(answer.chunks);
    return watch;
  }

  /** Throws when the watch has broken: what comes after that cannot be timed. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  onStatus(listener: (observation: Observation) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the measurement is over'));
    await this.#ended;
    this.#transport.close();
  }

  async #follow(chunks: AsyncGenerator<Buffer, void, void>): Promise<void> {
    try {
      for await (const line of splitLines(chunks)) {
        const found = readLine(line);
        if (!found) continue;
        const observation = { ...found, at: performance.now() };
        for (const listener of this.#listeners) listener(observation);
      }
      throw new Error('the server ended it');
    } catch (cause) {
      if (!this.#stop.signal.aborted) this.#failure = new Error("the harness's watch broke", { cause });
    }
  }
}
