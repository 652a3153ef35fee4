/** The comparison as tables for people. */
import type { Figures, LiveKitResults, Ratio, Ratios } from './results.ts';

/** Why there is no comparison. */
export interface Skipped {
  readonly skipped: string;
}

export function livekitMarkdown(results: LiveKitResults | Skipped): string[] {
  if ('skipped' in results) return [`LiveKit was not measured: ${results.skipped}`];
  const { skald, default: shipped, equal, ratios, rounds, versions } = results;
  const row = (name: string, of: (figures: Figures) => string, pick?: keyof Ratios): string => {
    const compared = (to: Ratios): string => (pick === undefined ? '' : ratio(to[pick]));
    return `| ${[name, of(skald), of(equal), compared(ratios.equal), of(shipped), compared(ratios.default)].join(' | ')} |`;
  };
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${rounds} rounds of each, in turns; ${used.join(', ')}. A ratio is LiveKit's figure over Skald's of the same round: median (least to most).`,
    '',
    '|  | Skald | LiveKit, equal settings | ratio | LiveKit, its defaults | ratio |',
    '|---|---|---|---|---|---|',
    row(
      'response p50 / p95, ms',
      ({ responseP50Ms, responseP95Ms }) => pair(responseP50Ms, responseP95Ms),
      'response',
    ),
    row('response, least to most, ms', ({ responseLeastMs, responseMostMs }) =>
      between(responseLeastMs, responseMostMs),
    ),
    row(
      'own share p50 / p95, ms',
      ({ ownShareP50Ms, ownShareP95Ms }) => pair(ownShareP50Ms, ownShareP95Ms),
      'ownShare',
    ),
    row(
      'barge-in p50 / p95, ms',
      ({ bargeInP50Ms, bargeInP95Ms }) => pair(bargeInP50Ms, bargeInP95Ms),
      'bargeIn',
    ),
    row('CPU talking, % of a core', ({ cpuTalking }) => String(cpuTalking), 'cpuTalking'),
    row('CPU listening, % of a core', ({ cpuListening }) => String(cpuListening), 'cpuListening'),
    row('CPU silent, % of a core', ({ cpuSilent }) => String(cpuSilent), 'cpuSilent'),
    row('memory (PSS), MiB', ({ pssMB }) => String(pssMB), 'pss'),
    '',
    `Answered: ${[skald, equal, shipped].map(answered).join('; ')} (Skald; equal settings; defaults).`,
  ];
}

function answered({ turns, missed, wrong, bargeIns, ignored }: Figures): string {
  return `${turns} of ${turns + missed} questions, ${wrong} of them wrong, ${bargeIns} of ${bargeIns + ignored} interruptions heeded`;
}

function ratio(value: Ratio | undefined): string {
  return value === undefined ? '' : `${value.median}x (${value.least} to ${value.most})`;
}

function pair(p50: number | null | undefined, p95: number | null | undefined): string {
  return p50 === undefined ? '' : `${text(p50)} / ${text(p95)}`;
}

function between(least: number | null, most: number | null): string {
  return `${text(least)} to ${text(most)}`;
}

function text(value: number | null | undefined): string {
  return value === null || value === undefined ? 'none' : String(Math.round(value));
}
