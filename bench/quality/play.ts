// Plays the scene at a simulated table: says each line when its turn has come, and writes down when that was.
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../hack/process/wait-until.ts';
import type { PersonHandle, SimulatorApi, TalkSpurt } from '../../test/discord/api.ts';
import { clockOffset } from '../start/measure.ts';
import type { SpokenLine } from './judge.ts';
import type { Line } from './scene.ts';

export interface Stage {
  readonly simulator: SimulatorApi;
  readonly people: Readonly<Record<Line['by'], PersonHandle>>;
  /** The bot's user. */
  readonly bot: string;
  readonly signal: AbortSignal;
}

/** Nobody answers later than this. */
const ANSWER_MS = 8000;
/** After a line that is for nobody: long enough for an answer that should not come. */
const NO_ANSWER_MS = 2500;
/** So long after its last packet an answer is over; the next of two takes its time to begin. */
const QUIET_MS = { one: 900, two: 3000 } as const;
/** How far into an answer somebody speaks. */
const INTO_MS = 1000;
/** How much later the second of two speakers begins. */
const OVERLAP_MS = 400;

/** @param recordings of the lines, in their order */
export async function play(
  stage: Stage,
  lines: readonly Line[],
  recordings: readonly Buffer[],
  onLine: (line: Line) => void,
): Promise<SpokenLine[]> {
  const spoken: SpokenLine[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    if (line === undefined) break;
    stage.signal.throwIfAborted();
    onLine(line);
    const second = lines[at + 1]?.kind === 'overlap' ? lines[++at] : undefined;
    const [one, other] = await Promise.all([
      say(stage, line, recordings[second === undefined ? at : at - 1]),
      second === undefined ? undefined : delay(OVERLAP_MS).then(() => say(stage, second, recordings[at])),
    ]);
    spoken.push(one.spoken, ...(other === undefined ? [] : [other.spoken]));
    const next = lines[at + 1]?.kind;
    const after = Math.max(one.endedAt, other?.endedAt ?? 0);
    const expected = line.npc !== undefined || second?.npc !== undefined;
    if (next === 'barge-in' || next === 'backchannel') await answerBegins(stage, after);
    // What is said into an answer is followed by its rest, or by the answer to it.
    else await roomIsQuiet(stage, after, expected, second === undefined ? QUIET_MS.one : QUIET_MS.two);
  }
  return spoken;
}

async function say(
  { simulator, people }: Stage,
  line: Line,
  recording: Buffer | undefined,
): Promise<{ spoken: SpokenLine; endedAt: number }> {
  if (recording === undefined) throw new Error(`there is no recording of "${line.text}"`);
  const person = people[line.by];
  const offset = await clockOffset(simulator);
  const { startedAt, lastVoicedAt } = await person.say(recording);
  const spoken = {
    line,
    userId: person.userId,
    startedAt: startedAt + offset,
    endedAt: lastVoicedAt + offset,
  };
  return { spoken, endedAt: lastVoicedAt };
}

async function lastSpurt({ people, bot }: Stage): Promise<TalkSpurt | undefined> {
  return (await people.robin.heard()).findLast(({ userId }) => userId === bot);
}

async function answerBegins(stage: Stage, after: number): Promise<void> {
  await waitUntil(
    async () => {
      const spurt = await lastSpurt(stage);
      return (
        spurt !== undefined &&
        spurt.lastPacketAt > after &&
        spurt.lastPacketAt - spurt.firstPacketAt > INTO_MS
      );
    },
    { what: 'an answer to speak into', deadlineMs: 20_000, everyMs: 50, signal: stage.signal },
  );
}

/** Until the answer is over, or none has come. */
async function roomIsQuiet(stage: Stage, after: number, expected: boolean, quietMs: number): Promise<void> {
  const patienceMs = expected ? ANSWER_MS : NO_ANSWER_MS;
  await waitUntil(
    async () => {
      const [now, spurt] = await Promise.all([stage.simulator.now(), lastSpurt(stage)]);
      if (spurt === undefined || spurt.lastPacketAt <= after) return now - after > patienceMs;
      return now - spurt.lastPacketAt > quietMs;
    },
    { what: 'the room to be quiet', deadlineMs: 60_000, everyMs: 50, signal: stage.signal },
  );
}
