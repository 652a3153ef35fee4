// What the starts come to: figures, a table for people, the section of docs/benchmarks.md.
import { percentile } from '../controller/statistics.ts';
import type { Machine } from '../machine.ts';
import { type Moments, stepsOf } from './steps.ts';

export interface Results {
  readonly bench: 'start';
  readonly date: string;
  readonly machine: Machine;
  readonly warm: readonly Moments[];
  readonly cold: readonly Moments[];
}

export interface Quantiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface Summary {
  /** From the claim of the warm worker to listening; `fromCommand`: from `/session start`. */
  readonly warm: Quantiles & { readonly fromCommand: Quantiles; readonly steps: Steps };
  /** From `/session start` to listening. */
  readonly cold: Quantiles & { readonly steps: Steps };
}

type Steps = Readonly<Record<string, Quantiles>>;

/** Most milliseconds at p95. */
export const bars = { warmClaimToListeningP95Ms: 400, coldP95Ms: 1500 } as const;

export function summarise({ warm, cold }: Pick<Results, 'warm' | 'cold'>): Summary {
  const whole = ({ command, listening }: Moments): number => listening - command;
  const sinceClaim = ({ claimed, command, listening }: Moments): number => listening - (claimed ?? command);
  return {
    warm: { ...quantiles(warm.map(sinceClaim)), fromCommand: quantiles(warm.map(whole)), steps: steps(warm) },
    cold: { ...quantiles(cold.map(whole)), steps: steps(cold) },
  };
}

function steps(starts: readonly Moments[]): Steps {
  const all = starts.map(stepsOf);
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      quantiles(all.flatMap((one) => (one[name] === undefined ? [] : [one[name]]))),
    ]),
  );
}

function quantiles(values: readonly number[]): Quantiles {
  if (values.length === 0) return { p50Ms: Number.NaN, p95Ms: Number.NaN };
  return { p50Ms: Math.round(percentile(values, 0.5)), p95Ms: Math.round(percentile(values, 0.95)) };
}

export function markdown(results: Results): string {
  const { warm, cold } = summarise(results);
  const { machine, date } = results;
  const row = (name: string, { p50Ms, p95Ms }: Quantiles, bar = ''): string =>
    `| ${name} | ${p50Ms} | ${p95Ms} | ${bar} |`;
  return [
    `${results.warm.length} warm and ${results.cold.length} cold starts, ${date.slice(0, 10)}, on ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.`,
    '',
    '| | p50 ms | p95 ms | bar, p95 ms |',
    '|---|---|---|---|',
    row('warm: claim to listening', warm, `< ${bars.warmClaimToListeningP95Ms}`),
    row('warm: `/session start` to listening', warm.fromCommand),
    row('cold: `/session start` to listening', cold, `< ${bars.coldP95Ms}`),
    '',
    ...stepTable('A warm start, step by step', warm.steps),
    '',
    ...stepTable('A cold start, step by step', cold.steps),
  ].join('\n');
}

function stepTable(title: string, all: Steps): string[] {
  const rows = Object.entries(all).map(([name, { p50Ms, p95Ms }]) => `| ${name} | ${p50Ms} | ${p95Ms} |`);
  return [`| ${title} | p50 ms | p95 ms |`, '|---|---|---|', ...rows];
}
