import { parseArgs } from 'node:util';
import { runtimes } from './runtimes/catalogue.ts';
import { scenarios } from './scenarios/index.ts';

export interface ConformanceOptions {
  runtimes: readonly string[];
  scenarios: readonly string[];
  seed: number;
  concurrency: number;
  json: boolean;
  list: boolean;
  /** Every scenario against every runtime: the table may be written. */
  complete: boolean;
}

export const help = `Usage: npm run conformance [-- OPTIONS]

Runs controller runtimes against a real API server, through a proxy that breaks connections and answers. After the
faults, within 5 s, a runtime's cache has to equal the server, and every key has to be reconciled at its last version.
A complete run writes the table in docs/conformance.md.

Options:
  --runtime NAME      only this runtime; may be repeated (${runtimes.map(({ name }) => name).join(', ')})
  --scenario NAME     only this scenario; may be repeated; a * stands for any text
  --seed N            another run of faults and writes (default: 1)
  --concurrency N     scenarios at once (default: 4)
  --list              the scenarios, and end
  --json              the last line of standard output is one JSON object
  -h, --help

Examples:
  npm run conformance
  npm run conformance -- --runtime skald
  npm run conformance -- --runtime skald --scenario 'cut-*' --seed 7
  npm run conformance -- --scenario gone-in-the-middle --json

Exit status: 0 skald passed all that ran (foreign runtimes may fail), or, where skald did not run, all passed;
1 not so; 2 wrong options; 130 interrupted.
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @returns undefined when help was asked for. */
export function parseConformanceOptions(args: readonly string[]): ConformanceOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const allRuntimes = runtimes.map(({ name }) => name);
  const allScenarios = scenarios.map(({ name }) => name);
  const chosenRuntimes = chosen('--runtime', values.runtime, allRuntimes);
  const chosenScenarios = chosen('--scenario', values.scenario, allScenarios);
  return {
    runtimes: chosenRuntimes,
    scenarios: chosenScenarios,
    seed: wholeNumber('--seed', values.seed ?? '1', 0),
    concurrency: wholeNumber('--concurrency', values.concurrency ?? '4', 1),
    json: values.json ?? false,
    list: values.list ?? false,
    complete: chosenRuntimes.length === allRuntimes.length && chosenScenarios.length === allScenarios.length,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        runtime: { type: 'string', multiple: true },
        scenario: { type: 'string', multiple: true },
        seed: { type: 'string' },
        concurrency: { type: 'string' },
        list: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function chosen(option: string, patterns: readonly string[] | undefined, names: readonly string[]): string[] {
  if (!patterns) return [...names];
  for (const pattern of patterns) {
    if (!names.some((name) => fits(name, pattern))) {
      throw new UsageError(`${option}: there is no "${pattern}"; there are ${names.join(', ')}`);
    }
  }
  return names.filter((name) => patterns.some((pattern) => fits(name, pattern)));
}

function fits(name: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w-]/g, ''));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${option}: give a whole number from ${least}, not "${text}"`);
}
