import { describe, expect, test } from 'vitest';
import { findCondition, type Tenant } from '../../src/api/index.ts';
import type { Live, Namespace } from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';
import { tenant as base } from '../voicesession/fixtures.ts';
import { conflictOf } from './conflict.ts';
import { type TenantObservation, tenantStatus } from './decide.ts';
import { DiscordWatch } from './discord.ts';
import { assignGateway } from './gateway.ts';
import { deletesNamespace, planNamespace, wantedNamespace } from './namespace.ts';

function tenant(
  name: string,
  changes: { created?: string; spec?: Partial<Tenant['spec']>; gateway?: string; deleted?: boolean } = {},
): LiveTenant {
  const discord = { ...base.spec.discord, applicationId: `app-${name}` };
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Tenant',
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: changes.created ?? '2030-01-01T00:00:00Z',
      ...(changes.deleted ? { deletionTimestamp: '2030-01-02T00:00:00Z' } : {}),
    },
    spec: { ...base.spec, discord, ...changes.spec },
    ...(changes.gateway === undefined ? {} : { status: { gateway: changes.gateway } }),
  };
}

function namespace(name: string, metadata: object = {}): Live<Namespace> {
  return { metadata: { name, uid: 'u', resourceVersion: '1', ...metadata } };
}

describe('conflicts', () => {
  const older = tenant('a', { spec: { namespace: 'shared' } });

  test('the younger of two is refused, the older is not', () => {
    const younger = tenant('b', { created: '2030-01-01T00:00:01Z', spec: { namespace: 'shared' } });
    expect(conflictOf(younger, [older, younger])).toMatchObject({ reason: 'NamespaceConflict' });
    expect(conflictOf(older, [older, younger])).toBeUndefined();
  });

  test('of two in one second the name decides', () => {
    const twin = tenant('b', { spec: { discord: older.spec.discord } });
    expect(conflictOf(twin, [twin, older])).toMatchObject({ reason: 'ApplicationConflict' });
    expect(conflictOf(older, [twin, older])).toBeUndefined();
  });

  test('an unset namespace is the computed one', () => {
    const computed = tenant('b', { created: '2030-01-01T00:00:01Z' });
    const named = tenant('c', { spec: { namespace: 'skald-b' } });
    expect(conflictOf(computed, [named, computed])).toMatchObject({ reason: 'NamespaceConflict' });
  });
});

describe('the namespace', () => {
  const own = tenant('a');

  test('is made when it is missing, and kept when it is the tenant’s', () => {
    expect(planNamespace(own, undefined)).toEqual({ kind: 'apply', adopt: false });
    expect(planNamespace(own, namespace('skald-a', { labels: { 'skald.dev/tenant': 'a' } }))).toEqual({
      kind: 'apply',
      adopt: false,
    });
  });

  test('is adopted when it is offered, and remembered as such', () => {
    const offered = namespace('skald-a', { labels: { 'skald.dev/adopt': 'true' } });
    expect(planNamespace(own, offered)).toEqual({ kind: 'apply', adopt: true });
    const { metadata } = wantedNamespace(own, true, 'latest');
    expect(planNamespace(own, namespace('skald-a', metadata))).toEqual({ kind: 'apply', adopt: true });
  });

  test('enforces restricted Pod Security, of the version that the installation names', () => {
    expect(wantedNamespace(own, false, 'v1.34').metadata?.labels).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/enforce-version': 'v1.34',
      'pod-security.kubernetes.io/audit': 'restricted',
      'pod-security.kubernetes.io/audit-version': 'v1.34',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/warn-version': 'v1.34',
    });
  });

  test.each([
    ['exists without the label', {}, 'NamespaceNotAdoptable'],
    [
      'belongs to another',
      { labels: { 'skald.dev/tenant': 'b', 'skald.dev/adopt': 'true' } },
      'NamespaceNotAdoptable',
    ],
    [
      'is being deleted',
      { labels: { 'skald.dev/tenant': 'a' }, deletionTimestamp: 'x' },
      'NamespaceTerminating',
    ],
  ])('that %s is refused', (_what, metadata, reason) => {
    expect(planNamespace(own, namespace('skald-a', metadata))).toMatchObject({ kind: 'refuse', reason });
  });

  test('is deleted only by policy, only when it is the tenant’s, never when adopted', () => {
    const policy = tenant('a', { spec: { deletionPolicy: 'Delete' } });
    const labels = { 'skald.dev/tenant': 'a' };
    expect(deletesNamespace(policy, namespace('skald-a', { labels }))).toBe(true);
    expect(deletesNamespace(own, namespace('skald-a', { labels }))).toBe(false);
    expect(deletesNamespace(policy, namespace('skald-a'))).toBe(false);
    expect(
      deletesNamespace(
        policy,
        namespace('skald-a', { labels, annotations: { 'skald.dev/adopted': 'true' } }),
      ),
    ).toBe(false);
    expect(deletesNamespace(policy, undefined)).toBe(false);
  });
});

describe('the gateway', () => {
  const others = [tenant('x', { gateway: 'skald-gateway-0' }), tenant('y', { gateway: 'skald-gateway-2' })];

  test('is the one with the fewest tenants, the first of several', () => {
    expect(assignGateway(tenant('a'), others, 3)).toBe('skald-gateway-1');
    expect(assignGateway(tenant('a'), [], 3)).toBe('skald-gateway-0');
    expect(assignGateway(tenant('a'), others, 0)).toBeUndefined();
  });

  test('stays, however full it is, as long as the slot exists', () => {
    const settled = tenant('a', { gateway: 'skald-gateway-2' });
    expect(assignGateway(settled, [...others, settled], 3)).toBe('skald-gateway-2');
    expect(assignGateway(settled, [...others, settled], 2)).toBe('skald-gateway-1');
  });
});

describe('the status', () => {
  const yes = { status: 'True', reason: 'Connected', message: 'Fine.' } as const;
  const healthy: TenantObservation = {
    now: new Date('2030-01-01T00:00:00Z'),
    tenant: tenant('a'),
    conflict: undefined,
    namespace: yes,
    gateway: yes,
    database: { ...yes, configured: true },
    certificates: { ready: true },
    discord: yes,
    token: { status: 'False', reason: 'VaultNotConfigured', message: 'Plaintext.' },
    providerKeys: { status: 'False', reason: 'VaultUnavailable', message: 'Sealed.' },
    usage: { activeSessions: 0 },
    inUse: { namespace: 'skald-a', gateway: 'skald-gateway-0' },
  };
  const ready = (changes: Partial<TenantObservation>) =>
    findCondition(tenantStatus({ ...healthy, ...changes }).conditions, 'Ready');

  test('says of the token what was said before while nobody has looked', () => {
    const conditions = [
      {
        type: 'TokenEncrypted',
        status: 'True',
        reason: 'TokenEncrypted',
        message: 'Version 3.',
        lastTransitionTime: '2029-01-01T00:00:00Z',
      },
    ] as const;
    const known = { ...tenant('a'), status: { conditions: [...conditions] } };
    const of = (changes: Partial<TenantObservation>) =>
      findCondition(tenantStatus({ ...healthy, token: undefined, ...changes }).conditions, 'TokenEncrypted');
    expect(of({ tenant: known })).toMatchObject(conditions[0]);
    expect(of({})).toMatchObject({ status: 'Unknown', reason: 'Reconciling' });
  });

  test('is Ready when all is well, and a plaintext token does not matter', () => {
    expect(ready({})).toMatchObject({ status: 'True', observedGeneration: 2 });
    expect(tenantStatus(healthy)).toMatchObject({
      namespace: 'skald-a',
      gateway: 'skald-gateway-0',
      observedGeneration: 2,
    });
  });

  test('is Ready without a database when there is none to be had, not when it fails', () => {
    const no = { status: 'False', reason: 'MigrationFailed', message: 'x' } as const;
    expect(ready({ database: { ...no, configured: false } })?.status).toBe('True');
    expect(ready({ database: { ...no, configured: true } })).toMatchObject({
      status: 'False',
      reason: 'MigrationFailed',
    });
  });

  test('sums up the first thing to mend', () => {
    const no = { status: 'False', reason: 'NamespaceNotAdoptable', message: 'Label it.' } as const;
    expect(ready({ namespace: no, discord: { status: 'Unknown', reason: 'Y', message: 'y' } })).toMatchObject(
      { reason: 'NamespaceNotAdoptable' },
    );
    expect(
      ready({ discord: { status: 'Unknown', reason: 'GatewayUnreachable', message: 'y' } }),
    ).toMatchObject({ status: 'Unknown', reason: 'GatewayUnreachable' });
    expect(ready({ certificates: { ready: false, message: 'none' } })).toMatchObject({
      reason: 'CertificateAuthorityMissing',
    });
    expect(ready({ tenant: tenant('a', { deleted: true }) })).toMatchObject({ reason: 'Terminating' });
  });

  test('of a refused tenant names no namespace and no gateway', () => {
    const { inUse: _, ...rest } = healthy;
    const status = tenantStatus({
      ...rest,
      inUse: undefined,
      conflict: { reason: 'NamespaceConflict', message: 'taken' },
    });
    expect(status.namespace).toBeUndefined();
    expect(findCondition(status.conditions, 'NamespaceReady')).toMatchObject({
      status: 'False',
      reason: 'NamespaceConflict',
    });
  });
});

describe('Discord’s side', () => {
  const connected = {
    served: true,
    connected: true,
    reason: 'Connected',
    message: '',
    botUserId: '1',
    guilds: 1,
  };

  test('one answer that is missing changes nothing, a second one does', async () => {
    let now = 0;
    let answer = async () => connected;
    const watch = new DiscordWatch(
      () => answer(),
      () => now,
    );
    expect((await watch.look('a', 'g')).state.status).toBe('True');
    answer = async () => Promise.reject(new Error('connection refused'));
    now += 15_000;
    expect((await watch.look('a', 'g')).state.status).toBe('True');
    now += 1_000;
    expect((await watch.look('a', 'g')).state).toMatchObject({
      status: 'Unknown',
      reason: 'GatewayUnreachable',
      message: 'connection refused',
    });
    answer = async () => connected;
    now += 1_000;
    expect((await watch.look('a', 'g')).state.status).toBe('True');
  });

  test('is not asked again before it is time, except of another gateway', async () => {
    const asked: string[] = [];
    const watch = new DiscordWatch(
      async (gateway) => {
        asked.push(gateway);
        return connected;
      },
      () => 0,
    );
    await watch.look('a', 'g0');
    expect((await watch.look('a', 'g0')).askAgainMs).toBe(15_000);
    await watch.look('a', 'g1');
    expect(asked).toEqual(['g0', 'g1']);
  });

  test('a reason that is no reason becomes one', async () => {
    const watch = new DiscordWatch(
      async () => ({ ...connected, connected: false, reason: 'not a reason!' }),
      () => 0,
    );
    expect((await watch.look('a', 'g')).state).toMatchObject({ status: 'False', reason: 'Connecting' });
  });
});
