import { expect, test } from 'vitest';
import { prometheusMetrics } from '../kube/prometheus.ts';
import { createRegistry } from '../telemetry/metrics.ts';
import { VaultClient } from './client.ts';
import { FakeTransport } from './fake-transport.ts';
import { vaultMetrics } from './metrics.ts';
import { VaultError } from './vault-error.ts';

test('requests are counted by operation and outcome, and logins while they are held', async () => {
  const registry = createRegistry('controller');
  const transport = new FakeTransport();
  const client = new VaultClient({
    settings: {
      address: 'https://vault.test',
      auth: { mount: 'kubernetes', role: 'skald-controller' },
      transitMount: 'transit',
      kvMount: 'secret',
      kvPrefix: 'skald',
      pki: { mount: 'skald-pki' },
    },
    jwt: async () => 'jwt',
    transport,
    log: { info() {}, warn() {} },
    observer: vaultMetrics(prometheusMetrics(registry)),
  });
  const value = async (line: string) =>
    (await registry.metrics())
      .split('\n')
      .find((one) => one.startsWith(line))
      ?.slice(line.length + 1);
  const held = 'skald_vault_logins_held{program="controller"}';
  expect(await value(held)).toBe('0');

  await client.request({ method: 'GET', path: 'transit/keys/a', operation: 'transit.key' });
  transport.handler = () => ({ status: 503, body: undefined });
  await expect(
    client.request({ method: 'GET', path: 'transit/keys/a', operation: 'transit.key' }),
  ).rejects.toThrow(VaultError);
  const counted = (operation: string, outcome: string) =>
    value(`skald_vault_requests_total{operation="${operation}",outcome="${outcome}",program="controller"}`);
  expect(await counted('auth.login', 'ok')).toBe('1');
  expect(await counted('transit.key', 'ok')).toBe('1');
  expect(await counted('transit.key', 'sealed')).toBe('1');
  expect(await value(held)).toBe('1');

  await client.close();
  expect(await value(held)).toBe('0');
});
