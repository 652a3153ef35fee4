import { expect, test } from 'vitest';
import { dedicatedPlace, slotPlace } from '../src/api/gateway-place.ts';
import { loadGatewaySettings, slotFromPodName } from './settings.ts';

test('the slot comes from the environment, else from the name of the pod', async () => {
  expect((await loadGatewaySettings({ env: { SKALD_SLOT: '3' } })).place).toEqual(slotPlace(3));
  expect((await loadGatewaySettings({ env: { SKALD_SLOT: '4' } })).place).toEqual(slotPlace(4));
  expect((await loadGatewaySettings({ env: { SKALD_POD_NAME: 'skald-gateway-12-0' } })).place).toEqual(
    slotPlace(12),
  );
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

test("a tenant's own gateway has no slot", async () => {
  const env = { SKALD_DEDICATED_TENANT: 'acme', SKALD_DEDICATED_NAMESPACE: 'skald-acme' };
  expect(await loadGatewaySettings({ env })).toMatchObject({
    place: dedicatedPlace('skald-acme'),
    tenant: 'acme',
  });
  const half = { SKALD_SLOT: '0', SKALD_DEDICATED_TENANT: 'acme' };
  await expect(loadGatewaySettings({ env: half })).rejects.toThrow('give both or none');
});

test('defaults are those of the chart', async () => {
  expect(await loadGatewaySettings({ env: { SKALD_SLOT: '0' } })).toEqual({
    place: slotPlace(0),
    tenant: undefined,
    systemNamespace: 'skald-system',
    apiUrl: 'https://discord.com/api',
    trustDomain: 'skald.local',
    tlsDirectory: '/var/run/skald/tls',
    grpcPort: 8443,
    healthPort: 8080,
    databaseUrl: undefined,
    vault: undefined,
    vaultRefreshMs: 60_000,
  });
});

test('Vault is used when its address is set, and a CA that cannot be read is said at start', async () => {
  const env = {
    SKALD_SLOT: '0',
    SKALD_VAULT_ADDRESS: 'https://vault.example:8200',
    SKALD_VAULT_AUTH_MOUNT: 'jwt',
  };
  expect((await loadGatewaySettings({ env })).vault).toMatchObject({
    address: 'https://vault.example:8200',
    auth: { mount: 'jwt', role: 'skald-bot', audience: 'vault' },
  });
  await expect(
    loadGatewaySettings({ env: { ...env, SKALD_VAULT_CA_FILE: '/nowhere/ca.crt' } }),
  ).rejects.toThrow('/nowhere/ca.crt: the CA certificates of Vault cannot be read');
});
