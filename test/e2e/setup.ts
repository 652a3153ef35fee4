import type { TestProject } from 'vitest/node';
import { contextName } from '../../hack/cluster/layout.ts';
import { type EnvironmentInfo, startEnvironment } from '../../hack/environment/environment.ts';
import { Progress } from '../../hack/environment/progress.ts';
import { startEnforcer } from '../network/enforcer.ts';

declare module 'vitest' {
  interface ProvidedContext {
    environment: EnvironmentInfo;
    /** NetworkPolicies are enforced by test/network; a cluster of another kind may have a plugin that does. */
    enforced: boolean;
  }
}

/**
 * One environment for all e2e files: a real node, PostgreSQL, Vault, the simulators, the product installed by its chart,
 * and its NetworkPolicies in force from before the first tenant.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = new Progress();
  const environment = await startEnvironment({ progress, vault: true });
  const { info } = environment;
  try {
    const enforcer = info.context === contextName ? await startEnforcer(info) : undefined;
    project.provide('environment', info);
    project.provide('enforced', enforcer !== undefined);
    return async () => {
      await enforcer?.stop().finally(() => stop(environment));
      if (enforcer === undefined) await stop(environment);
    };
  } catch (error) {
    await environment.stop();
    throw error;
  }
}

async function stop(environment: { stop(): Promise<string[]> }): Promise<void> {
  const left = await environment.stop();
  if (left.length > 0) throw new Error(`The environment left behind: ${left.join('; ')}`);
}
