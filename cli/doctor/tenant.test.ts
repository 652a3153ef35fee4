import { expect, test } from 'vitest';
import type { Condition, Tenant } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import { condition } from '../why/fixtures.ts';
import { conditionChecks } from './tenant.ts';

function tenant(conditions: readonly Condition[]): Live<Tenant> {
  const spec: Tenant['spec'] = JSON.parse('{}');
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'demo', uid: 'u', resourceVersion: '1' },
    spec,
    status: { namespace: 'tenants-demo', gateway: 'skald-gateway-0', conditions },
  };
}

test('each condition is a check, in the order in which one needs the other, with what to do', () => {
  const checks = conditionChecks(
    tenant([
      condition('DiscordConnected', 'Unknown', 'GatewayUnreachable', 'No answer.'),
      condition('Ready', 'False', 'TokenMissing', 'There is no token.'),
      condition('TokenEncrypted', 'False', 'TokenMissing', 'There is no token.'),
      condition('ProviderKeysReady', 'False', 'VaultNotConfigured', 'There is no Vault.'),
      condition('NamespaceReady', 'True', 'NamespaceReady', 'It is there.'),
    ]),
    'skald-system',
  );
  expect(checks.map(({ id, status }) => `${status} ${id}`)).toEqual([
    'ok tenant.NamespaceReady',
    'fail tenant.TokenEncrypted',
    'skipped tenant.ProviderKeysReady',
    'warn tenant.DiscordConnected',
  ]);
  expect(checks[1]?.fix).toContain('kubectl -n tenants-demo create secret generic skald-bot-token');
});

test('a Tenant that nobody has looked at: the operator is looked for', () => {
  expect(conditionChecks(tenant([]), 'skald-system')[0]).toMatchObject({ status: 'fail', id: 'tenant' });
});
