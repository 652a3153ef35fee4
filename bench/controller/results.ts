/** What a bench has measured, as it is kept in bench/results/, and its summary. */
import type { Machine } from '../machine.ts';
import type { Measurement } from './measure.ts';
import { ratioOf, type Spread, spreadOf } from './statistics.ts';

/** In the order in which people read them. */
export const metrics = [
  'objectsPerSecond',
  'p50Ms',
  'p99Ms',
  'apiRequestsPerObject',
  'cpuMsPerObject',
  'peakRssMB',
] as const;

export type Metric = (typeof metrics)[number];

/** One run that was completed, or why it was not. */
export type RunResult = {
  readonly contender: string;
  /** Runs of one number were measured one after another. From 0. */
  readonly repeat: number;
} & ({ readonly measurement: Measurement } | { readonly error: string });

/** One size of one setting. */
export interface Results {
  readonly bench: 'controller';
  /** `server`: a real API server. `stub`: one that answers after a fixed time. */
  readonly setting: 'server' | 'stub';
  readonly n: number;
  readonly repeat: number;
  readonly workers: number;
  /** Objects per second of the steady part, and its length. */
  readonly steady: { readonly rate: number; readonly seconds: number };
  readonly stubLatencyMs?: number;
  /** When it began, RFC 3339. */
  readonly date: string;
  readonly machine: Machine;
  readonly runs: readonly RunResult[];
}

export interface Summary {
  readonly n: number;
  /** In the order in which they were given. */
  readonly contenders: Readonly<Record<string, Readonly<Record<Metric, Spread>>>>;
  /** `skald` compared with each other contender, repeat by repeat. */
  readonly ratios: Readonly<Record<string, Readonly<Record<Metric, Spread>>>>;
  /** Contenders with a run that was not completed, and why. */
  readonly failures: Readonly<Record<string, string>>;
}

export function summarise({ n, runs }: Pick<Results, 'n' | 'runs'>): Summary {
  const measured = new Map<string, Measurement[]>();
  const failures: Record<string, string> = {};
  for (const run of runs) {
    if ('error' in run) failures[run.contender] ??= run.error;
    else {
      const list = measured.get(run.contender) ?? [];
      list[run.repeat] = run.measurement;
      measured.set(run.contender, list);
    }
  }
  const contenders: Record<string, Record<Metric, Spread>> = {};
  const ratios: Record<string, Record<Metric, Spread>> = {};
  const own = measured.get('skald');
  for (const [name, list] of measured) {
    const complete = list.filter((one) => one !== undefined);
    contenders[name] = byMetric((metric) => spreadOf(complete.map((one) => one[metric])));
    if (own === undefined || name === 'skald') continue;
    const values = (of: readonly (Measurement | undefined)[], metric: Metric) =>
      Array.from(of, (one) => one?.[metric]);
    if (!own.some((one, repeat) => one && list[repeat])) continue;
    ratios[name] = byMetric((metric) => {
      const ratio = ratioOf(values(own, metric), values(list, metric));
      // Both were measured in one repeat, so only a divisor of zero leaves nothing to compare.
      return ratio ?? { median: Number.NaN, min: Number.NaN, max: Number.NaN };
    });
  }
  return { n, contenders, ratios, failures };
}

function byMetric<V>(of: (metric: Metric) => V): Record<Metric, V> {
  return {
    objectsPerSecond: of('objectsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    apiRequestsPerObject: of('apiRequestsPerObject'),
    cpuMsPerObject: of('cpuMsPerObject'),
    peakRssMB: of('peakRssMB'),
  };
}

/** The line that `--json` ends with: medians, and ratios with their spread. */
export function jsonLine({ n, contenders, ratios }: Summary): string {
  const medians = Object.fromEntries(
    Object.entries(contenders).map(([name, spreads]) => [
      name,
      byMetric((metric) => rounded(spreads[metric].median)),
    ]),
  );
  const compared = Object.fromEntries(
    Object.entries(ratios).map(([name, spreads]) => [
      name,
      byMetric((metric) => {
        const { median, min, max } = spreads[metric];
        return { median: rounded(median), min: rounded(min), max: rounded(max) };
      }),
    ]),
  );
  return JSON.stringify({ n, contenders: medians, ratios: compared });
}

/** Four significant digits: more would be noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
