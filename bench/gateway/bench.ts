import { startControlPlane } from '../../hack/cluster/control-plane.ts';
import { startPostgres } from '../../hack/postgres/index.ts';
import { migrate } from '../../src/store/migrate.ts';
import { applyDefinitions } from '../../test/integration/setup.ts';
import type { Bench } from '../benches.ts';
import { type Measured, measure } from './measure.ts';
import { help, type Options, parseOptions } from './options.ts';
import { missed, summarise, table } from './results.ts';
import { Stage } from './stage.ts';

const SETTLE_MS = 20_000;

export const gatewayBench: Bench = {
  help,
  async run(args, signal) {
    const options = parseOptions(args);
    const summary = summarise(await measureAll(options, signal));
    process.stderr.write(`\n${table(summary)}\n\n`);
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    return options.check && missed(summary) ? 1 : 0;
  },
};

async function measureAll(options: Options, signal: AbortSignal): Promise<Measured> {
  const note = (message: string): void => void process.stderr.write(`${message}\n`);
  const started: { stop(): Promise<void> }[] = [];
  try {
    const controlPlane = await startControlPlane({ onProgress: note, signal });
    started.push(controlPlane);
    await applyDefinitions(controlPlane.kubeconfig);
    const postgres = await startPostgres({ signal });
    started.push(postgres);
    await migrate({ url: postgres.url, schema: 'skald', set: 'shared' });
    const { kubeconfig } = controlPlane;
    const stage = await Stage.open({ kubeconfig, databaseUrl: postgres.url, id: 'gateway', signal });
    started.push({ stop: () => stage.close() });
    return await measure(stage, { ...options, settleMs: SETTLE_MS, signal, note });
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}
