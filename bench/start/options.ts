import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

export interface Options {
  /** Of each kind. */
  readonly starts: number;
  readonly kinds: readonly ('warm' | 'cold')[];
  readonly json: boolean;
  readonly check: boolean;
  /** Writes bench/results/ and docs/benchmarks.md. */
  readonly publish: boolean;
}

const DEFAULT_STARTS = 30;

export const help = `Usage: npm run bench -- start [options]

How long it takes from /session start until the bot listens (UDP ready, DAVE executed, as Discord sees it): on a real
cluster with the chart installed and the Discord simulator, profile cloud. Cold: the worker's pod is made for the
session. Warm: the session claims a worker that waits (Tenant.spec.worker.warm).

Options:
  --starts N    starts of each kind, after one that does not count (default ${DEFAULT_STARTS})
  --only KIND   warm or cold alone
  --check       exit status 1 when a bar is missed
  --publish     write bench/results/ and docs/benchmarks.md
  --json        one JSON line at the end of standard output

Example:
  npm run bench -- start --starts 30 --json
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  let values: { starts?: string; only?: string; json?: boolean; check?: boolean; publish?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        starts: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'boolean' },
        check: { type: 'boolean' },
        publish: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const starts = Number(values.starts ?? DEFAULT_STARTS);
  if (!Number.isInteger(starts) || starts < 1) throw new UsageError('--starts must be a whole number from 1');
  const { only, json = false, check = false, publish = false } = values;
  if (only !== undefined && only !== 'warm' && only !== 'cold') {
    throw new UsageError('--only must be warm or cold');
  }
  return { starts, kinds: only === undefined ? ['cold', 'warm'] : [only], json, check, publish };
}
