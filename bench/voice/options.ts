import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

export const SECTIONS = ['turns', 'bargeIn', 'pacing', 'usage', 'frames', 'livekit'] as const;
export type Section = (typeof SECTIONS)[number];

export interface Options {
  readonly sections: readonly Section[];
  readonly turns: number;
  readonly bargeIns: number;
  /** How long each pacing and each CPU figure is taken. */
  readonly seconds: number;
  readonly json: boolean;
  readonly check: boolean;
  /** Writes bench/results/ and docs/benchmarks.md. */
  readonly publish: boolean;
  /** Where a picture of one turn goes; undefined: none is drawn. */
  readonly pictures: string | undefined;
}

const DEFAULT_TURNS = 60;
const DEFAULT_BARGE_INS = 40;
const DEFAULT_SECONDS = 20;

export const help = `Usage: npm run bench -- voice [options]

A whole worker, as its image has it, in conversation on the Discord simulator, measured at the wire by the simulator in
another process on another core. The providers are doubles with fixed delays.

  turns     from a person's last packet to the answer's first, less the endpointing delay and the doubles' delays
  bargeIn   from a person's first packet into an NPC's speech to the NPC's last
  pacing    the gaps between packets: 1 and 5 full sessions, and 25 streams out of a process that only sends
  usage     CPU of a worker that talks, listens to one and to four people, and hears nothing; its memory
  frames    what Opus, the voice-activity model and both encryptions cost per frame
  livekit   LiveKit's agents at the same lines with the same doubles; built and installed the first time, in minutes

Options:
  --only A,B       some of these alone
  --turns N        how often a person asks, after three that do not count (default ${DEFAULT_TURNS})
  --barge-ins N    how often an NPC is interrupted (default ${DEFAULT_BARGE_INS})
  --seconds N      how long each figure of pacing and of usage is taken (default ${DEFAULT_SECONDS})
  --check          exit status 1 when a bar is missed
  --publish        write bench/results/, docs/benchmarks.md and its picture
  --pictures DIR   also draw one turn, speaker and answer on one time axis, into DIR/turn.svg
  --json           one JSON line at the end of standard output

Examples:
  npm run bench -- voice --json
  npm run bench -- voice --only turns,bargeIn --turns 20
  npm run bench -- voice --only livekit --pictures dist/pictures
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        turns: { type: 'string' },
        'barge-ins': { type: 'string' },
        seconds: { type: 'string' },
        check: { type: 'boolean' },
        publish: { type: 'boolean' },
        json: { type: 'boolean' },
        pictures: { type: 'string' },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const number = (name: string, fallback: number): number =>
    wholeNumber(`--${name}`, values[name] ?? fallback);
  const options = {
    sections: sectionsOf(values.only),
    turns: number('turns', DEFAULT_TURNS),
    bargeIns: number('barge-ins', DEFAULT_BARGE_INS),
    seconds: number('seconds', DEFAULT_SECONDS),
    json: values.json === true,
    check: values.check === true,
    publish: values.publish === true,
    pictures: typeof values.pictures === 'string' ? values.pictures : undefined,
  };
  if (options.publish && values.only !== undefined) {
    throw new UsageError('--publish writes the figures of a whole run: leave --only out');
  }
  return options;
}

function sectionsOf(only: string | boolean | undefined): readonly Section[] {
  if (typeof only !== 'string') return SECTIONS;
  return only.split(',').map((name) => {
    const section = SECTIONS.find((one) => one === name);
    if (section === undefined) throw new UsageError(`--only knows ${SECTIONS.join(', ')}, not "${name}"`);
    return section;
  });
}

function wholeNumber(option: string, value: string | number | boolean): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError(`${option} must be a whole number from 1`);
  return number;
}
