/**
 * Keeps a local copy of a list on the API server, for ever: list, then watch from the list's resource version.
 *
 * - Any fault but one is met by watching again from the last version seen, after a jittered exponential delay;
 *   nothing is lost, since the server keeps a history of changes. When that history is too short (410), or the
 *   order of events was broken, the list is read again and the differences are reported.
 * - A watch that goes silent is ended: the server sends a bookmark every minute (the first one after up to two,
 *   measured on 1.34), so silence for `idleLimitMs` means that nobody is at the other end: a half-open connection, a
 *   proxy that hangs.
 * - The list is read at the newest version ("consistent read"), in pages, never from an arbitrarily old cache of the
 *   server: the copy never goes back in time.
 *
 * Model: client-go's tools/cache/reflector.go.
 */
import { Backoff, type BackoffPolicy } from './backoff.ts';
import type { ListPage, WatchEvent } from './client.ts';
import type { Clock } from './clock.ts';
import { isGone, messageOf } from './errors.ts';
import type { Logger } from './log.ts';
import { compareResourceVersions, type KubeObject, type Live } from './object.ts';

/** The two calls that a reflector needs. */
export interface ListerWatcher<T extends KubeObject> {
  list(options: {
    limit?: number | undefined;
    continue?: string | undefined;
    signal: AbortSignal;
  }): Promise<ListPage<T>>;
  watch(options: {
    resourceVersion: string;
    timeoutSeconds: number;
    signal: AbortSignal;
  }): AsyncIterable<WatchEvent<T>>;
}

export type ObjectEvent<T extends KubeObject> = Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>;

/** Who receives the copy. Calls come one after another and must not throw. */
export interface ReflectorSink<T extends KubeObject> {
  /** The complete list as of `resourceVersion`. */
  replace(objects: readonly Live<T>[], resourceVersion: string): void;
  /** An object was added or modified. */
  put(object: Live<T>): void;
  remove(object: Live<T>): void;
  /** Everything up to this version has been delivered. */
  progress(resourceVersion: string): void;
  /** True when an event of an older version brings nothing new, so that its age is no broken order. */
  knows(event: ObjectEvent<T>): boolean;
}

export interface ReflectorOptions<T extends KubeObject> {
  /** For logs, such as `jobs.batch`. */
  name: string;
  source: ListerWatcher<T>;
  sink: ReflectorSink<T>;
  clock: Clock;
  log: Logger;
  /** Runs on each object as it arrives, before the next page is read. */
  transform?: (object: Live<T>) => Live<T>;
  /** @defaultValue 500 */
  pageSize?: number;
  /** Silence on a watch that is taken for a dead connection, milliseconds. @defaultValue 210 000 */
  idleLimitMs?: number;
  /** Watches last between this and twice this, seconds; then they are made anew. @defaultValue 300 */
  watchSeconds?: number;
  /**
   * Delays between attempts. The longest one is how long a cache may stay old after an outage, however long that was.
   * @defaultValue 200 ms to 3 s, jittered
   */
  backoff?: BackoffPolicy;
  random?: () => number;
}

/** The server sent events out of order: only a new list tells the truth. */
class BrokenOrderError extends Error {}

/** Nothing came for longer than the idle limit. */
class IdleWatchError extends Error {}

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  /** Lists that had to be read again soon after the one before. Apart from failures: the server answered. */
  readonly #relists: Backoff;
  readonly #random: () => number;
  #version: string | undefined;
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    const policy = options.backoff ?? { baseMs: 200, maxMs: 3_000, jitter: 0.5 };
    this.#backoff = new Backoff(policy, this.#random);
    this.#relists = new Backoff(policy, this.#random);
  }

  /** The version up to which the copy is complete; undefined before the first list. */
  get resourceVersion(): string | undefined {
    return this.#version;
  }

  /** Runs until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, name } = this.#options;
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      let delayMs: number;
      try {
        if (this.#version === undefined) await this.#list(signal);
        const events = await this.#watch(signal);
        // A watch that ends at once and says nothing, again and again, must not become a busy loop.
        const lived = clock.monotonic() - startedAt;
        if (events > 0 || lived >= 1_000) this.#backoff.reset();
        delayMs = events > 0 || lived >= 1_000 ? 0 : this.#backoff.next();
      } catch (error) {
        if (signal.aborted) return;
        delayMs = this.#recover(error, startedAt);
        log.debug({ resource: name, delayMs, error: messageOf(error) }, 'list or watch broke off');
      }
      if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => {});
    }
  }

  /** Decides where to go on after a fault, and returns how long to wait first. */
  #recover(error: unknown, startedAt: number): number {
    const { clock, log, name } = this.#options;
    const now = clock.monotonic();
    if (isGone(error) || error instanceof BrokenOrderError) {
      this.#version = undefined;
      log.info({ resource: name, reason: messageOf(error) }, 'reading the whole list again');
      // History that expired while we watched is no one's overload: the list may be read at once, but not in a loop.
      if (now - this.#listedAt <= 10_000) return this.#relists.next();
      this.#relists.reset();
      return 0;
    }
    // A long quiet time before the fault means that it is a new one.
    if (now - startedAt > 60_000) this.#backoff.reset();
    const delayMs = this.#backoff.next();
    const { failures } = this.#backoff;
    if (failures > 0 && failures % 5 === 0) {
      log.warn(
        { resource: name, failures, error: messageOf(error) },
        'cannot list or watch; the cache grows old until this works again',
      );
    }
    const asked = error instanceof Error && 'retryAfterMs' in error ? error.retryAfterMs : undefined;
    return Math.max(delayMs, typeof asked === 'number' ? Math.min(asked, 30_000) : 0);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { source, sink, clock } = this.#options;
    this.#listedAt = clock.monotonic();
    const objects: Live<T>[] = [];
    let paged = true;
    let page = await source.list({ limit: this.#options.pageSize ?? 500, signal });
    this.#collect(page, objects);
    while (page.continue) {
      try {
        page = await source.list({ limit: this.#options.pageSize ?? 500, continue: page.continue, signal });
      } catch (error) {
        // The continue token expired while the pages were read: one unpaged list always ends.
        if (!isGone(error) || !paged) throw error;
        paged = false;
        objects.length = 0;
        page = await source.list({ signal });
      }
      this.#collect(page, objects);
    }
    signal.throwIfAborted();
    this.#version = page.resourceVersion;
    sink.replace(objects, page.resourceVersion);
  }

  #collect(page: ListPage<T>, into: Live<T>[]): void {
    for (const object of page.items) into.push(this.#transform(object));
  }

  #transform(object: Live<T>): Live<T> {
    return this.#options.transform ? this.#options.transform(object) : object;
  }

  /** Follows one watch to its end and returns how many events it brought. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { source, clock } = this.#options;
    const from = this.#version;
    if (from === undefined) throw new Error('a watch needs a list first');
    const idle = new AbortController();
    const idleLimitMs = this.#options.idleLimitMs ?? 210_000;
    const silence = () => idle.abort(new IdleWatchError(`no event and no bookmark for ${idleLimitMs} ms`));
    const stop = () => idle.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    // Between the list and here: whoever waits for the end would wait until the watch is found to be idle.
    if (signal.aborted) stop();
    const shortest = this.#options.watchSeconds ?? 300;
    const timeoutSeconds = Math.round(shortest * (1 + this.#random()));
    let timer = clock.setTimeout(silence, idleLimitMs);
    let events = 0;
    try {
      const watch = source.watch({ resourceVersion: from, timeoutSeconds, signal: idle.signal });
      for await (const event of watch) {
        if (signal.aborted) break;
        timer.cancel();
        timer = clock.setTimeout(silence, idleLimitMs);
        this.#take(event);
        events += 1;
        this.#backoff.reset();
      }
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    }
    return events;
  }

  #take(event: WatchEvent<T>): void {
    const { sink } = this.#options;
    const version = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion;
    const order = this.#version === undefined ? undefined : compareResourceVersions(version, this.#version);
    if (event.type === 'BOOKMARK') {
      // Late, or of a server that was set back to an older state. Following it would tell again, after the next fault,
      // what has happened since: objects that are gone would come back for a moment.
      if (order !== undefined && order < 0) {
        throw new BrokenOrderError(`a bookmark of version ${version} came after version ${this.#version}`);
      }
      this.#advance(version);
      return;
    }
    if (order !== undefined && order <= 0) {
      // Sent twice, or sent late. The former is harmless; the latter may already have been overtaken by a deletion.
      if (sink.knows(event)) return;
      throw new BrokenOrderError(`an event of version ${version} came after version ${this.#version}`);
    }
    const object = this.#transform(event.object);
    if (event.type === 'DELETED') sink.remove(object);
    else sink.put(object);
    this.#advance(version);
  }

  #advance(version: string): void {
    this.#version = version;
    this.#options.sink.progress(version);
  }
}
