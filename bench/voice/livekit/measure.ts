/** Skald and LiveKit's agents side by side: the same lines, the same doubles, in turns. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTools } from '../../../hack/tools/index.ts';
import { installPeer } from '../../peers/install.ts';
import { DELAYS } from '../doubles.ts';
import type { Stage } from '../stage.ts';
import { ENDPOINTING_MS } from '../table.ts';
import { QUESTIONS, spoken } from '../wavs.ts';
import type { Contender } from './contender.ts';
import { LiveKitContender } from './livekit.ts';
import type { Skipped } from './report.ts';
import { CONTENDERS, type ContenderName, type LiveKitResults, summarise } from './results.ts';
import { measureRound, type Round } from './round.ts';
import { SkaldContender } from './skald.ts';

export interface LiveKitMeasureOptions {
  /** How often each contender is measured through. */
  readonly rounds: number;
  /** Of each contender in each round. */
  readonly turns: number;
  readonly bargeIns: number;
  /** How long each figure of CPU time is taken. */
  readonly seconds: number;
  readonly note: (message: string) => void;
}

/** What Skald takes for speech that interrupts, milliseconds. */
const INTERRUPTION_MS = 250;
/** Of bench/peers/livekit/room/go.mod, as the server tells it, too. */
const SERVER = /livekit-server (v\S+)/;

/** Where LiveKit cannot be built or installed, or does not work, the rest of the bench is worth something all the same. */
export async function livekitOrWhyNot(
  stage: Stage,
  options: LiveKitMeasureOptions,
): Promise<LiveKitResults | Skipped> {
  try {
    return await measureLiveKit(stage, options);
  } catch (error) {
    stage.options.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    options.note(`LiveKit is left out: ${why}`);
    return { skipped: why.split('\n')[0] ?? why };
  }
}

/**
 * Builds and installs LiveKit once, in minutes. A round in which a contender's process ends does not count.
 * @throws when LiveKit cannot be made ready, or no round counts.
 */
export async function measureLiveKit(
  stage: Stage,
  { rounds, note, ...options }: LiveKitMeasureOptions,
): Promise<LiveKitResults> {
  const { cores, signal } = stage.options;
  const folder = await installPeer('livekit', note, signal);
  const tools = await ensureTools(['livekit-server', 'bench-livekit-person'], note, signal);
  const questions = await Promise.all(
    QUESTIONS.filter((text) => text.startsWith('Greta')).map((text) => spoken(text, note)),
  );
  const open = (name: ContenderName): Promise<Contender> =>
    name === 'skald'
      ? SkaldContender.open(stage)
      : LiveKitContender.open({
          agent: {
            folder,
            variant: name,
            baseURL: stage.doubles.baseURL,
            endpointMs: ENDPOINTING_MS,
            interruptionMs: INTERRUPTION_MS,
            cores: cores.contender,
            signal,
            onFailure: (text) => note(`LiveKit's agent: ${text}`),
          },
          programs: { server: tools['livekit-server'], person: tools['bench-livekit-person'] },
          cores: cores.server,
        });
  const measured: Record<ContenderName, Round[]> = { skald: [], default: [], equal: [] };
  // A voice that comes at once: LiveKit's plugin waits for the whole of a sentence.
  await stage.doubles.delay(DELAYS, 0);
  let failure: unknown;
  for (let round = 0; round < rounds; round++) {
    const results: Partial<Record<ContenderName, Round>> = {};
    try {
      for (const name of rotated(CONTENDERS, round)) {
        const contender = await open(name);
        try {
          const all = { ...options, questions, doubles: stage.doubles, signal, note };
          results[name] = await measureRound(contender, all);
          note(`round ${round + 1}, ${name}: ${describe(results[name])}`);
        } finally {
          await contender.close();
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
      note(`round ${round + 1} does not count: ${String(error)}`);
      continue;
    }
    for (const name of CONTENDERS) {
      const result = results[name];
      if (result !== undefined) measured[name].push(result);
    }
  }
  if (measured.skald.length === 0) throw failure;
  await stage.doubles.delay(DELAYS);
  return summarise(measured, await versionsOf(folder));
}

/** In another order each time, so that what comes first is not always the same. */
function rotated<T>(values: readonly T[], by: number): T[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}

function describe({ responsesMs, bargeInsMs, missed, wrong, ignored, cpu, pssMB }: Round): string {
  const list = (values: readonly number[]): string => values.map((ms) => ms.toFixed(0)).join(' ');
  return [
    `answers after ${list(responsesMs)} ms (${missed} missed, ${wrong} wrong)`,
    `silent after ${list(bargeInsMs)} ms (${ignored} ignored)`,
    `CPU talking ${cpu.talking.toFixed(1)}, listening ${cpu.listening.toFixed(1)}, silent ${cpu.silent.toFixed(1)} %`,
    `${pssMB.toFixed(0)} MiB`,
  ].join('; ');
}

async function versionsOf(folder: string): Promise<Record<string, string>> {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  const modules = await readFile(join(folder, 'room', 'go.mod'), 'utf8');
  return {
    '@livekit/agents': manifest.dependencies['@livekit/agents'] ?? '',
    'livekit-server': SERVER.exec(modules)?.[1] ?? '',
  };
}
