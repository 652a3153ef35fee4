import { parseArgs } from 'node:util';
import { UsageError } from '../usage-error.ts';

export interface Options {
  /** Sizes of the backlog, smallest first. */
  readonly n: readonly number[];
  /** Undefined: all. */
  readonly contenders: readonly string[] | undefined;
  readonly repeat: number;
  /** Objects reconciled at once, in contenders that can. */
  readonly workers: number;
  /** Objects per second of the steady part. */
  readonly rate: number;
  /** How long the steady part lasts. */
  readonly seconds: number;
  readonly setting: 'server' | 'stub';
  /** Milliseconds that the stub server waits before each answer. */
  readonly stubLatencyMs: number;
  readonly live: boolean;
  /** How long the live part lasts. */
  readonly minutes: number;
  readonly json: boolean;
  /** Exit status 1 when a bar is missed. */
  readonly check: boolean;
  /** Writes bench/results/ and docs/benchmarks.md. */
  readonly publish: boolean;
}

export const help = `Usage: npm run bench -- controller [options]

Every contender does the same work: N objects, each reconciled into one Job, one Secret and a status update. It runs on
a core of its own against an etcd and API server made for the run, first with N objects that are there when it
starts (objects per second), then with objects that come at a fixed rate (time from creation to status).
What --publish writes is the whole truth only when nothing else runs on the machine.

Options:
  --n N[,N]            objects of the backlog (default 1000)
  --contenders A[,B]   which ones, by name (default: all)
  --repeat R           runs of each, in turns (default 1)
  --workers W          objects at once, in contenders that can (default 16)
  --rate R             objects per second of the steady part (default 30)
  --seconds S          length of the steady part (default 10)
  --stub               setting 2: against a stub server that answers after a fixed time, to see the runtime alone
  --stub-latency MS    that time (default 2)
  --live               5,000 live sessions of the contender skald, whose spec changes at 30 % of the write rate of the
                       run (--n 5000 unless given); --minutes M of it (default 5)
  --check              exit status 1 when a bar is missed
  --publish            write bench/results/ and docs/benchmarks.md
  --json               one JSON line per N at the end of standard output

Examples:
  npm run bench -- controller --n 1000 --json
  npm run bench -- controller --n 1000,10000 --contenders skald,controller-runtime,limit --repeat 3 --publish
  npm run bench -- controller --stub --contenders skald,limit
  npm run bench -- controller --live --minutes 1
`;

/** @throws UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const live = values.live ?? false;
  return {
    n: list(values.n ?? (live ? '5000' : '1000'))
      .map((text) => whole('--n', text))
      .sort((a, b) => a - b),
    contenders: values.contenders === undefined ? undefined : list(values.contenders),
    repeat: whole('--repeat', values.repeat),
    workers: whole('--workers', values.workers),
    rate: positive('--rate', values.rate),
    seconds: positive('--seconds', values.seconds),
    setting: values.stub ? 'stub' : 'server',
    stubLatencyMs: positive('--stub-latency', values['stub-latency']),
    live,
    minutes: positive('--minutes', values.minutes),
    json: values.json ?? false,
    check: values.check ?? false,
    publish: values.publish ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        n: { type: 'string' },
        contenders: { type: 'string' },
        repeat: { type: 'string', default: '1' },
        workers: { type: 'string', default: '16' },
        rate: { type: 'string', default: '30' },
        seconds: { type: 'string', default: '10' },
        stub: { type: 'boolean' },
        'stub-latency': { type: 'string', default: '2' },
        live: { type: 'boolean' },
        minutes: { type: 'string', default: '5' },
        json: { type: 'boolean' },
        check: { type: 'boolean' },
        publish: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function whole(name: string, text: string): number {
  const value = positive(name, text);
  if (!Number.isInteger(value)) throw new UsageError(`${name} ${text}: not a whole number`);
  return value;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0)) throw new UsageError(`${name} ${text}: not a positive number`);
  return value;
}
