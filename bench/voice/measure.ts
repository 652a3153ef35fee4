/** The sections that were asked for, one after the other: they share the cores. */
import { measureBargeIns } from './barge-in.ts';
import { DELAYS } from './doubles.ts';
import { measureFrameCosts } from './frame-costs.ts';
import { livekitOrWhyNot } from './livekit/measure.ts';
import type { Options } from './options.ts';
import { measureSessions } from './pacing/sessions.ts';
import { measureStreams } from './pacing/streams.ts';
import type { Measured } from './results.ts';
import type { Stage } from './stage.ts';
import { measureTurns } from './turns.ts';
import { measureUsage } from './usage.ts';

const SESSIONS = [1, 5] as const;
const STREAMS = 25;
/** How often each contender of the comparison with LiveKit is measured through. */
const ROUNDS = 3;
const WARM_UP_SECONDS = 20;

export interface MeasureOptions extends Pick<Options, 'sections' | 'turns' | 'bargeIns' | 'seconds'> {
  /** Turns before those that count. */
  readonly warmUp: number;
  readonly note: (message: string) => void;
}

export async function measure(stage: Stage, options: MeasureOptions): Promise<Measured> {
  const { sections, turns, warmUp, bargeIns, seconds, note } = options;
  const { signal, cores } = stage.options;
  const asked = new Set(sections);
  const measured: { -readonly [K in keyof Measured]: Measured[K] } = {};
  if (asked.has('frames')) measured.frames = await measureFrameCosts(cores.contender, signal);
  if (asked.has('turns')) {
    note(`${turns} turns`);
    measured.turns = await measureTurns(stage, { turns, warmUp, note });
    measured.overshoot = await stage.doubles.overshoot(DELAYS);
  }
  if (asked.has('bargeIn')) {
    note(`${bargeIns} interruptions`);
    measured.bargeIns = await measureBargeIns(stage, { count: bargeIns, note });
  }
  if (asked.has('usage')) {
    note(`a worker's CPU time, ${seconds} s each`);
    measured.usage = await measureUsage(stage, { seconds, warmUpSeconds: WARM_UP_SECONDS, note });
  }
  if (asked.has('pacing')) measured.gaps = await pacing(stage, { seconds, note });
  if (asked.has('livekit')) {
    // Three contenders: half as much of each of them as of the worker alone.
    const share = (count: number): number => Math.ceil(count / (2 * ROUNDS));
    note(`LiveKit, ${ROUNDS} rounds`);
    measured.livekit = await livekitOrWhyNot(stage, {
      rounds: ROUNDS,
      turns: share(turns),
      bargeIns: share(bargeIns),
      seconds: Math.ceil(seconds / 2),
      note,
    });
  }
  return measured;
}

async function pacing(
  stage: Stage,
  { seconds, note }: Pick<MeasureOptions, 'seconds' | 'note'>,
): Promise<Record<string, readonly number[]>> {
  const gaps: Record<string, readonly number[]> = {};
  for (const sessions of SESSIONS) {
    note(`pacing of ${sessions} sessions, ${seconds} s`);
    gaps[sessions] = await measureSessions(stage, sessions, seconds);
  }
  note(`pacing of ${STREAMS} streams, ${seconds} s`);
  const { cores, folder, signal } = stage.options;
  gaps[STREAMS] = await measureStreams({ streams: STREAMS, seconds, cores: cores.contender, folder, signal });
  return gaps;
}
