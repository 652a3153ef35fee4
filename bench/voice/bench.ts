import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startPostgres } from '../../hack/postgres/index.ts';
import type { Bench } from '../benches.ts';
import { availableCores, type CorePlan, pinSelf, planCores } from '../controller/cores.ts';
import { published } from '../controller/publish.ts';
import { keepResults } from '../keep-results.ts';
import { describeMachine } from '../machine.ts';
import { buildWorkerImage } from './image.ts';
import { measure } from './measure.ts';
import { help, type Options, parseOptions } from './options.ts';
import { recordTurn } from './pictures/record-turn.ts';
import { barsOf, type Measured, markdown, type Summary, summarise } from './results.ts';
import { Stage } from './stage.ts';

const WARM_UP = 3;

export const voiceBench: Bench = {
  help,
  async run(args, signal) {
    const options = parseOptions(args);
    const cores = await availableCores();
    const plan = planCores(cores);
    // Everything that is started from here on is where the worker is not.
    await pinSelf(plan.server);
    const measured = await measureAll(options, plan, signal);
    const about = { date: new Date().toISOString(), machine: describeMachine(cores.length, {}) };
    return await report(summarise(measured, about), options);
  },
};

async function measureAll(options: Options, cores: CorePlan, signal: AbortSignal): Promise<Measured> {
  const note = (message: string): void => void process.stderr.write(`${message}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'skald-bench-voice-'));
  const started: { stop(): Promise<void> }[] = [];
  try {
    const postgres = await startPostgres({ signal });
    started.push(postgres);
    const image = await buildWorkerImage(folder, signal);
    const stage = await Stage.open({ cores, image, databaseUrl: postgres.url, folder, signal });
    started.push({ stop: () => stage.close() });
    const measured = await measure(stage, { ...options, warmUp: WARM_UP, note });
    const pictures =
      options.pictures ?? (options.publish ? join(dirname(published.page), 'images') : undefined);
    if (pictures !== undefined) note(`drawn: ${await recordTurn(stage, { folder: pictures, note })}`);
    return measured;
  } finally {
    for (const one of started.reverse()) await one.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function report(summary: Summary, options: Options): Promise<number> {
  process.stderr.write(`\n${markdown(summary)}\n\n`);
  await keepResults('voice', summary, markdown(summary), options.publish);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  return options.check && barsOf(summary).some(({ reached }) => !reached) ? 1 : 0;
}
