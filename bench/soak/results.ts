// What a soak comes to: figures, a table for people, and what of it is not as it must be.
import { median } from '../controller/statistics.ts';

export interface MemorySample {
  /** Since the soak began, milliseconds. */
  readonly at: number;
  /** Proportional set size of the worker process, MB. */
  readonly pssMB: number;
  /** Of it, what is no file: the shares of files change with the other processes that have them open. */
  readonly ownMB: number;
}

export interface Measured {
  readonly minutes: number;
  readonly questions: number;
  /** Questions that were answered by the NPC that was asked, and heard by the person who asked. */
  readonly answered: number;
  /** Questions that the simulator itself did not speak without a break: the machine was too busy. Not counted above. */
  readonly stalled: number;
  readonly memory: readonly MemorySample[];
  /** Times that the bot identified at the voice server after the first. */
  readonly rejoins: number;
  /** Worker processes after the first. */
  readonly restarts: number;
  /** Reports of a worker that is not well, by reason. */
  readonly degraded: readonly string[];
  /** Packets of the NPCs that the listener could not decrypt. */
  readonly undecryptable: number;
  /** Times that the second person came. */
  readonly visits: number;
  /** The worker's own counts at the end. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Summary extends Omit<Measured, 'memory' | 'degraded'> {
  readonly bench: 'soak';
  readonly pssMB: number;
  readonly growthMB: number;
  readonly degraded: number;
}

export const MOST_GROWTH_MB = 5;
/** Shorter than this, a worker is still filling its heap. */
const JUDGED_FROM_MINUTES = 6;

export function summarise({ memory, degraded, ...measured }: Measured): Summary {
  const one = (value: number): number => Math.round(value * 100) / 100;
  const sixth = (measured.minutes * 60_000) / 6;
  const between = (from: number, to: number): MemorySample[] =>
    memory.filter(({ at }) => at >= from && at < to);
  const own = (samples: readonly MemorySample[]): number => median(samples.map(({ ownMB }) => ownMB));
  const early = between(sixth, 2 * sixth);
  const late = between(5 * sixth, Number.POSITIVE_INFINITY);
  const known = early.length > 0 && late.length > 0;
  return {
    bench: 'soak',
    ...measured,
    degraded: degraded.length,
    pssMB: known ? one(median(late.map(({ pssMB }) => pssMB))) : 0,
    growthMB: known ? one(own(late) - own(early)) : 0,
  };
}

/** One sentence for each bar that is missed. */
export function missed(summary: Summary): string[] {
  const { questions, answered, growthMB, minutes, rejoins, restarts, degraded, undecryptable } = summary;
  const problems: string[] = [];
  if (questions === 0) problems.push('Nothing was asked.');
  if (answered < questions)
    problems.push(`${questions - answered} of ${questions} questions were not answered.`);
  if (rejoins > 0) problems.push(`The voice connection was built anew ${rejoins} times.`);
  if (restarts > 0) problems.push(`The worker was started again ${restarts} times.`);
  if (degraded > 0) problems.push(`The worker reported ${degraded} times that something does not work.`);
  if (undecryptable > 0) problems.push(`${undecryptable} packets of the NPCs could not be decrypted.`);
  if (minutes >= JUDGED_FROM_MINUTES && growthMB >= MOST_GROWTH_MB)
    problems.push(`The worker's memory grew by ${growthMB} MB.`);
  return problems;
}

export function table(summary: Summary): string {
  const { counts } = summary;
  return [
    `${summary.minutes} minutes, ${summary.visits} visits of a second person.`,
    '',
    `questions answered by the right NPC   ${summary.answered} of ${summary.questions}`,
    `questions that the machine stumbled over ${summary.stalled}`,
    `voice connections built anew          ${summary.rejoins}`,
    `worker's memory (PSS)                 ${summary.pssMB} MB, grew by ${summary.growthMB} MB   (bar: < ${MOST_GROWTH_MB})`,
    `NPCs' packets not decrypted           ${summary.undecryptable}`,
    ...Object.entries(counts).map(([name, count]) => `${name.padEnd(38)}${count}`),
  ].join('\n');
}
