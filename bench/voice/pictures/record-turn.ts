/** One turn at a table, and the picture of it. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWav } from '../../../test/discord/wav.ts';
import { DELAYS } from '../doubles.ts';
import type { Stage } from '../stage.ts';
import { ENDPOINTING_MS } from '../table.ts';
import { QUESTIONS, spoken } from '../wavs.ts';
import type { LogLine } from '../worker-run.ts';
import { drawTurn, type Mark } from './turn-picture.ts';

/** Before the question and behind the answer, milliseconds. */
const MARGIN_MS = 250;

/** The stages of a turn's trace in their order, each with what has happened at its end. */
const STAGES = [
  ['endpointMs', 'turn is over'],
  ['sttMs', 'recognised'],
  ['firstTokenMs', 'first token'],
  ['ttsFirstByteMs', 'first sound'],
  ['firstPacketMs', 'first packet'],
] as const;
/** Those between them that end with nothing that deserves a mark. */
const UNMARKED: Readonly<Record<string, readonly string[]>> = {
  firstTokenMs: ['addressMs'],
  ttsFirstByteMs: ['firstSentenceMs'],
};

/** @returns the path of the picture, `turn.svg` in `folder` */
export async function recordTurn(
  stage: Stage,
  { folder, note }: { folder: string; note: (message: string) => void },
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const table = await stage.table('Alice');
  try {
    const { listener, botUserId } = table;
    const [text] = QUESTIONS;
    const line = await spoken(text, note);
    const ask = async (): Promise<{
      saidAt: number;
      lastMs: number;
      answerMs: number;
      answerEndMs: number;
    }> => {
      await listener.forgetHeard();
      await stage.doubles.script(text);
      const { startedAt, lastPacketAt } = await listener.say(line.wav);
      const answer = await listener.waitToHear({ from: botUserId, afterMs: lastPacketAt, timeoutMs: 30_000 });
      return {
        saidAt: startedAt,
        lastMs: lastPacketAt - startedAt,
        answerMs: answer.firstPacketAt - startedAt,
        answerEndMs: answer.lastPacketAt - startedAt,
      };
    };
    // The first turn opens connections.
    await ask();
    const { saidAt, lastMs, answerMs, answerEndMs } = await ask();
    const heard = join(stage.options.folder, 'answer.wav');
    await listener.writeHeard(heard, { from: botUserId, afterMs: saidAt });
    const answer = readWav(await readFile(heard));
    await rm(heard);
    const set = ENDPOINTING_MS + DELAYS.sttMs + DELAYS.firstTokenMs + DELAYS.firstSoundMs;
    const picture = drawTurn({
      title: `One turn at the wire: the answer begins ${Math.round(answerMs - lastMs)} ms after the last word, ${set} of which were set: turn's end, recogniser, model, voice`,
      fromMs: -MARGIN_MS,
      toMs: answerEndMs + MARGIN_MS,
      lanes: [
        { name: `Alice: “${text}”`, sound: readWav(line.wav), fromMs: 0 },
        { name: 'Greta', sound: answer, fromMs: answerMs },
      ],
      marks: marksOf((await table.worker.lines('Turn')).at(-1), lastMs),
    });
    const path = join(folder, 'turn.svg');
    await writeFile(path, picture);
    return path;
  } finally {
    await stage.leave(table);
  }
}

/** @param lastMs when the last packet of the question left: the trace begins there */
export function marksOf(trace: LogLine | undefined, lastMs: number): Mark[] {
  const ms = (stage: string): number => {
    const value = trace?.[stage];
    if (typeof value !== 'number') throw new Error(`a turn without ${stage}: ${JSON.stringify(trace)}`);
    return value;
  };
  const marks: Mark[] = [{ name: 'last word', atMs: lastMs }];
  let at = lastMs;
  for (const [stage, name] of STAGES) {
    for (const before of [...(UNMARKED[stage] ?? []), stage]) at += ms(before);
    marks.push({ name, atMs: at });
  }
  return marks;
}
