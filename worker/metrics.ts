/** The worker's numbers for Prometheus. Imported at the first scrape. */
import { Gauge, type Registry } from 'prom-client';
import { createRegistry } from '../src/telemetry/metrics.ts';

/** @param read the present values by metric suffix, e.g. `replies`. */
export function workerRegistry(read: () => Record<string, number>): Registry {
  const registry = createRegistry('worker');
  const gauges = new Map<string, Gauge>();
  const gauge = (name: string): Gauge => {
    const known = gauges.get(name);
    if (known !== undefined) return known;
    const made = new Gauge({ name, help: `Worker: ${name.replaceAll('_', ' ')}.`, registers: [registry] });
    gauges.set(name, made);
    return made;
  };
  const scrape = registry.metrics.bind(registry);
  registry.metrics = async () => {
    for (const [name, value] of Object.entries(read())) gauge(`skald_worker_${snakeCase(name)}`).set(value);
    return await scrape();
  };
  return registry;
}

function snakeCase(name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}
