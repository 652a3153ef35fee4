import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { prometheusMetrics } from '../../src/kube/prometheus.ts';
import { tenant } from '../voicesession/fixtures.ts';
import { usageMetrics } from './usage-metrics.ts';

test('a tenant’s month is measured while the Tenant exists, and its limits where it has them', async () => {
  const registry = new Registry();
  const acme = {
    metadata: { name: 'acme' },
    spec: { ...tenant.spec, limits: { ...tenant.spec.limits, spendPerMonth: { hard: 20 } } },
    status: { usage: { activeSessions: 2, hoursThisMonth: 3.5, spendThisMonth: 1.25 } },
  };
  const tenants = [acme];
  usageMetrics(prometheusMetrics(registry), () => tenants);
  const series = async () =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('skald_tenant_'));
  expect(await series()).toEqual([
    'skald_tenant_active_sessions{tenant="acme"} 2',
    'skald_tenant_month_hours{tenant="acme"} 3.5',
    'skald_tenant_month_spend_usd{tenant="acme"} 1.25',
    'skald_tenant_limit{tenant="acme",limit="spend-hard"} 20',
  ]);
  tenants.length = 0;
  expect(await series()).toEqual([]);
});
