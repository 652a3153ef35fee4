import { Progress } from '../../hack/environment/progress.ts';
import type { Bench } from '../benches.ts';
import { describeMachine } from '../machine.ts';
import { UsageError } from '../usage-error.ts';
import { type Bar, barsOf, liveBarsOf } from './bars.ts';
import { prepareContenders } from './contenders.ts';
import { availableCores, type CorePlan, pinSelf, planCores } from './cores.ts';
import { measureLive } from './live.ts';
import { type Contender, type Measurement, measure } from './measure.ts';
import { help, type Options, parseOptions } from './options.ts';
import { published, scratch, writeLive, writePage, writeResults } from './publish.ts';
import { barLines, textTable } from './report.ts';
import { jsonLine, type Results, type RunResult, rounded, type Summary, summarise } from './results.ts';
import { type Server, serverVersions, startRealServer } from './server.ts';
import { startStubServer } from './stub/start.ts';

export const controllerBench: Bench = {
  help,
  async run(args, signal) {
    const options = parseOptions(args);
    const session = await prepare(options, signal);
    const bars = options.live ? await runLive(session) : await runSizes(session);
    if (bars.length > 0) process.stderr.write(`\n${barLines(bars)}\n`);
    return options.check && bars.some(({ reached }) => !reached) ? 1 : 0;
  },
};

/** One command line, ready to be carried out. */
interface Session {
  readonly options: Options;
  readonly contenders: readonly Contender[];
  readonly cores: readonly number[];
  readonly plan: CorePlan;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function prepare(options: Options, signal: AbortSignal): Promise<Session> {
  const progress = new Progress();
  const names = options.live ? ['skald'] : options.contenders;
  const contenders = await prepareContenders(names, options.setting, progress.note, signal);
  const cores = await availableCores();
  // In the live part the harness writes as often as the contender: the server, which is what is short, keeps its core.
  const plan = planCores(cores, options.live ? 'contender' : 'server');
  return { options, contenders, cores, plan, progress, signal };
}

async function runSizes(session: Session): Promise<Bar[]> {
  const { options, cores } = session;
  const machine = describeMachine(cores.length, await serverVersions(options.setting));
  const { setting, repeat, workers, rate, seconds } = options;
  const summaries: Summary[] = [];
  let bars: Bar[] | undefined;
  for (const n of options.n) {
    const results: Results = {
      bench: 'controller',
      setting,
      n,
      repeat,
      workers,
      steady: { rate, seconds },
      ...(setting === 'stub' ? { stubLatencyMs: options.stubLatencyMs } : {}),
      date: new Date().toISOString(),
      machine,
      runs: await runSize(session, n),
    };
    const summary = summarise(results);
    summaries.push(summary);
    process.stderr.write(`\nN = ${n}\n${textTable(summary)}\n`);
    const complete = options.contenders === undefined;
    const folder = complete || options.publish ? published.results : scratch.results;
    session.progress.note(`wrote ${await writeResults(folder, results)}`);
    if (folder === published.results) bars = await writePage(published.page, folder);
  }
  if (options.json) for (const summary of summaries) process.stdout.write(`${jsonLine(summary)}\n`);
  if (setting !== 'server') return [];
  // What is published is judged as a whole: sizes may have been measured one by one.
  return bars ?? barsOf(summaries);
}

/** Every contender once, then every one once more, each time in another order. */
async function runSize(session: Session, n: number): Promise<RunResult[]> {
  const { options, contenders, progress, signal } = session;
  const runs: RunResult[] = [];
  for (let repeat = 0; repeat < options.repeat; repeat += 1) {
    for (const contender of rotated(contenders, repeat)) {
      signal.throwIfAborted();
      const about = `N = ${n}, run ${repeat + 1} of ${options.repeat}: ${contender.name}`;
      const run = await progress.step(contender.name, about, async (): Promise<RunResult> => {
        const which = { contender: contender.name, repeat };
        try {
          return { ...which, measurement: await runOnce(session, contender, n) };
        } catch (error) {
          signal.throwIfAborted();
          return { ...which, error: error instanceof Error ? error.message : String(error) };
        }
      });
      progress.note('error' in run ? run.error : describe(run.measurement));
      runs.push(run);
    }
  }
  return runs;
}

async function runOnce(session: Session, contender: Contender, n: number) {
  const { options, plan, signal } = session;
  return withServer(session, (server) =>
    measure(server, {
      contender,
      n,
      workers: options.workers,
      cores: plan.contender,
      steady: { rate: options.rate, seconds: options.seconds },
      signal,
    }),
  );
}

async function runLive(session: Session): Promise<Bar[]> {
  const { options, contenders, cores, plan, progress, signal } = session;
  const [contender] = contenders;
  const [n] = options.n;
  if (!contender || n === undefined) throw new UsageError('--live needs the contender skald and one N');
  const { minutes, workers } = options;
  const machine = describeMachine(cores.length, await serverVersions(options.setting));
  const date = new Date().toISOString();
  const live = await progress.step('live', `${n} live sessions, ${minutes} minutes`, () =>
    withServer(session, (server) =>
      measureLive(server, { contender, n, minutes, workers, cores: plan.contender, signal }),
    ),
  );
  const whole = n === 5_000 && minutes >= 5 && options.setting === 'server';
  const folder = whole || options.publish ? published.results : scratch.results;
  progress.note(`wrote ${await writeLive(folder, { bench: 'controller-live', date, machine, live })}`);
  const bars = folder === published.results ? await writePage(published.page, folder) : liveBarsOf(live);
  if (options.json) process.stdout.write(`${JSON.stringify({ n, live })}\n`);
  return bars;
}

/** A server on its cores, then the harness on its own. */
async function withServer<R>(
  { options, cores, plan, signal }: Session,
  work: (server: Server) => Promise<R>,
): Promise<R> {
  await pinSelf(plan.server);
  try {
    const server =
      options.setting === 'server'
        ? await startRealServer(signal)
        : await startStubServer({ latencyMs: options.stubLatencyMs, signal });
    try {
      await pinSelf(plan.harness);
      return await work(server);
    } finally {
      await server.close();
    }
  } finally {
    await pinSelf(cores);
  }
}

function describe({ objectsPerSecond, p99Ms, cpuMsPerObject, serverCpuMsPerObject }: Measurement): string {
  return (
    `${rounded(objectsPerSecond)} objects/s, p99 ${rounded(p99Ms)} ms, CPU per object ` +
    `${rounded(cpuMsPerObject)} ms and ${rounded(serverCpuMsPerObject)} ms of the server`
  );
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
