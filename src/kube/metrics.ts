/**
 * What this library needs of a metrics library. `prometheus.ts` implements it with prom-client; `noMetrics`
 * measures nothing.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  inc(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  inc(labels?: Labels, by?: number): void;
  dec(labels?: Labels, by?: number): void;
  /** Forgets the values of all labels. */
  reset(): void;
}

export interface Histogram {
  /** Durations are in seconds. */
  observe(value: number, labels?: Labels): void;
}

export interface MetricDefinition {
  name: string;
  help: string;
  labelNames?: readonly string[];
}

export interface Metrics {
  /** The same name twice gives the same metric. */
  counter(definition: MetricDefinition): Counter;
  gauge(definition: MetricDefinition): Gauge;
  histogram(definition: MetricDefinition & { buckets?: readonly number[] }): Histogram;
  /** Calls `collect` before every scrape; returns a function that ends it. */
  onCollect(collect: () => void): () => void;
}

const nothing = { inc: () => {}, dec: () => {}, set: () => {}, reset: () => {}, observe: () => {} };

export const noMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  onCollect: () => () => {},
};

/** client-go's buckets for work queues: 10 ns to 10 s by powers of ten, then 100 s and 1000 s. */
export const workqueueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

/** controller-runtime's buckets for the time of one reconcile, seconds. */
export const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
