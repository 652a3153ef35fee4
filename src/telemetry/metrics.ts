import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * A registry of its own for one program, never prom-client's global one: tests and several controllers in one
 * process must not meet in it. Metrics of the process itself (memory, event loop, GC) are added at the first
 * scrape, because their collectors (timers, histograms) cost start-up time that the worker does not have.
 *
 * A program whose start-up counts imports this module lazily: `metrics: async () => (await import(…)).…`.
 *
 * @param program value of the label `program` on every series.
 */
export function createRegistry(program: string): Registry {
  return new LazyDefaultsRegistry(program);
}

class LazyDefaultsRegistry extends Registry {
  #defaults = false;

  constructor(program: string) {
    super();
    this.setDefaultLabels({ program });
  }

  override async metrics(): Promise<string> {
    if (!this.#defaults) {
      this.#defaults = true;
      collectDefaultMetrics({ register: this });
    }
    return super.metrics();
  }
}
