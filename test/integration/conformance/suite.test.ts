/** The suite can fail: it tells what is wrong with a runtime that forgets, hurries and gives up. */

import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { runScenario } from '../../conformance/run.ts';
import { scenarios } from '../../conformance/scenarios/index.ts';

const naive = { name: 'naive', main: join(import.meta.dirname, 'naive-runtime.ts') };

async function outcomeOf(name: string) {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const plane = { kubeconfig: inject('kubeconfig') };
  return await runScenario({
    scenario,
    runtime: naive,
    plane,
    seed: 1,
    signal: new AbortController().signal,
  });
}

describe.concurrent('a runtime that only watches', () => {
  it('passes while nothing breaks', async () => {
    expect(await outcomeOf('calm')).toMatchObject({ passed: true, problems: [] });
  });

  it('fails when deletions fall into a gap', async () => {
    const { passed, problems } = await outcomeOf('gone-deleted');
    expect(passed).toBe(false);
    expect(problems).toEqual([expect.stringMatching(/^deletion not reconciled: object-0, .* and \d+ more$/)]);
  });

  it('fails by its storm of requests when the server is ill', async () => {
    const { passed, problems, busiestSecond } = await outcomeOf('storm-500');
    expect(passed).toBe(false);
    expect(busiestSecond).toBeGreaterThan(30);
    expect(problems).toContain(`${busiestSecond} requests within one second, 30 are allowed`);
  });

  it('fails by ending, and the suite says how', async () => {
    const { passed, problems } = await outcomeOf('error-event-500');
    expect(passed).toBe(false);
    expect(problems).toEqual([expect.stringMatching(/^process ended, code 1: .*InternalError/)]);
  });
});
