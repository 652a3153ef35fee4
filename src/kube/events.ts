/**
 * Events (events.k8s.io/v1): the story of an object that `kubectl describe` ends with.
 *
 * They are a courtesy: recording one never blocks, never throws and never costs a reconcile. What is said again of the
 * same object is counted in a series instead of becoming another Event. When too much is said at once, the rest is
 * dropped and counted in `kube_events_dropped_total`.
 */
import { randomUUID } from 'node:crypto';
import { Backoff } from './backoff.ts';
import type { Client } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { isAlreadyExists, isNotFound, isTransient, messageOf } from './errors.ts';
import { microTime } from './leader-election.ts';
import { type Logger, silentLogger } from './log.ts';
import { type Counter, type Metrics, noMetrics } from './metrics.ts';
import type { KubeObject, Live } from './object.ts';
import { TokenBucket } from './rate-limit.ts';
import { apiVersionOf, type Resource } from './resource.ts';
import { type Event, events, type ObjectReference } from './resources.ts';

/** What an Event is about: the object, and what kind of thing it is. */
export interface Regarding {
  resource: Resource;
  object: Live<KubeObject>;
}

export interface EventFields {
  type: 'Normal' | 'Warning';
  /** Why, for machines: UpperCamelCase, at most 128 characters. */
  reason: string;
  /** What was done or failed, for machines: UpperCamelCase. */
  action: string;
  /** The sentence for people. Cut at 1 KiB. */
  note: string;
  /** A second object that has to do with it. */
  related?: Regarding | undefined;
}

export interface EventRecorderOptions {
  client: Client;
  /** Who speaks, such as `skald.dev/controller`. */
  reportingController: string;
  /** Which of its processes: the pod's name. */
  reportingInstance: string;
  clock?: Clock;
  log?: Logger;
  metrics?: Metrics;
  /** Requests per second on average, and at once. @defaultValue 10 and 50 */
  perSecond?: number;
  burst?: number;
  /** New Events about one object: at once, and seconds for each further one. @defaultValue 25 and 30 */
  objectBurst?: number;
  objectSeconds?: number;
  /** Series that wait to be sent; further ones are dropped. @defaultValue 1 000 */
  queueSize?: number;
  /** A running series is written at most this often, milliseconds. @defaultValue 10 000 */
  seriesIntervalMs?: number;
}

interface Series {
  key: string;
  event: Event;
  /** In the API server. */
  created: boolean;
  count: number;
  lastObservedAt: number;
  lastObserved: string;
  /** Not before this monotonic time. */
  dueAt: number;
  queued: boolean;
}

/** A series ends when nothing was added to it for so long, as in client-go. */
const seriesEndMs = 6 * 60_000;
const sendAttempts = 5;
const longestNote = 1024;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #dropped: Counter;
  readonly #bucket: TokenBucket;
  readonly #objects = new Map<string, TokenBucket>();
  readonly #series = new Map<string, Series>();
  readonly #queue: Series[] = [];
  #wake: () => void = () => {};

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#bucket = new TokenBucket({
      clock: this.#clock,
      perSecond: options.perSecond ?? 10,
      burst: options.burst ?? 50,
    });
    this.#dropped = (options.metrics ?? noMetrics).counter({
      name: 'kube_events_dropped_total',
      help: 'Events that were not written, by cause: queue_full, object_limit, failed',
      labelNames: ['cause'],
    });
  }

  /** Says something about an object. Returns at once; {@link run} sends it. */
  event(regarding: Regarding, fields: EventFields): void {
    const now = this.#clock.monotonic();
    const observed = microTime(this.#clock.now());
    const { uid } = regarding.object.metadata;
    const key = JSON.stringify([
      uid,
      fields.type,
      fields.reason,
      fields.action,
      fields.note,
      fields.related?.object.metadata.uid,
    ]);
    const running = this.#series.get(key);
    if (running && now - running.lastObservedAt < seriesEndMs) {
      running.count += 1;
      running.lastObservedAt = now;
      running.lastObserved = observed;
      this.#enqueue(running);
      return;
    }
    if (!this.#bucketOf(uid).take()) {
      this.#dropped.inc({ cause: 'object_limit' });
      return;
    }
    const series: Series = {
      key,
      event: this.#describe(regarding, fields, observed),
      created: false,
      count: 1,
      lastObservedAt: now,
      lastObserved: observed,
      dueAt: now,
      queued: false,
    };
    if (this.#enqueue(series)) this.#series.set(key, series);
  }

  /** Events that wait to be sent. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Sends until the signal is aborted, then what is left of new Events for at most `lastWordsMs`. Never rejects.
   */
  async run(signal: AbortSignal, lastWordsMs = 1_000): Promise<void> {
    while (!signal.aborted) {
      const now = this.#clock.monotonic();
      const next = this.#next();
      const waitMs = next ? Math.max(next.dueAt - now, this.#bucket.waitMs()) : undefined;
      if (next && waitMs === 0) {
        this.#bucket.take();
        await this.#send(next, signal);
      } else {
        await this.#changed(waitMs, signal);
      }
      this.#forget();
    }
    const last = new AbortController();
    const timer = this.#clock.setTimeout(() => last.abort(), lastWordsMs);
    for (let next = this.#next(); next && !last.signal.aborted; next = this.#next()) {
      await this.#send(next, last.signal);
    }
    timer.cancel();
  }

  #enqueue(series: Series): boolean {
    if (series.queued) return true;
    if (this.#queue.length >= (this.#options.queueSize ?? 1_000)) {
      this.#dropped.inc({ cause: 'queue_full' });
      return false;
    }
    series.queued = true;
    this.#queue.push(series);
    this.#wake();
    return true;
  }

  /** The one that is due first. The queue is short unless something is wrong. */
  #next(): Series | undefined {
    let next: Series | undefined;
    for (const series of this.#queue) if (!next || series.dueAt < next.dueAt) next = series;
    return next;
  }

  async #send(series: Series, signal: AbortSignal): Promise<void> {
    this.#queue.splice(this.#queue.indexOf(series), 1);
    series.queued = false;
    const backoff = new Backoff({ baseMs: 500, maxMs: 10_000, jitter: 0.5 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#write(series, signal);
        series.dueAt = this.#clock.monotonic() + (this.#options.seriesIntervalMs ?? 10_000);
        return;
      } catch (error) {
        if (signal.aborted || attempt >= sendAttempts || !isTransient(error)) {
          this.#dropped.inc({ cause: 'failed' });
          this.#series.delete(series.key);
          this.#log.debug(
            { error: messageOf(error), reason: series.event.reason },
            'an Event was not written',
          );
          return;
        }
        await this.#clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const { count, lastObserved } = series;
    const counted = count > 1 ? { series: { count, lastObservedTime: lastObserved } } : {};
    const { namespace, name } = series.event.metadata;
    if (series.created && name !== undefined) {
      try {
        await client.patch(events, { namespace, name }, { merge: counted }, { signal, retry: false });
        return;
      } catch (error) {
        // Events live for an hour; what is said after that is a new one.
        if (!isNotFound(error)) throw error;
      }
    }
    // One name for all attempts: when an answer was lost, the next one finds the Event instead of making a second.
    const named = !series.created && name !== undefined ? name : nameFor(series.event);
    series.event = { ...series.event, metadata: { namespace: namespace ?? 'default', name: named } };
    series.created = false;
    try {
      await client.create(events, { ...series.event, ...counted }, { signal, retry: false });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    series.created = true;
  }

  #describe(regarding: Regarding, fields: EventFields, observed: string): Event {
    const event: Event = {
      // Cluster-scoped objects have their Events in the namespace default.
      metadata: { namespace: regarding.object.metadata.namespace ?? 'default' },
      eventTime: observed,
      reportingController: this.#options.reportingController,
      reportingInstance: this.#options.reportingInstance,
      type: fields.type,
      reason: fields.reason.slice(0, 128),
      action: fields.action.slice(0, 128),
      note: cut(fields.note, longestNote),
      regarding: referenceTo(regarding),
    };
    if (fields.related) event.related = referenceTo(fields.related);
    return event;
  }

  #bucketOf(uid: string): TokenBucket {
    let bucket = this.#objects.get(uid);
    if (!bucket) {
      const { objectBurst = 25, objectSeconds = 30 } = this.#options;
      bucket = new TokenBucket({ clock: this.#clock, perSecond: 1 / objectSeconds, burst: objectBurst });
      this.#objects.set(uid, bucket);
    }
    return bucket;
  }

  /** Drops what has ended, so that memory follows what is being said now. */
  #forget(): void {
    if (this.#series.size + this.#objects.size < 1_000) return;
    const now = this.#clock.monotonic();
    for (const [key, series] of this.#series) {
      if (!series.queued && now - series.lastObservedAt >= seriesEndMs) this.#series.delete(key);
    }
    for (const [uid, bucket] of this.#objects) if (bucket.full) this.#objects.delete(uid);
  }

  #changed(mostMs: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer?.cancel();
        signal.removeEventListener('abort', end);
        this.#wake = () => {};
        resolve();
      };
      const timer = mostMs === undefined ? undefined : this.#clock.setTimeout(end, mostMs);
      this.#wake = end;
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
    });
  }
}

function referenceTo({ resource, object }: Regarding): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    uid,
    resourceVersion,
    ...(namespace ? { namespace } : {}),
  };
}

/** Names have at most 253 characters and must be unique among the namespace's Events. */
function nameFor(event: Event): string {
  const suffix = randomUUID().replaceAll('-', '').slice(0, 16);
  return `${(event.regarding.name ?? 'object').slice(0, 230)}.${suffix}`;
}

/** Cuts at a number of bytes without splitting a character. */
function cut(text: string, bytes: number): string {
  const encoded = Buffer.from(text, 'utf8');
  if (encoded.length <= bytes) return text;
  return `${new TextDecoder('utf-8', { fatal: false })
    .decode(encoded.subarray(0, bytes - 3))
    .replace(/\uFFFD+$/, '')}...`;
}
