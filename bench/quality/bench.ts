import { availableParallelism } from 'node:os';
import { startEnvironment } from '../../hack/environment/environment.ts';
import { explainFailure } from '../../hack/environment/explain-failure.ts';
import { Progress } from '../../hack/environment/progress.ts';
import type { Bench } from '../benches.ts';
import { keepResults } from '../keep-results.ts';
import { describeMachine } from '../machine.ts';
import { prepareEvening } from './evening.ts';
import type { Verdict } from './judge.ts';
import { help, type Options, parseOptions } from './options.ts';
import { bars, markdown, type Recogniser, type Results, summarise } from './results.ts';

export const qualityBench: Bench = {
  help,
  async run(args, signal) {
    const options = parseOptions(args);
    const progress = new Progress();
    const environment = await startEnvironment({ progress, signal });
    const runs: Partial<Record<Recogniser, readonly Verdict[]>> = {};
    try {
      const playEvening = await prepareEvening(environment, (message) => progress.note(message), signal);
      for (const name of options.recognisers)
        runs[name] = await progress.step(name, `An evening, recogniser ${name}`, () =>
          playEvening(name, options.lines),
        );
    } catch (error) {
      if (!signal.aborted) await explainFailure(environment.kubectl, progress.note);
      throw error;
    } finally {
      for (const left of await environment.stop()) progress.note(`left behind: ${left}`);
    }
    const machine = describeMachine(availableParallelism(), {});
    return await report(
      { bench: 'quality', date: new Date().toISOString(), machine, runs },
      options,
      progress,
    );
  },
};

async function report(results: Results, options: Options, progress: Progress): Promise<number> {
  process.stderr.write(`\n${markdown(results)}\n\n`);
  const path = await keepResults('quality', results, markdown(results), options.publish);
  progress.note(`wrote ${path}`);
  const summaries = options.recognisers.map((name) => [name, summarise(results.runs[name] ?? [])] as const);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ bench: 'quality', ...Object.fromEntries(summaries) })}\n`);
  const missed = summaries.some(([name, { right }]) => right < bars[name]);
  return options.check && missed ? 1 : 0;
}
