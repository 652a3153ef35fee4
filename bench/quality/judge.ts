// What became of each line: from what was said and when, and from the transcript that the product wrote. Pure.
import type { TranscriptSegment } from '../../src/store/index.ts';
import type { Line } from './scene.ts';

/** A line as it was said; epoch milliseconds. */
export interface SpokenLine {
  readonly line: Line;
  readonly userId: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface Verdict {
  readonly line: Line;
  /** As it was understood, one text for each piece that it came in. */
  readonly heard: readonly string[];
  readonly answeredBy: readonly string[];
  /** What went wrong; empty: nothing. */
  readonly faults: readonly Fault[];
}

export type Fault = 'missed' | 'split' | 'wrong answer' | 'no answer' | 'cut wrongly' | 'not cut';

/** How far the transcript's times may lie beside the wire's: what is kept before and behind a voice. */
const SLACK_MS = 700;

export type Row = Pick<
  TranscriptSegment,
  | 'speakerKind'
  | 'speakerId'
  | 'speakerName'
  | 'startedAt'
  | 'endedAt'
  | 'text'
  | 'interrupted'
  | 'correlationId'
>;

export function judge(spoken: readonly SpokenLine[], rows: readonly Row[]): Verdict[] {
  const answersTo = (one: SpokenLine): Row[] => {
    const turns = new Set(rowsOf(one, rows).map(({ correlationId }) => correlationId));
    return rows.filter((row) => row.speakerKind === 'npc' && turns.has(row.correlationId));
  };
  return spoken.map((one, at) => {
    const { line } = one;
    const heard = rowsOf(one, rows);
    const answers = answersTo(one);
    const before = spoken[at - 1];
    const faults: Fault[] = [];
    // A sign of listening may be written or not: nobody waits for it.
    if (heard.length === 0 && line.kind !== 'backchannel') faults.push('missed');
    if (heard.length > 1) faults.push('split');
    const names = answers.map(({ speakerName }) => speakerName);
    if (line.npc === undefined ? names.length > 0 : names.some((name) => name !== line.npc))
      faults.push('wrong answer');
    if (line.npc !== undefined && !names.includes(line.npc)) faults.push('no answer');
    const mayBeCut = spoken[at + 1]?.line.kind === 'barge-in';
    if (!mayBeCut && answers.some(({ interrupted }) => interrupted)) faults.push('cut wrongly');
    if (line.kind === 'barge-in' && before !== undefined) {
      const cut = answersTo(before);
      if (cut.length > 0 && !cut.some(({ interrupted }) => interrupted)) faults.push('not cut');
    }
    return { line, heard: heard.map(({ text }) => text), answeredBy: names, faults };
  });
}

/** What the transcript has of this line: the person's rows whose middle lies within it. */
function rowsOf({ userId, startedAt, endedAt }: SpokenLine, rows: readonly Row[]): Row[] {
  return rows.filter((row) => {
    if (row.speakerKind !== 'player' || row.speakerId !== userId) return false;
    const middle = (row.startedAt.getTime() + row.endedAt.getTime()) / 2;
    return middle > startedAt - SLACK_MS && middle < endedAt + SLACK_MS;
  });
}
