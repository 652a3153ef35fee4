import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startEnvironment } from '../../hack/environment/environment.ts';
import { explainFailure } from '../../hack/environment/explain-failure.ts';
import { Progress } from '../../hack/environment/progress.ts';
import type { Bench } from '../benches.ts';
import { published, scratch } from '../controller/publish.ts';
import { betweenMarkers } from '../controller/report.ts';
import { describeMachine } from '../machine.ts';
import { prepareEvening } from './evening.ts';
import type { Verdict } from './judge.ts';
import { help, type Options, parseOptions, UsageError } from './options.ts';
import { bars, markdown, type Recogniser, type Results, summarise } from './results.ts';

export const qualityBench: Bench = {
  help,
  async run(args, signal) {
    let options: Options;
    try {
      options = parseOptions(args);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n\n${help}`);
      return 2;
    }
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
  const folder = options.publish ? published.results : scratch.results;
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'quality.json');
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  progress.note(`wrote ${path}`);
  if (options.publish) {
    const page = await readFile(published.page, 'utf8');
    await writeFile(published.page, betweenMarkers(page, 'quality', `\n${markdown(results)}\n`));
  }
  const summaries = options.recognisers.map((name) => [name, summarise(results.runs[name] ?? [])] as const);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ bench: 'quality', ...Object.fromEntries(summaries) })}\n`);
  const missed = summaries.some(([name, { right }]) => right < bars[name]);
  return options.check && missed ? 1 : 0;
}
