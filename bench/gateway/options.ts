import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

export interface Options {
  readonly tenants: number;
  readonly commands: number;
  readonly json: boolean;
  readonly check: boolean;
}

const DEFAULT_TENANTS = 200;
const DEFAULT_COMMANDS = 500;

export const help = `Usage: npm run bench -- gateway [options]

One gateway process with many tenants, each with a bot, a server and a campaign of its own, on a real API server,
PostgreSQL and the Discord simulator in another process. Measures resident memory per tenant beyond the process itself,
how the bots' connections are spaced out, and how soon /session status is answered, five at a time.

Options:
  --tenants N    default ${DEFAULT_TENANTS}
  --commands N   how many times /session status is used (default ${DEFAULT_COMMANDS})
  --check        exit status 1 when a bar is missed
  --json         one JSON line at the end of standard output

Example:
  npm run bench -- gateway --tenants 200 --json
`;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  let values: { tenants?: string; commands?: string; json?: boolean; check?: boolean };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        tenants: { type: 'string' },
        commands: { type: 'string' },
        json: { type: 'boolean' },
        check: { type: 'boolean' },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { json = false, check = false } = values;
  return {
    tenants: wholeNumber('--tenants', values.tenants ?? DEFAULT_TENANTS),
    commands: wholeNumber('--commands', values.commands ?? DEFAULT_COMMANDS),
    json,
    check,
  };
}

function wholeNumber(option: string, value: string | number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new UsageError(`${option} must be a whole number from 1`);
  return number;
}
