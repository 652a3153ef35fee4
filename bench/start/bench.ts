import { availableParallelism } from 'node:os';
import { type Environment, startEnvironment } from '../../hack/environment/environment.ts';
import { explainFailure } from '../../hack/environment/explain-failure.ts';
import { Progress } from '../../hack/environment/progress.ts';
import { applyTenant, namespaceOf, readManifest, setUpTable } from '../../hack/environment/table.ts';
import type { Campaign, Tenant } from '../../src/api/index.ts';
import { SimulatorClient } from '../../test/discord/client.ts';
import type { Bench } from '../benches.ts';
import { keepResults } from '../keep-results.ts';
import { describeMachine } from '../machine.ts';
import { measureStart, type Stage } from './measure.ts';
import { Observer } from './observer.ts';
import { help, type Options, parseOptions } from './options.ts';
import { bars, markdown, type Results, summarise } from './results.ts';
import type { Moments } from './steps.ts';

export const startBench: Bench = {
  help,
  async run(args, signal) {
    const options = parseOptions(args);
    const progress = new Progress();
    const environment = await startEnvironment({ progress, signal });
    let results: Results;
    try {
      results = await measureAll(environment, options, progress, signal);
    } catch (error) {
      if (!signal.aborted) await explainFailure(environment.kubectl, progress.note);
      throw error;
    } finally {
      for (const left of await environment.stop()) progress.note(`left behind: ${left}`);
    }
    return await report(results, options, progress);
  },
};

async function measureAll(
  environment: Environment,
  options: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<Results> {
  const { info, kubectl } = environment;
  const tenant = tenantOf(await readManifest<Tenant>('config/samples/tenant.yaml', 'Tenant'), info.chatUrl);
  const campaign = await readManifest<Campaign>('config/samples/campaign.yaml', 'Campaign');
  const simulator = await SimulatorClient.connect(info.simulator?.controlUrl ?? '');
  const table = await setUpTable(simulator, tenant);
  await applyTenant(kubectl, tenant, table.token, [campaign]);
  await table.gameMaster.joinVoice(table.voiceChannelId);
  const namespace = namespaceOf(tenant);
  await using observer = await Observer.open(info.kubeconfig, info.context, namespace);
  const stage = { simulator, table, campaign: campaign.metadata.name ?? '', namespace, observer, kubectl };
  const starts: Record<'warm' | 'cold', readonly Moments[]> = { warm: [], cold: [] };
  for (const kind of options.kinds) {
    const warm = kind === 'warm' ? 1 : 0;
    await kubectl.apply([{ ...tenant, spec: { ...tenant.spec, worker: { ...tenant.spec.worker, warm } } }]);
    starts[kind] = await progress.step(kind, `${options.starts} ${kind} starts`, () =>
      measureKind(stage, kind, options.starts, progress, signal),
    );
  }
  return {
    bench: 'start',
    date: new Date().toISOString(),
    machine: describeMachine(availableParallelism(), {}),
    ...starts,
  };
}

async function measureKind(
  stage: Stage,
  kind: 'warm' | 'cold',
  count: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<Moments[]> {
  const starts: Moments[] = [];
  // The first one finds nothing in any cache: of the node, of the gateway.
  for (let index = -1; index < count; index++) {
    signal.throwIfAborted();
    const start = await measureStart(stage, kind);
    const sinceClaim =
      start.claimed === undefined ? '' : `, ${ms(start.listening - start.claimed)} since the claim`;
    const name = index < 0 ? `${kind}, not counted` : `${kind} ${index + 1}`;
    progress.note(`${name}: ${ms(start.listening - start.command)}${sinceClaim}`);
    if (index >= 0) starts.push(start);
  }
  return starts;
}

/** Profile cloud: what a cluster without models of its own runs. No provider is asked before the bot listens. */
function tenantOf(sample: Tenant, baseURL: string): Tenant {
  const provider = { kind: 'openai', model: 'double', baseURL } as const;
  return {
    ...sample,
    spec: {
      ...sample.spec,
      worker: { ...sample.spec.worker, profile: 'cloud' },
      providers: { stt: provider, llm: provider, tts: provider },
    },
  };
}

async function report(results: Results, options: Options, progress: Progress): Promise<number> {
  const summary = summarise(results);
  process.stderr.write(`\n${markdown(results)}\n\n`);
  const path = await keepResults('start', results, markdown(results), options.publish);
  progress.note(`wrote ${path}`);
  if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  const missed = summary.warm.p95Ms >= bars.warmClaimToListeningP95Ms || summary.cold.p95Ms >= bars.coldP95Ms;
  return options.check && missed ? 1 : 0;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
