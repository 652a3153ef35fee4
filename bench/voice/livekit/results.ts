/** What the rounds of the comparison come to. */
import { median, percentile, ratioOf, type Spread } from '../../controller/statistics.ts';
import { ownShareMs, tenths } from '../turns.ts';
import type { Round } from './round.ts';

/** `skald` has the same settings as `equal`. */
export const CONTENDERS = ['skald', 'default', 'equal'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

export type Rounds = Readonly<Record<ContenderName, readonly Round[]>>;

/** Null: nothing was answered, or nothing interrupted. */
export interface Figures {
  readonly turns: number;
  readonly missed: number;
  readonly wrong: number;
  readonly responseP50Ms: number | null;
  readonly responseP95Ms: number | null;
  readonly responseLeastMs: number | null;
  readonly responseMostMs: number | null;
  /** Without the endpointing delay and the doubles' delays. The defaults of LiveKit have no such delay that is fixed. */
  readonly ownShareP50Ms?: number;
  readonly ownShareP95Ms?: number;
  readonly bargeIns: number;
  readonly ignored: number;
  readonly bargeInP50Ms: number | null;
  readonly bargeInP95Ms: number | null;
  /** Percent of a core. */
  readonly cpuTalking: number;
  readonly cpuListening: number;
  readonly cpuSilent: number;
  readonly pssMB: number;
}

/** LiveKit's figure over Skald's of the same round: above 1, Skald needs less. */
export type Ratios = Readonly<
  Record<
    'response' | 'ownShare' | 'bargeIn' | 'cpuTalking' | 'cpuListening' | 'cpuSilent' | 'pss',
    Ratio | undefined
  >
>;

export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface LiveKitResults {
  readonly rounds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly skald: Figures;
  readonly default: Figures;
  readonly equal: Figures;
  readonly ratios: { readonly default: Ratios; readonly equal: Ratios };
}

export function summarise(rounds: Rounds, versions: Readonly<Record<string, string>>): LiveKitResults {
  return {
    rounds: rounds.skald.length,
    versions,
    skald: figures(rounds.skald, true),
    default: figures(rounds.default, false),
    equal: figures(rounds.equal, true),
    ratios: {
      default: ratios(rounds.default, rounds.skald, false),
      equal: ratios(rounds.equal, rounds.skald, true),
    },
  };
}

function figures(rounds: readonly Round[], fixedDelay: boolean): Figures {
  const responses = rounds.flatMap(({ responsesMs }) => responsesMs);
  const bargeIns = rounds.flatMap(({ bargeInsMs }) => bargeInsMs);
  const of = (pick: (round: Round) => number): number => tenths(median(rounds.map(pick)));
  const sum = (pick: (round: Round) => number): number =>
    rounds.reduce((total, round) => total + pick(round), 0);
  const [p50, p95] = [quantile(responses, 0.5), quantile(responses, 0.95)];
  return {
    turns: responses.length,
    missed: sum(({ missed }) => missed),
    wrong: sum(({ wrong }) => wrong),
    responseP50Ms: p50,
    responseP95Ms: p95,
    responseLeastMs: quantile(responses, 0),
    responseMostMs: quantile(responses, 1),
    ...(fixedDelay && p50 !== null && p95 !== null
      ? { ownShareP50Ms: tenths(ownShareMs(p50)), ownShareP95Ms: tenths(ownShareMs(p95)) }
      : {}),
    bargeIns: bargeIns.length,
    ignored: sum(({ ignored }) => ignored),
    bargeInP50Ms: quantile(bargeIns, 0.5),
    bargeInP95Ms: quantile(bargeIns, 0.95),
    cpuTalking: of(({ cpu }) => cpu.talking),
    cpuListening: of(({ cpu }) => cpu.listening),
    cpuSilent: of(({ cpu }) => cpu.silent),
    pssMB: of(({ pssMB }) => pssMB),
  };
}

function ratios(peer: readonly Round[], skald: readonly Round[], fixedDelay: boolean): Ratios {
  const of = (pick: (round: Round) => number | undefined): Ratio | undefined =>
    rounded(ratioOf(peer.map(pick), skald.map(pick)));
  const response = ({ responsesMs }: Round): number | undefined => middle(responsesMs);
  const ownShare = (round: Round): number | undefined => {
    const ms = response(round);
    return ms === undefined ? undefined : ownShareMs(ms);
  };
  return {
    response: of(response),
    ownShare: fixedDelay ? of(ownShare) : undefined,
    bargeIn: of(({ bargeInsMs }) => middle(bargeInsMs)),
    cpuTalking: of(({ cpu }) => cpu.talking),
    cpuListening: of(({ cpu }) => cpu.listening),
    cpuSilent: of(({ cpu }) => cpu.silent),
    pss: of(({ pssMB }) => pssMB),
  };
}

function middle(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values);
}

function quantile(values: readonly number[], share: number): number | null {
  return values.length === 0 ? null : tenths(percentile(values, share));
}

function rounded(ratio: Spread | undefined): Ratio | undefined {
  if (ratio === undefined) return undefined;
  const two = (value: number): number => Math.round(value * 100) / 100;
  return { median: two(ratio.median), least: two(ratio.min), most: two(ratio.max) };
}
