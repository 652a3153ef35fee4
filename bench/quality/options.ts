import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';
import type { Recogniser } from './results.ts';
import { scene } from './scene.ts';

export interface Options {
  readonly recognisers: readonly Recogniser[];
  /** The first so many lines of the scene. */
  readonly lines: number;
  readonly json: boolean;
  readonly check: boolean;
  /** Writes bench/results/ and docs/benchmarks.md. */
  readonly publish: boolean;
}

export const help = `Usage: npm run bench -- quality [options]

Forty things that two people say at the table in an evening, and what becomes of each: whether the right NPC answered, whether
anybody was cut wrongly, whether anything was missed. On a real cluster with the chart installed, over the Discord simulator,
with recorded voices. Once with the offline recogniser, once with the words given.

Options:
  --stt NAME    offline or given alone
  --lines N     the first N of ${scene.length} lines
  --check       exit status 1 when a bar is missed (offline 90 %, given 100 %)
  --publish     write bench/results/ and docs/benchmarks.md
  --json        one JSON line at the end of standard output

Examples:
  npm run bench -- quality --json
  npm run bench -- quality --stt given --lines 12
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const;
  let values: { stt?: string; lines?: string; json: boolean; check: boolean; publish: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { stt: { type: 'string' }, lines: { type: 'string' }, json: flag, check: flag, publish: flag },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { stt, json, check, publish } = values;
  if (stt !== undefined && stt !== 'offline' && stt !== 'given')
    throw new UsageError('--stt must be offline or given');
  const lines = Number(values.lines ?? scene.length);
  if (!Number.isInteger(lines) || lines < 1) throw new UsageError('--lines must be a whole number from 1');
  if (publish && lines < scene.length) throw new UsageError('--publish needs the whole scene');
  return { recognisers: stt === undefined ? ['offline', 'given'] : [stt], lines, json, check, publish };
}
