import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

export interface Options {
  readonly minutes: number;
  readonly json: boolean;
}

const DEFAULT_MINUTES = 30;

export const help = `Usage: npm run bench -- soak [options]

One worker process in one session, at the Discord simulator and PostgreSQL, in real time. Every 10 s a person asks one of
two NPCs in turn, over a bad network (2 % loss, 30 ms jitter, reordering); another person comes and goes every 20 s.
Every question must be answered by the NPC that was asked, audibly (but for those that this machine was too busy to
speak without a break: they are told apart); the connection must never be built anew; the worker's
memory must not grow by 5 MB or more. Progress is told on standard error; the exit status is 1 when anything of it fails.

Memory is PSS, its growth that of the part that is no file: the median of the sixth of the run that follows the first sixth, against that of the last sixth.

Options:
  --minutes N    how long, half minutes too (default ${DEFAULT_MINUTES}); below 6 memory is told and not judged
  --json         one JSON line at the end of standard output

Example:
  npm run bench -- soak --minutes 30 --json
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  let values: { minutes?: string; json?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { minutes: { type: 'string' }, json: { type: 'boolean' } },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
  if (!(Number.isFinite(minutes) && minutes > 0)) throw new UsageError('--minutes must be a number above 0');
  return { minutes, json: values.json ?? false };
}
