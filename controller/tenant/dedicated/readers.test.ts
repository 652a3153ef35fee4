import { expect, test } from 'vitest';
import type { Tenant } from '../../../src/api/index.ts';
import { tenant as base } from '../../voicesession/fixtures.ts';
import { tenantReaders } from './readers.ts';

function tenant(
  namespace: string | undefined,
  topology: Tenant['spec']['topology'],
  deleted = false,
): Tenant {
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'x', ...(deleted ? { deletionTimestamp: '2030-01-01T00:00:00Z' } : {}) },
    spec: { ...base.spec, topology },
    ...(namespace === undefined ? {} : { status: { namespace } }),
  };
}

test('gateways of tenants’ own read Tenants; those of others, of leaving and of refused Tenants do not', () => {
  const readers = tenantReaders([
    tenant('b', 'dedicated'),
    tenant('a', 'dedicated'),
    tenant('shared', 'shared'),
    tenant('leaving', 'dedicated', true),
    tenant(undefined, 'dedicated'),
  ]);
  expect(readers).toEqual([
    { kind: 'ServiceAccount', name: 'skald-gateway', namespace: 'a' },
    { kind: 'ServiceAccount', name: 'skald-gateway', namespace: 'b' },
  ]);
});
