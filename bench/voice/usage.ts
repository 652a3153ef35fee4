/** What one whole worker costs while its NPC talks, while it listens to people, and while nobody says anything. */
import { setTimeout as delay } from 'node:timers/promises';
import { storyOf } from './pacing/sessions.ts';
import { cpuMsOf, type Memory, memoryOf } from './processes.ts';
import type { Stage } from './stage.ts';
import { STORYTELLER, type Table } from './table.ts';
import { joined, type Line, spoken, TABLE_TALK } from './wavs.ts';

export interface Usage {
  /** Percent of a core, of the worker process. */
  readonly cpu: Readonly<Record<Situation, number>>;
  readonly memory: { readonly worker: Memory; readonly supervisor: Memory };
}

export type Situation = 'talking' | 'listening1' | 'listening4' | 'silent';

const PEOPLE = ['Alice', 'Bob', 'Carol', 'Dave'] as const;
/** Between two sentences of one person; the microphone stays open in it. */
const PAUSE_MS = 700;
/** What is said last is still being recognised. */
const SETTLE_MS = 1500;

export interface UsageOptions {
  /** How long each figure is taken. */
  readonly seconds: number;
  /** How long the same goes on before that: evenings last hours, and code is compiled in the first minute of them. */
  readonly warmUpSeconds: number;
  readonly note: (message: string) => void;
}

export async function measureUsage(
  stage: Stage,
  { seconds, warmUpSeconds, note }: UsageOptions,
): Promise<Usage> {
  const table = await stage.table(...PEOPLE);
  const { signal } = stage.options;
  const pid = await table.worker.pid(signal);
  const busySeconds = warmUpSeconds + seconds + SETTLE_MS / 1000;
  const talk = await conversation(busySeconds, note);
  const during = async (situation: Situation, doing: () => Promise<unknown>): Promise<number> => {
    const done = doing();
    await delay(warmUpSeconds * 1000, undefined, { signal });
    const percent = await percentOfCore(pid, seconds * 1000, signal);
    await done;
    await delay(SETTLE_MS, undefined, { signal });
    note(`${situation}: ${percent.toFixed(2)} % of a core`);
    return percent;
  };
  const listening = (count: number) => () => hear(table, talk, count);
  const silent = await during('silent', () => Promise.resolve());
  const listening1 = await during('listening1', listening(1));
  const listening4 = await during('listening4', listening(4));
  // Last, because whoever has spoken is whom people speak to next.
  const story = storyOf(busySeconds);
  const talking = await during('talking', () => table.speak(STORYTELLER, story));
  const memory = { worker: await memoryOf(pid), supervisor: await memoryOf(table.worker.supervisorPid) };
  note(`memory: ${memory.worker.pss.toFixed(0)} MiB, the supervisor ${memory.supervisor.pss.toFixed(0)} MiB`);
  await stage.leave(table);
  return { cpu: { talking, listening1, listening4, silent }, memory };
}

async function percentOfCore(pid: number, milliseconds: number, signal: AbortSignal): Promise<number> {
  const [before, since] = [await cpuMsOf(pid), performance.now()];
  await delay(milliseconds, undefined, { signal });
  return (((await cpuMsOf(pid)) - before) / (performance.now() - since)) * 100;
}

/** Nobody calls an NPC by name, so nobody answers: listening, recognising and writing down is all there is to do. */
async function hear(table: Table, talk: Line, count: number): Promise<void> {
  await Promise.all(table.people.slice(0, count).map((person) => person.say(talk.wav)));
  const [answered] = await table.worker.lines('Turn');
  if (answered !== undefined) throw new Error(`${answered.npc} answered to table talk`);
}

async function conversation(seconds: number, note: (message: string) => void): Promise<Line> {
  const sentences = await Promise.all(TABLE_TALK.map((text) => spoken(text, note)));
  const lines: Line[] = [];
  for (let total = 0; total < seconds; ) {
    const line = sentences[lines.length % sentences.length];
    if (line === undefined) break;
    lines.push(line);
    total += line.seconds + PAUSE_MS / 1000;
  }
  return joined(lines, PAUSE_MS);
}
