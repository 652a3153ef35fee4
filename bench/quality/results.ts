// What the evening comes to: shares, a table for people, the section of docs/benchmarks.md.
import type { Machine } from '../machine.ts';
import type { Verdict } from './judge.ts';
import type { Kind } from './scene.ts';

export type Recogniser = 'offline' | 'given';

export interface Results {
  readonly bench: 'quality';
  readonly date: string;
  readonly machine: Machine;
  readonly runs: Readonly<Partial<Record<Recogniser, readonly Verdict[]>>>;
}

/** Of the lines without those with an unknown word. */
export interface Summary {
  readonly lines: number;
  /** Lines with nothing wrong, 0..1. */
  readonly right: number;
  readonly wrongAnswers: number;
  readonly cutWrongly: number;
  readonly missed: number;
  /** Lines with a name that is in no dictionary: right, of how many. */
  readonly unknownWords: { readonly right: number; readonly lines: number };
}

/** Least share of lines with nothing wrong. */
export const bars: Readonly<Record<Recogniser, number>> = { offline: 0.9, given: 1 };

const apart = ({ line }: Verdict): boolean => line.kind === 'unknown word';
const right = ({ faults }: Verdict): boolean => faults.length === 0;

export function summarise(verdicts: readonly Verdict[]): Summary {
  const counted = verdicts.filter((one) => !apart(one));
  const unknown = verdicts.filter(apart);
  const withAny = (...faults: Verdict['faults']): number =>
    counted.filter((one) => one.faults.some((fault) => faults.includes(fault))).length;
  return {
    lines: counted.length,
    right: counted.length === 0 ? 0 : counted.filter(right).length / counted.length,
    wrongAnswers: withAny('wrong answer', 'no answer'),
    cutWrongly: withAny('split', 'cut wrongly', 'not cut'),
    missed: withAny('missed'),
    unknownWords: { right: unknown.filter(right).length, lines: unknown.length },
  };
}

const TITLES: Readonly<Record<Recogniser, string>> = {
  offline: 'offline recogniser',
  given: 'transcripts given',
};

export function markdown({ runs, date, machine }: Results): string {
  const columns = (['offline', 'given'] as const).filter((name) => runs[name] !== undefined);
  const kinds = [...new Set(columns.flatMap((name) => runs[name]?.map(({ line }) => line.kind) ?? []))];
  const cell = (name: Recogniser, of: (kind: Kind) => boolean): string => {
    const among = (runs[name] ?? []).filter(({ line }) => of(line.kind));
    return `${among.filter(right).length} of ${among.length}`;
  };
  const row = (title: string, of: (kind: Kind) => boolean): string =>
    `| ${title} | ${columns.map((name) => cell(name, of)).join(' | ')} |`;
  return [
    `${date.slice(0, 10)}, on ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.`,
    '',
    `| lines with nothing wrong | ${columns.map((name) => TITLES[name]).join(' | ')} |`,
    `|---|${columns.map(() => '---').join('|')}|`,
    row('all', (kind) => kind !== 'unknown word'),
    ...kinds.map((kind) => row(kind, (other) => other === kind)),
    '',
    ...columns.flatMap((name) => faultsOf(name, runs[name] ?? [])),
  ].join('\n');
}

function faultsOf(name: Recogniser, verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter((one) => !right(one))
    .map(
      ({ line, heard, answeredBy, faults }) =>
        `- ${TITLES[name]}: "${line.text}" was heard as ${heard.map((text) => `"${text}"`).join(', ') || 'nothing'}; ` +
        `answered by ${answeredBy.join(', ') || 'nobody'}: ${faults.join(', ')}`,
    );
}
