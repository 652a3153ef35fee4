import { Counter } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { type HealthServer, type HealthServerOptions, startHealthServer } from './health.ts';
import { silentLogger } from './log.ts';
import { createRegistry } from './metrics.ts';

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function get(
  options: Partial<HealthServerOptions>,
  path: string,
): Promise<{ status: number; text: string }> {
  server ??= await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    livez: {},
    readyz: {},
    log: silentLogger(),
    ...options,
  });
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: response.status, text: await response.text() };
}

test('passing checks answer 200', async () => {
  expect(await get({ readyz: { caches: () => undefined } }, '/readyz')).toEqual({
    status: 200,
    text: 'ok\n',
  });
});

test('failing checks answer 503 and are listed, a throwing one among them', async () => {
  const readyz = {
    caches: () => 'not filled yet',
    fine: () => undefined,
    broken: () => {
      throw new Error('bug');
    },
  };
  expect(await get({ readyz }, '/readyz?verbose')).toEqual({
    status: 503,
    text: 'caches: not filled yet\nbroken: the check threw: bug\n',
  });
  expect((await get({}, '/livez')).status).toBe(200);
});

test('metrics carry the program and the process’s own figures', async () => {
  const metrics = createRegistry('controller');
  new Counter({ name: 'skald_things_total', help: 'things', registers: [metrics] }).inc();
  const { status, text } = await get({ metrics: async () => metrics }, '/metrics');
  expect(status).toBe(200);
  expect(text).toContain('skald_things_total{program="controller"} 1');
  expect(text).toContain('process_resident_memory_bytes');
  expect((await get({}, '/metrics')).text).toContain('nodejs_version_info');
});

test('other paths and a missing registry are 404', async () => {
  expect((await get({}, '/metrics')).status).toBe(404);
  expect((await get({}, '/')).status).toBe(404);
});
