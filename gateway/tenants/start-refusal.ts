/**
 * What would keep the operator from admitting a session of the tenant now, as far as the Tenant says: looked at before
 * one session is ended for another. The operator decides, by fresher figures and the claims (controller/voicesession).
 */
import { isTrue, type PendingReason, type Tenant } from '../../src/api/index.ts';

export type StartRefusal = Extract<PendingReason, 'TenantNotReady' | 'QuotaExceeded' | 'SpendCapReached'>;

export function startRefusal({ spec, status }: Pick<Tenant, 'spec' | 'status'>): StartRefusal | undefined {
  if (!isTrue(status?.conditions, 'Ready')) return 'TenantNotReady';
  const { sessionHoursPerMonth, spendPerMonth } = spec.limits;
  const { hoursThisMonth = 0, spendThisMonth = 0 } = status?.usage ?? {};
  if (sessionHoursPerMonth !== undefined && hoursThisMonth >= sessionHoursPerMonth) return 'QuotaExceeded';
  const most = spendPerMonth?.soft ?? spendPerMonth?.hard;
  return most !== undefined && spendThisMonth >= most ? 'SpendCapReached' : undefined;
}
