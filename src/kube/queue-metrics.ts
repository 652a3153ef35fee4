/** The metrics of a work queue under client-go's names, so that existing dashboards and alerts fit. */
import { type Metrics, workqueueBuckets } from './metrics.ts';

export interface QueueMetrics {
  added(): void;
  retried(): void;
  depth(keys: number): void;
  /** A key was handed out after this long in the queue, seconds. */
  waited(seconds: number): void;
  /** Work on a key took this long, seconds. */
  worked(seconds: number): void;
  /** Ends the collection of the two gauges that are computed when scraped. */
  close(): void;
}

/** `unfinished` gives, when scraped, how long each key has been in work, seconds. */
export function queueMetrics(
  metrics: Metrics,
  name: string,
  unfinished: () => Iterable<number>,
): QueueMetrics {
  const labels = { name };
  const labelNames = ['name'];
  const depth = metrics.gauge({
    name: 'workqueue_depth',
    help: 'Keys that are ready to be worked on',
    labelNames,
  });
  const adds = metrics.counter({ name: 'workqueue_adds_total', help: 'Keys added', labelNames });
  const retries = metrics.counter({
    name: 'workqueue_retries_total',
    help: 'Keys added after a failure',
    labelNames,
  });
  const queued = metrics.histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'Time that a key was ready before work on it began, seconds',
    labelNames,
    buckets: workqueueBuckets,
  });
  const work = metrics.histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'Time of the work on one key, seconds',
    labelNames,
    buckets: workqueueBuckets,
  });
  const unfinishedWork = metrics.gauge({
    name: 'workqueue_unfinished_work_seconds',
    help: 'Sum of the times of all work under way, seconds',
    labelNames,
  });
  const longest = metrics.gauge({
    name: 'workqueue_longest_running_processor_seconds',
    help: 'Time of the work that has been under way the longest, seconds',
    labelNames,
  });
  const close = metrics.onCollect(() => {
    let sum = 0;
    let most = 0;
    for (const seconds of unfinished()) {
      sum += seconds;
      most = Math.max(most, seconds);
    }
    unfinishedWork.set(sum, labels);
    longest.set(most, labels);
  });
  return {
    added: () => adds.inc(labels),
    retried: () => retries.inc(labels),
    depth: (keys) => depth.set(keys, labels),
    waited: (seconds) => queued.observe(seconds, labels),
    worked: (seconds) => work.observe(seconds, labels),
    close,
  };
}
