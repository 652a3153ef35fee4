/** One turn after the other: a person asks, an NPC answers, and the time between is taken at the wire. */
import { percentile } from '../controller/statistics.ts';
import { DELAYS, type FixedDelays } from './doubles.ts';
import type { Stage } from './stage.ts';
import { ENDPOINTING_MS, type Table } from './table.ts';
import { type Line, QUESTIONS, spoken } from './wavs.ts';
import type { LogLine } from './worker-run.ts';

export interface Turn {
  /** From the speaker's last packet with sound, as it leaves, to the answer's first packet, as it comes. */
  readonly responseMs: number;
  /** The same as the worker's own trace has it. */
  readonly traceMs: number;
  /** The trace's stages, each milliseconds. */
  readonly stages: Readonly<Record<string, number>>;
}

export interface Quantiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface TurnOptions {
  readonly turns: number;
  /** Turns before those that count: connections are opened, code is compiled. */
  readonly warmUp: number;
  readonly note: (message: string) => void;
}

export async function measureTurns(stage: Stage, { turns, warmUp, note }: TurnOptions): Promise<Turn[]> {
  const table = await stage.table('Alice');
  const lines = await Promise.all(QUESTIONS.map((text) => spoken(text, note)));
  const responses: number[] = [];
  for (let index = 0; index < warmUp + turns; index++) {
    stage.options.signal.throwIfAborted();
    const line = lines[index % lines.length];
    if (line === undefined) throw new Error('there is nothing to say');
    const responseMs = await turn(stage, table, line);
    if (index >= warmUp) responses.push(responseMs);
    if ((index + 1) % 10 === 0)
      note(`${index + 1} turns, the last answered after ${responseMs.toFixed(0)} ms`);
  }
  const traces = (await table.worker.lines('Turn')).slice(warmUp);
  await stage.leave(table);
  if (traces.length !== turns) throw new Error(`the worker traced ${traces.length} of ${turns} turns`);
  return responses.map((responseMs, index) => ({ responseMs, ...traced(traces[index]) }));
}

/** @returns milliseconds to the answer */
async function turn({ doubles }: Stage, table: Table, line: Line): Promise<number> {
  await doubles.script(line.text);
  const said = await table.listener.say(line.wav);
  const answer = await table.listener.waitToHear({
    from: table.botUserId,
    afterMs: said.lastPacketAt,
    timeoutMs: 30_000,
  });
  return answer.firstPacketAt - said.lastPacketAt;
}

function traced(line: LogLine | undefined): Pick<Turn, 'traceMs' | 'stages'> {
  const stages = Object.entries(line ?? {}).flatMap(([name, value]) =>
    name.endsWith('Ms') && typeof value === 'number' ? [[name, value] as const] : [],
  );
  const traceMs = line?.latency_ms;
  if (typeof traceMs !== 'number') throw new Error(`a turn without its time: ${JSON.stringify(line)}`);
  return { traceMs, stages: Object.fromEntries(stages) };
}

/** What of the response is neither waiting on purpose nor a provider's, as those were set up, milliseconds. */
export function ownShareMs(
  responseMs: number,
  { endpointingMs = ENDPOINTING_MS, delays = DELAYS }: { endpointingMs?: number; delays?: FixedDelays } = {},
): number {
  return responseMs - endpointingMs - delays.sttMs - delays.firstTokenMs - delays.firstSoundMs;
}

export function quantiles(values: readonly number[]): Quantiles {
  return { p50Ms: tenths(percentile(values, 0.5)), p95Ms: tenths(percentile(values, 0.95)) };
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
