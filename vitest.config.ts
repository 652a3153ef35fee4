import { defineConfig } from 'vitest/config';

// unit: next to the code, no network, no sleep. integration: real API server and PostgreSQL. runtime: src/kube
// against faults. voice: the worker in conversation. e2e: the whole path on a real node. `npm test` runs them in this order.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,controller,gateway,worker,speech,cli,hack,test,bench}/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/e2e/**', '**/node_modules/**'],
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: ['test/integration/{worker,kube,conformance,bench}/**'],
          globalSetup: ['test/integration/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // src/kube and its peers against faults: it waits for timeouts, on an API server of its own.
          name: 'runtime',
          include: ['test/integration/{kube,conformance,bench}/**/*.test.ts'],
          globalSetup: ['test/integration/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // Conversations in real time: it waits more than it works, and runs beside `runtime`, which does the same.
          name: 'voice',
          include: ['test/integration/worker/**/*.test.ts'],
          globalSetup: ['test/integration/worker/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
