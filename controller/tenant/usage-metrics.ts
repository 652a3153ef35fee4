// What each tenant uses of its month, for whoever bills it or watches its limits. The one label with a name is `tenant`,
// and only of Tenants that exist: a platform team makes them, nobody in Discord can.
import type { Tenant } from '../../src/api/index.ts';
import type { Metrics } from '../../src/kube/index.ts';

type MeasuredTenant = Pick<Tenant, 'spec' | 'status'> & { readonly metadata: { readonly name: string } };

/** Measured when scraped. @returns ends it */
export function usageMetrics(metrics: Metrics, tenants: () => readonly MeasuredTenant[]): () => void {
  const gauge = (name: string, help: string, labelNames = ['tenant']) =>
    metrics.gauge({ name, help, labelNames });
  const sessions = gauge('skald_tenant_active_sessions', 'Sessions that hold a place now.');
  const hours = gauge('skald_tenant_month_hours', 'Hours of sessions in the tenant’s calendar month.');
  const spend = gauge(
    'skald_tenant_month_spend_usd',
    'What the AI providers cost in the tenant’s calendar month, US dollars.',
  );
  const limits = gauge(
    'skald_tenant_limit',
    'What the Tenant may use; a limit that is unset has no series.',
    ['tenant', 'limit'],
  );
  return metrics.onCollect(() => {
    for (const one of [sessions, hours, spend, limits]) one.reset();
    for (const { metadata, spec, status } of tenants()) {
      const tenant = metadata.name;
      sessions.set(status?.usage?.activeSessions ?? 0, { tenant });
      hours.set(status?.usage?.hoursThisMonth ?? 0, { tenant });
      spend.set(status?.usage?.spendThisMonth ?? 0, { tenant });
      const { concurrentSessions, sessionHoursPerMonth, spendPerMonth } = spec.limits;
      const known = {
        sessions: concurrentSessions,
        hours: sessionHoursPerMonth,
        'spend-soft': spendPerMonth?.soft,
        'spend-hard': spendPerMonth?.hard,
      };
      for (const [limit, value] of Object.entries(known))
        if (value !== undefined) limits.set(value, { tenant, limit });
    }
  });
}
