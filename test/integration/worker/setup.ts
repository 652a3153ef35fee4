/** PostgreSQL for the worker's tests; a test gets it by `inject('databaseUrl')`. They need no API server. */
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../../hack/postgres/index.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  project.provide('databaseUrl', postgres.url);
  return () => postgres.stop();
}
