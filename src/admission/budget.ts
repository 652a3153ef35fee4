// What is left of a Tenant's month. Pure: for the operator, which admits and ends, and for the gateway, which tells
// workers to take no new turn.
import type { Tenant } from '../api/generated/tenant.ts';

export type Budgeted = Pick<Tenant, 'spec' | 'status'>;

/**
 * The limit on the month's spend that is reached; undefined: it is not, or there is none. A limit of 0 is reached before
 * anything was spent.
 *
 * @param month the tenant's calendar month now: what was used in another one does not count. Unset: the status's own
 */
export function monthlySpendReached(
  { spec, status }: Budgeted,
  which: 'soft' | 'hard',
  month?: string,
): number | undefined {
  const limit = spec.limits.spendPerMonth?.[which];
  const usage = status?.usage;
  const over = month !== undefined && usage?.month !== undefined && usage.month !== month;
  const spent = over ? 0 : (usage?.spendThisMonth ?? 0);
  return limit !== undefined && spent >= limit ? limit : undefined;
}
