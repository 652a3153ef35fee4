// What a Tenant's own conditions say: the operator and the gateway have looked already.
import { conditionTypes, type Tenant } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import { type Advice, advise } from '../why/advice.ts';
import { tenantAdviceFor } from '../why/reasons.ts';
import { type Check, fail, ok, skipped, warn } from './check.ts';

/** Conditions that are not True and yet no fault: what they are about is not used. */
const NO_FAULT = new Set([
  'DatabaseNotConfigured',
  'VaultNotConfigured',
  'NoKeysInVault',
  'SpendSoftLimitReached',
]);

/** One check for each condition; Ready only sums them up. */
export function conditionChecks(tenant: Live<Tenant>, systemNamespace: string): Check[] {
  const { metadata, status } = tenant;
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) {
    return [
      fail(
        'tenant',
        `The operator has not looked at Tenant ${metadata.name} yet.`,
        `See whether it runs: kubectl -n ${systemNamespace} get pods -l skald.dev/component=controller`,
      ),
    ];
  }
  const order: readonly string[] = conditionTypes.Tenant;
  return conditions
    .filter(({ type }) => type !== 'Ready')
    .toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type))
    .map(({ type, status: is, reason, message }) => {
      const id = `tenant.${type}`;
      const text = message === '' ? `${reason}.` : message;
      if (is === 'True') return ok(id, text);
      if (NO_FAULT.has(reason)) return skipped(id, text);
      const fix = fixOf(tenantAdviceFor(reason), tenant, systemNamespace);
      return is === 'Unknown' ? warn(id, `${reason}: ${text}`, fix) : fail(id, `${reason}: ${text}`, fix);
    });
}

function fixOf(advice: Advice, { metadata, status }: Live<Tenant>, system: string): string {
  const names = {
    namespace: status?.namespace ?? `skald-${metadata.name}`,
    session: '<session>',
    tenant: metadata.name,
    campaign: '<campaign>',
    guild: '<server>',
    channel: '<channel>',
    pod: '<pod>',
    system,
    gateway: status?.gateway?.split('/').at(-1) ?? 'skald-gateway-0',
  };
  const { step, command } = advise(advice, names);
  // This very command would say the same again.
  return command === undefined || command.startsWith('skald doctor ') ? step : `${step} ${command}`;
}
