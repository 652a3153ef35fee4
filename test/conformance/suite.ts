/** Runs scenarios against runtimes: several at once, those that stop the server one after another at the end. */
import type { ControlPlane } from '../../hack/cluster/control-plane.ts';
import { type Outcome, runScenario } from './run.ts';
import type { RuntimeUnderTest } from './runtimes/catalogue.ts';
import { duration, type Scenario, stopsServer } from './scenario.ts';

export interface SuiteOptions {
  scenarios: readonly Scenario[];
  runtimes: readonly RuntimeUnderTest[];
  plane: Pick<ControlPlane, 'kubeconfig'>;
  /** A control plane that nobody else uses, for scenarios that stop the server. */
  ownPlane: () => Promise<ControlPlane>;
  seed: number;
  /** Scenarios that run at once. */
  concurrency: number;
  signal: AbortSignal;
  onOutcome?: (outcome: Outcome) => void;
}

export async function runSuite(options: SuiteOptions): Promise<Outcome[]> {
  const { scenarios, runtimes, signal, onOutcome } = options;
  const outcomes: Outcome[] = [];
  const one = async (
    scenario: Scenario,
    runtime: RuntimeUnderTest,
    plane: Pick<ControlPlane, 'kubeconfig'>,
  ) => {
    signal.throwIfAborted();
    const outcome = await runScenario({ scenario, runtime, plane, seed: options.seed, signal });
    outcomes.push(outcome);
    onOutcome?.(outcome);
  };
  // The longest first, so that the last to end is a short one.
  const pairs = scenarios
    .filter((scenario) => !stopsServer(scenario))
    .flatMap((scenario) => runtimes.map((runtime) => ({ scenario, runtime })))
    .sort((a, b) => duration(b.scenario) - duration(a.scenario));
  await Promise.all(
    Array.from({ length: options.concurrency }, async () => {
      for (let pair = pairs.shift(); pair; pair = pairs.shift()) {
        await one(pair.scenario, pair.runtime, options.plane);
      }
    }),
  );
  const alone = scenarios.filter(stopsServer);
  if (alone.length > 0) {
    const plane = await options.ownPlane();
    try {
      for (const scenario of alone) for (const runtime of runtimes) await one(scenario, runtime, plane);
    } finally {
      await plane.stop();
    }
  }
  return outcomes;
}
