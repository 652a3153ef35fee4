import { describe, expect, test } from 'vitest';
import type { LiveTenant } from '../../resources.ts';
import { loadControllerSettings } from '../../settings.ts';
import { tenant as base } from '../../voicesession/fixtures.ts';
import { dedicatedGateway } from './objects.ts';

const tenant: LiveTenant = {
  ...base,
  apiVersion: 'skald.dev/v1alpha1',
  kind: 'Tenant',
  metadata: { name: 'acme', uid: 'uid-acme', resourceVersion: '1' },
};

async function objectsOf(
  parts: { hasDatabase?: boolean; extraCa?: string; vaultCa?: string; env?: Record<string, string> } = {},
) {
  const settings = await loadControllerSettings({
    env: { SKALD_GATEWAY_DEDICATED_DISCORD_API_URL: 'https://discord.test/api', ...parts.env },
  });
  const { hasDatabase = false, extraCa, vaultCa } = parts;
  return dedicatedGateway({ tenant, settings, hasDatabase, extraCa, vaultCa });
}

describe('a gateway of the tenant’s own', () => {
  test('runs under restricted Pod Security with its tenant named', async () => {
    const { statefulSet } = await objectsOf();
    const pod = statefulSet.spec?.template.spec;
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod?.containers[0]?.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod?.containers[0]?.env).toContainEqual({
      name: 'SKALD_DISCORD_API_URL',
      value: 'https://discord.test/api',
    });
  });

  test('has the DSN of a role of its own in a mounted file, never in its environment', async () => {
    const { statefulSet } = await objectsOf({ hasDatabase: true });
    const pod = statefulSet.spec?.template.spec;
    expect(pod?.volumes).toContainEqual({
      name: 'database',
      secret: { secretName: 'skald-gateway-database', defaultMode: 0o440 },
    });
    expect(pod?.containers[0]?.env).toContainEqual({
      name: 'SKALD_DATABASE_URL_FILE',
      value: '/var/run/skald/database/url',
    });
  });

  test('is told where Vault is, and never who to be there: that follows from its tenant', async () => {
    const env = { SKALD_VAULT_ADDRESS: 'https://vault.test:8200', SKALD_VAULT_AUTH_MOUNT: 'jwt' };
    const { statefulSet, secret } = await objectsOf({ env, vaultCa: 'PEM' });
    const container = statefulSet.spec?.template.spec?.containers[0];
    const told = (container?.env ?? []).filter(({ name }) => name.startsWith('SKALD_VAULT_'));
    expect(Object.fromEntries(told.map(({ name, value }) => [name, value]))).toEqual({
      SKALD_VAULT_ADDRESS: 'https://vault.test:8200',
      SKALD_VAULT_CA_FILE: '/var/run/skald/settings/vault-ca.crt',
      SKALD_VAULT_AUTH_MOUNT: 'jwt',
      SKALD_VAULT_AUTH_AUDIENCE: 'vault',
      SKALD_VAULT_TRANSIT_MOUNT: 'transit',
      SKALD_VAULT_KV_MOUNT: 'secret',
      SKALD_VAULT_KV_PREFIX: 'skald',
    });
    expect(secret.data).toEqual({ 'vault-ca.crt': Buffer.from('PEM').toString('base64') });
    expect(container?.volumeMounts?.map(({ name }) => name)).toContain('settings');
  });

  test('mounts no settings when there are none', async () => {
    const { statefulSet } = await objectsOf();
    expect(statefulSet.spec?.template.spec?.volumes?.map(({ name }) => name)).toEqual(['tls', 'tmp']);
  });

  test('is reached by its Service and nothing else is', async () => {
    const { service, statefulSet } = await objectsOf();
    expect(service.spec?.selector).toEqual(statefulSet.spec?.selector.matchLabels);
    expect(statefulSet.spec?.template.metadata?.labels).toMatchObject(service.spec?.selector ?? {});
  });
});
