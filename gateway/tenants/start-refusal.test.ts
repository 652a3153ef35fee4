import { expect, test } from 'vitest';
import type { Tenant } from '../../src/api/index.ts';
import { aTenant } from '../sessions/fixtures.ts';
import { startRefusal } from './start-refusal.ts';

const limits = aTenant().spec.limits;

function refusal(
  change: Partial<Tenant['spec']['limits']>,
  usage: NonNullable<Tenant['status']>['usage'] = {},
  ready: 'True' | 'False' = 'True',
) {
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const condition = { type: 'Ready', status: ready, lastTransitionTime, reason: 'r', message: '' };
  return startRefusal(
    aTenant({ spec: { limits: { ...limits, ...change } }, status: { conditions: [condition], usage } }),
  );
}

test.each([
  ['nothing is limited', refusal({}, { hoursThisMonth: 900, spendThisMonth: 900 }), undefined],
  ['the tenant is not ready', refusal({}, {}, 'False'), 'TenantNotReady'],
  ['hours are left', refusal({ sessionHoursPerMonth: 10 }, { hoursThisMonth: 9.9 }), undefined],
  ['no hours are left', refusal({ sessionHoursPerMonth: 10 }, { hoursThisMonth: 10 }), 'QuotaExceeded'],
  ['money is left', refusal({ spendPerMonth: { hard: 10 } }, { spendThisMonth: 9 }), undefined],
  ['no money is left', refusal({ spendPerMonth: { hard: 10 } }, { spendThisMonth: 10 }), 'SpendCapReached'],
  [
    'nobody would be answered any more',
    refusal({ spendPerMonth: { soft: 8, hard: 10 } }, { spendThisMonth: 9 }),
    'SpendCapReached',
  ],
])('%s', (_, actual, expected) => {
  expect(actual).toBe(expected);
});
