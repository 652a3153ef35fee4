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

async function objectsOf(parts: { hasDatabase?: boolean; extraCa?: string } = {}) {
  const settings = await loadControllerSettings({
    env: { SKALD_GATEWAY_DEDICATED_DISCORD_API_URL: 'https://discord.test/api' },
  });
  const { hasDatabase = false, extraCa } = parts;
  return dedicatedGateway({ tenant, settings, hasDatabase, extraCa });
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
