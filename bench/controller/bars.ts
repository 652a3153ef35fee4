/** What the runtime has promised to reach, and whether a run has shown it. */
import type { LiveResult } from './live.ts';
import type { Summary } from './results.ts';
import type { Spread } from './statistics.ts';

export interface Bar {
  readonly text: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** Lists and watches at the start are requests, too: five or so per thousand objects. */
const startRequestsShare = 0.02;

/** The bars of setting 1. Those whose contenders were not measured are left out. */
export function barsOf(summaries: readonly Summary[]): Bar[] {
  return [...summaries.flatMap(barsOfSize), ...flatness(summaries)];
}

function barsOfSize({ n, contenders, ratios, failures }: Summary): Bar[] {
  const bars: Bar[] = [];
  const at = `N = ${n}`;
  const against = (name: string, least: number): void => {
    const ratio = ratios[name]?.objectsPerSecond;
    if (!ratio) return;
    bars.push({
      text: `${at}: at least ${least}x the objects/s of ${name}`,
      measured: describe(ratio),
      reached: ratio.median >= least,
    });
  };
  const reference = ratios['controller-runtime'];
  if (reference) {
    bars.push({
      text: `${at}: at least 1.0x the objects/s of controller-runtime, within the spread`,
      measured: describe(reference.objectsPerSecond),
      reached: reference.objectsPerSecond.max >= 1,
    });
  }
  against('limit', 0.8);
  against('dot-i', 2.5);
  if (reference) {
    bars.push({
      text: `${at}: at most 2.5x the memory of controller-runtime`,
      measured: describe(reference.peakRssMB),
      reached: reference.peakRssMB.median <= 2.5,
    });
  }
  const own = contenders.skald?.apiRequestsPerObject.median;
  const least = contenders.limit?.apiRequestsPerObject.median;
  if (own !== undefined && least !== undefined) {
    bars.push({
      text: `${at}: no more requests per object than the limit (lists at the start aside)`,
      measured: `${own.toFixed(3)} and ${least.toFixed(3)}`,
      reached: own <= least * (1 + startRequestsShare),
    });
  }
  for (const [name, error] of Object.entries(failures)) {
    if (name === 'skald')
      bars.push({ text: `${at}: every run is completed`, measured: error, reached: false });
  }
  return bars;
}

function flatness(summaries: readonly Summary[]): Bar[] {
  const sizes = summaries.filter(({ contenders }) => contenders.skald !== undefined);
  const [smallest] = sizes;
  const largest = sizes.at(-1);
  const few = smallest?.contenders.skald?.cpuMsPerObject.median;
  const many = largest?.contenders.skald?.cpuMsPerObject.median;
  if (!smallest || !largest || few === undefined || many === undefined || smallest === largest) return [];
  return [
    {
      text: `CPU time per object grows by at most 15 % from N = ${smallest.n} to N = ${largest.n}`,
      measured: `${few.toFixed(2)} ms and ${many.toFixed(2)} ms, ${(many / few).toFixed(2)}x`,
      reached: many / few <= 1.15,
    },
  ];
}

/** The bars of the live part. */
export function liveBarsOf(live: LiveResult): Bar[] {
  return [
    {
      text: `live: p99 of change -> reconciled below 1 s`,
      measured: `${live.p99Ms.toFixed(0)} ms at ${live.changesPerSecond.toFixed(0)} changes/s`,
      reached: live.p99Ms < 1_000,
    },
    {
      text: 'live: the queue is never longer than one second of changes',
      measured: `${live.deepestQueue} keys at most, ${live.deepestQueueAtEnd} in the last fifth`,
      reached: live.deepestQueue <= live.changesPerSecond,
    },
  ];
}

function describe({ median, min, max }: Spread): string {
  return `${median.toFixed(2)}x (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
