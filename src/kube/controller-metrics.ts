/** The metrics of a controller under controller-runtime's names. */
import { type Metrics, reconcileBuckets } from './metrics.ts';

export function controllerMetrics(metrics: Metrics, controller: string) {
  const labelNames = ['controller'];
  const labels = { controller };
  const total = metrics.counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by result: success, requeue_after, error',
    labelNames: ['controller', 'result'],
  });
  const errors = metrics.counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed',
    labelNames,
  });
  const terminal = metrics.counter({
    name: 'controller_runtime_terminal_reconcile_errors_total',
    help: 'Reconciles that failed and are not repeated',
    labelNames,
  });
  const timeouts = metrics.counter({
    name: 'controller_runtime_reconcile_timeouts_total',
    help: 'Reconciles that reached their time limit',
    labelNames,
  });
  const time = metrics.histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Time of one reconcile, seconds',
    labelNames,
    buckets: reconcileBuckets,
  });
  const active = metrics.gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciles under way',
    labelNames,
  });
  const most = metrics.gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Workers of the controller',
    labelNames,
  });
  active.set(0, labels);
  return {
    maxConcurrent: (workers: number) => most.set(workers, labels),
    started: () => active.inc(labels),
    ended(result: 'success' | 'requeue_after' | 'error', seconds: number) {
      active.dec(labels);
      total.inc({ controller, result });
      time.observe(seconds, labels);
    },
    failed(forGood: boolean) {
      errors.inc(labels);
      if (forGood) terminal.inc(labels);
    },
    timedOut: () => timeouts.inc(labels),
  };
}
