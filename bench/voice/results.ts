// What was measured comes to: figures, bars, tables for people.
import { median, percentile } from '../controller/statistics.ts';
import type { Machine } from '../machine.ts';
import type { BargeIn } from './barge-in.ts';
import type { FrameCosts } from './frame-costs.ts';
import { livekitMarkdown, type Skipped } from './livekit/report.ts';
import type { LiveKitResults } from './livekit/results.ts';
import { ENDPOINTING_MS } from './table.ts';
import { ownShareMs, type Quantiles, quantiles, type Turn, tenths } from './turns.ts';
import type { Usage } from './usage.ts';

/** What was taken; sections that were not asked for are absent. */
export interface Measured {
  readonly turns?: readonly Turn[];
  /** By how much the doubles held answers back longer than they were asked to, milliseconds. */
  readonly overshoot?: readonly number[];
  readonly bargeIns?: readonly BargeIn[];
  /** Gaps between packets, milliseconds, by how many spoke at a time. */
  readonly gaps?: Readonly<Record<string, readonly number[]>>;
  readonly usage?: Usage;
  readonly frames?: FrameCosts;
  readonly livekit?: LiveKitResults | Skipped;
}

export interface Pacing {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly packets: number;
}

export interface Summary {
  readonly bench: 'voice';
  readonly date: string;
  readonly machine: Machine;
  readonly endpointingMs: number;
  readonly ownShare?: Quantiles & {
    readonly minMs: number;
    readonly maxMs: number;
    readonly turns: number;
    /** Of the whole response, with the endpointing delay and the doubles' delays. */
    readonly response: Quantiles;
    /** Between the wire and the worker's own trace, as absolute values. */
    readonly traceDifference: Quantiles;
    /** Medians of the trace's stages, milliseconds. */
    readonly stages: Readonly<Record<string, number>>;
    /** Of the doubles' timers: it counts as our own share, because only what was asked for is subtracted. */
    readonly doublesOvershoot: Quantiles;
  };
  readonly bargeIn?: Quantiles & {
    readonly maxMs: number;
    readonly times: number;
    readonly decisionToLastPacketP50Ms: number;
    readonly decisionToLastPacketP95Ms: number;
  };
  readonly pacing?: Readonly<Record<string, Pacing>>;
  readonly cpu?: Usage['cpu'];
  readonly workerPssMB?: number;
  readonly memory?: Usage['memory'];
  readonly frameCosts?: FrameCosts;
  readonly livekit?: LiveKitResults | Skipped;
}

export interface Bar {
  readonly text: string;
  readonly measured: string;
  readonly reached: boolean;
}

export function summarise(measured: Measured, about: { date: string; machine: Machine }): Summary {
  const { turns, overshoot = [], bargeIns, gaps, usage, frames, livekit } = measured;
  return {
    bench: 'voice',
    ...about,
    endpointingMs: ENDPOINTING_MS,
    ...(turns === undefined ? {} : { ownShare: ownShareOf(turns, overshoot) }),
    ...(bargeIns === undefined ? {} : { bargeIn: bargeInOf(bargeIns) }),
    ...(gaps === undefined ? {} : { pacing: mapped(gaps, pacingOf) }),
    ...(usage === undefined ? {} : usageOf(usage)),
    ...(frames === undefined ? {} : { frameCosts: mapped(frames, tenths) }),
    ...(livekit === undefined ? {} : { livekit }),
  };
}

function ownShareOf(turns: readonly Turn[], overshoot: readonly number[]): NonNullable<Summary['ownShare']> {
  const shares = turns.map(({ responseMs }) => ownShareMs(responseMs));
  const names = [...new Set(turns.flatMap(({ stages }) => Object.keys(stages)))];
  const stageMedian = (name: string): number => median(turns.flatMap(({ stages }) => stages[name] ?? []));
  return {
    ...quantiles(shares),
    minMs: tenths(Math.min(...shares)),
    maxMs: tenths(Math.max(...shares)),
    turns: turns.length,
    response: quantiles(turns.map(({ responseMs }) => responseMs)),
    traceDifference: quantiles(turns.map(({ responseMs, traceMs }) => Math.abs(responseMs - traceMs))),
    stages: Object.fromEntries(names.map((name) => [name, tenths(stageMedian(name))])),
    doublesOvershoot: quantiles(overshoot),
  };
}

function bargeInOf(bargeIns: readonly BargeIn[]): NonNullable<Summary['bargeIn']> {
  const onsets = bargeIns.map(({ onsetToLastPacketMs }) => onsetToLastPacketMs);
  const decisions = quantiles(bargeIns.map(({ decisionToLastPacketMs }) => decisionToLastPacketMs));
  return {
    ...quantiles(onsets),
    maxMs: tenths(Math.max(...onsets)),
    times: bargeIns.length,
    decisionToLastPacketP50Ms: decisions.p50Ms,
    decisionToLastPacketP95Ms: decisions.p95Ms,
  };
}

function pacingOf(gaps: readonly number[]): Pacing {
  return {
    p50Ms: tenths(percentile(gaps, 0.5)),
    p99Ms: tenths(percentile(gaps, 0.99)),
    maxMs: tenths(gaps.reduce((most, gap) => Math.max(most, gap), 0)),
    packets: gaps.length,
  };
}

function usageOf({ cpu, memory }: Usage): Pick<Summary, 'cpu' | 'workerPssMB' | 'memory'> {
  return {
    cpu: mapped(cpu, (percent) => Math.round(percent * 100) / 100),
    workerPssMB: tenths(memory.worker.pss),
    memory: mapped(memory, (process) => mapped(process, tenths)),
  };
}

function mapped<K extends string, A, B>(
  values: Readonly<Record<K, A>>,
  change: (value: A) => B,
): Record<K, B>;
function mapped<A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

const MOST = {
  ownShareP50Ms: 30,
  ownShareP95Ms: 60,
  traceDifferenceMs: 10,
  bargeInP95Ms: 300,
  decisionToLastPacketMs: 40,
  pacingP99Ms: 25,
  talking: 5,
  listening1: 3,
  listening4: 8,
  silent: 0.5,
  workerPssMB: 140,
} as const;

/** Only of what was measured. */
export function barsOf({ ownShare, bargeIn, pacing, cpu, workerPssMB }: Summary): Bar[] {
  const most = (text: string, unit: string, measured: number | undefined, limit: number): Bar[] =>
    measured === undefined
      ? []
      : [
          {
            text: `${text}: at most ${limit} ${unit}`,
            measured: `${measured} ${unit}`,
            reached: measured <= limit,
          },
        ];
  return [
    ...most('own share of the response, p50', 'ms', ownShare?.p50Ms, MOST.ownShareP50Ms),
    ...most('own share of the response, p95', 'ms', ownShare?.p95Ms, MOST.ownShareP95Ms),
    ...most('trace and wire differ, p95', 'ms', ownShare?.traceDifference.p95Ms, MOST.traceDifferenceMs),
    ...most('speech onset to the last NPC packet, p95', 'ms', bargeIn?.p95Ms, MOST.bargeInP95Ms),
    ...most(
      'decision to the last NPC packet, p95',
      'ms',
      bargeIn?.decisionToLastPacketP95Ms,
      MOST.decisionToLastPacketMs,
    ),
    ...Object.entries(pacing ?? {}).flatMap(([speakers, { p99Ms }]) =>
      most(`gap between packets, ${PACED[speakers] ?? speakers}, p99`, 'ms', p99Ms, MOST.pacingP99Ms),
    ),
    ...most('CPU, talking', '% of a core', cpu?.talking, MOST.talking),
    ...most('CPU, listening to one', '% of a core', cpu?.listening1, MOST.listening1),
    ...most('CPU, listening to four', '% of a core', cpu?.listening4, MOST.listening4),
    ...most('CPU, silent', '% of a core', cpu?.silent, MOST.silent),
    ...most('memory (PSS) of a worker', 'MiB', workerPssMB, MOST.workerPssMB),
  ];
}

const PACED: Readonly<Record<string, string>> = {
  '1': 'one session',
  '5': 'five sessions on one core',
  '25': '25 streams of a process that only sends',
};

export function markdown(summary: Summary): string {
  const { machine, date, ownShare, bargeIn, frameCosts, memory, livekit } = summary;
  const lines = [
    `${date.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.`,
    '',
    '| bar | measured |  |',
    '|---|---|---|',
    ...barsOf(summary).map(
      ({ text, measured, reached }) => `| ${text} | ${measured} | ${reached ? 'reached' : '**missed**'} |`,
    ),
  ];
  if (ownShare !== undefined) {
    const { minMs, maxMs, turns, response, stages, doublesOvershoot } = ownShare;
    lines.push(
      '',
      `${turns} turns: own share ${minMs} to ${maxMs} ms; whole response p50 ${response.p50Ms}, p95 ${response.p95Ms} ms; the doubles' timers overshot by p50 ${doublesOvershoot.p50Ms}, p95 ${doublesOvershoot.p95Ms} ms each.`,
      '',
      '| stage of a turn (trace) | p50 ms |',
      '|---|---|',
      ...Object.entries(stages).map(([name, ms]) => `| ${name.replace(/Ms$/, '')} | ${ms} |`),
    );
  }
  if (bargeIn !== undefined) {
    const { times, p50Ms, maxMs } = bargeIn;
    lines.push('', `${times} interruptions: p50 ${p50Ms} ms, the longest ${maxMs} ms.`);
  }
  if (frameCosts !== undefined) {
    lines.push('', '| cost | µs per frame |', '|---|---|');
    for (const [name, us] of Object.entries(frameCosts)) lines.push(`| ${COSTS[name] ?? name} | ${us} |`);
  }
  if (memory !== undefined) {
    const { worker, supervisor } = memory;
    lines.push(
      '',
      `Memory of the worker process: PSS ${worker.pss}, USS ${worker.uss}, RSS ${worker.rss} MiB; its supervisor: PSS ${supervisor.pss} MiB.`,
    );
  }
  if (livekit !== undefined) lines.push('', '### Side by side with LiveKit', '', ...livekitMarkdown(livekit));
  return lines.join('\n');
}

const COSTS: Readonly<Record<string, string>> = {
  opusEncodeUs: 'Opus, encode',
  opusDecodeUs: 'Opus, decode to 16 kHz',
  vadUs: 'voice-activity model, 32 ms',
  transportSealUs: 'transport encryption, out',
  transportOpenUs: 'transport encryption, in',
  daveEncryptUs: 'DAVE, out',
  daveDecryptUs: 'DAVE, in',
};
