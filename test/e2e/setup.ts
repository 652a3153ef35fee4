import type { TestProject } from 'vitest/node';
import { type EnvironmentInfo, startEnvironment } from '../../hack/environment/environment.ts';
import { Progress } from '../../hack/environment/progress.ts';

declare module 'vitest' {
  interface ProvidedContext {
    environment: EnvironmentInfo;
  }
}

/** One environment for all e2e files: a real node, PostgreSQL, the simulators, the product installed by its chart. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = new Progress();
  const environment = await startEnvironment({ progress });
  project.provide('environment', environment.info);
  return async () => {
    const left = await environment.stop();
    if (left.length > 0) throw new Error(`The environment left behind: ${left.join('; ')}`);
  };
}
