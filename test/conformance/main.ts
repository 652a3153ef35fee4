// `npm run conformance`: controller runtimes against faults of the API server and the network. See options.ts for help.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startControlPlane } from '../../hack/cluster/control-plane.ts';
import { Progress } from '../../hack/environment/progress.ts';
import { type ConformanceOptions, help, parseConformanceOptions, UsageError } from './options.ts';
import type { Outcome } from './run.ts';
import { runtimes, skald } from './runtimes/catalogue.ts';
import { scenarios } from './scenarios/index.ts';
import { runSuite } from './suite.ts';
import { line, markdownTable, withTable } from './table.ts';

const document = join(import.meta.dirname, '..', '..', 'docs', 'conformance.md');

async function main(): Promise<number> {
  const options = parseConformanceOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(help);
    return 0;
  }
  const chosen = scenarios.filter(({ name }) => options.scenarios.includes(name));
  if (options.list) {
    for (const { name, about } of chosen) process.stdout.write(`${name.padEnd(28)} ${about}\n`);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`received ${signal}`)));
  }
  try {
    const outcomes = await run(options, new Progress(), stop.signal);
    if (options.json) process.stdout.write(`${JSON.stringify(summary(options, outcomes))}\n`);
    const judged = options.runtimes.includes(skald.name)
      ? outcomes.filter(({ runtime }) => runtime === skald.name)
      : outcomes;
    return judged.every(({ passed }) => passed) ? 0 : 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('Interrupted.\n');
    return 130;
  }
}

async function run(
  options: ConformanceOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const chosenScenarios = scenarios.filter(({ name }) => options.scenarios.includes(name));
  const chosenRuntimes = runtimes.filter(({ name }) => options.runtimes.includes(name));
  for (const { install } of chosenRuntimes) await install?.(progress.note, signal);
  const plane = await progress.step('plane', 'Starting etcd and the API server', () =>
    startControlPlane({ onProgress: progress.note, signal }),
  );
  try {
    const total = chosenScenarios.length * chosenRuntimes.length;
    let done = 0;
    const outcomes = await progress.step('scenarios', `Running ${total} scenarios`, () =>
      runSuite({
        scenarios: chosenScenarios,
        runtimes: chosenRuntimes,
        plane,
        // Nobody else uses this one.
        ownPlane: async () => plane,
        seed: options.seed,
        concurrency: options.concurrency,
        signal,
        onOutcome: (outcome) => {
          done += 1;
          progress.note(`${String(done).padStart(String(total).length)}/${total} ${line(outcome)}`);
        },
      }),
    );
    if (options.complete) {
      const names = chosenRuntimes.map(({ name }) => name);
      const table = markdownTable(outcomes, chosenScenarios, names);
      await writeFile(document, withTable(await readFile(document, 'utf8'), table));
      progress.note('Wrote docs/conformance.md');
    }
    return outcomes;
  } finally {
    await plane.stop();
  }
}

function summary(options: ConformanceOptions, outcomes: readonly Outcome[]) {
  const runtimesSummary = options.runtimes.map((name) => {
    const own = outcomes.filter(({ runtime }) => runtime === name);
    return [name, { passed: own.filter(({ passed }) => passed).length, of: own.length }];
  });
  return {
    seed: options.seed,
    runtimes: Object.fromEntries(runtimesSummary),
    outcomes: outcomes.map(({ log: _, ...outcome }) => outcome),
  };
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\nnpm run conformance -- --help shows the options.\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
