/** The conformance suite's column of src/kube. `npm run conformance` has the other runtimes, too. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../hack/cluster/control-plane.ts';
import { type Outcome, runScenario } from '../../conformance/run.ts';
import { skald } from '../../conformance/runtimes/catalogue.ts';
import { duration, stopsServer } from '../../conformance/scenario.ts';
import { scenarios } from '../../conformance/scenarios/index.ts';

const seed = 1;
const { signal } = new AbortController();

function expectPass(outcome: Outcome): void {
  const seen = [...outcome.problems, ...(outcome.log ? [outcome.log] : [])];
  expect(seen.join('\n'), outcome.scenario).toBe('');
}

describe('src/kube is up to date within 5 s of', () => {
  // Most of a scenario's time is waiting: several go on at once.
  const shared = scenarios
    .filter((scenario) => !stopsServer(scenario))
    .sort((a, b) => duration(b) - duration(a));
  it.concurrent.each(shared.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const plane = { kubeconfig: inject('kubeconfig') };
      expectPass(await runScenario({ scenario, runtime: skald, plane, seed, signal }));
    },
  );
});

describe('src/kube is up to date within 5 s of', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  });
  afterAll(() => plane.stop());
  it.each(scenarios.filter(stopsServer).map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_, scenario) => {
      expectPass(await runScenario({ scenario, runtime: skald, plane, seed, signal }));
    },
  );
});
