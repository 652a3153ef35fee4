/** The metrics interface on prom-client, in a registry that the program owns. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { MetricDefinition, Metrics } from './metrics.ts';

export function prometheusMetrics(registry: Registry): Metrics {
  const collectors = new Set<() => void>();
  // prom-client runs a metric's own `collect` as it scrapes it, in order of registration: this gauge comes first.
  new Gauge({
    name: 'kube_runtime_collectors',
    help: 'Work queues and caches that are measured when scraped',
    registers: [registry],
    collect() {
      for (const collect of collectors) collect();
      this.set(collectors.size);
    },
  });

  /** A second metric of one name is the same metric, so that parts need not know of each other. */
  function once<M>(definition: MetricDefinition, kind: new (...args: never[]) => M, make: () => M): M {
    const known: unknown = registry.getSingleMetric(definition.name);
    if (known === undefined) return make();
    if (known instanceof kind) return known;
    throw new Error(`metric ${definition.name} is registered already, as another kind of metric`);
  }

  function settings(definition: MetricDefinition) {
    return {
      name: definition.name,
      help: definition.help,
      labelNames: [...(definition.labelNames ?? [])],
      registers: [registry],
    };
  }

  return {
    counter(definition) {
      const counter = once(definition, Counter, () => new Counter(settings(definition)));
      return { inc: (labels = {}, by = 1) => counter.inc(labels, by) };
    },
    gauge(definition) {
      const gauge = once(definition, Gauge, () => new Gauge(settings(definition)));
      return {
        set: (value, labels = {}) => gauge.set(labels, value),
        inc: (labels = {}, by = 1) => gauge.inc(labels, by),
        dec: (labels = {}, by = 1) => gauge.dec(labels, by),
        reset: () => gauge.reset(),
      };
    },
    histogram(definition) {
      const histogram = once(
        definition,
        Histogram,
        () =>
          new Histogram({
            ...settings(definition),
            ...(definition.buckets ? { buckets: [...definition.buckets] } : {}),
          }),
      );
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    onCollect(collect) {
      collectors.add(collect);
      return () => void collectors.delete(collect);
    },
  };
}
