import { expect, test } from 'vitest';
import { loadGatewaySettings, slotFromPodName } from './settings.ts';

test('the slot comes from the environment, else from the name of the pod', async () => {
  expect((await loadGatewaySettings({ env: { SKALD_SLOT: '3' } })).slot).toBe(3);
  expect((await loadGatewaySettings({ env: { SKALD_SLOT: '4' } })).slot).toBe(4);
  expect((await loadGatewaySettings({ env: { SKALD_POD_NAME: 'skald-gateway-12-0' } })).slot).toBe(12);
});

test.each(['skald-controller-0', 'skald-gateway-x-0', 'skald-gateway-01-0', 'skald-gateway-1-1'])(
  'the pod %s has no slot',
  (name) => {
    expect(slotFromPodName(name)).toBeUndefined();
  },
);

test('without a slot the process does not start', async () => {
  await expect(loadGatewaySettings({ env: { SKALD_POD_NAME: 'elsewhere' } })).rejects.toThrow('SKALD_SLOT');
});

test('defaults are those of the chart', async () => {
  expect(await loadGatewaySettings({ env: { SKALD_SLOT: '0' } })).toEqual({
    slot: 0,
    systemNamespace: 'skald-system',
    apiUrl: 'https://discord.com/api',
    trustDomain: 'skald.local',
    tlsDirectory: '/var/run/skald/tls',
    grpcPort: 8443,
    healthPort: 8080,
    databaseUrl: undefined,
  });
});
