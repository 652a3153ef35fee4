// What the Tenants' conditions say together about one part of the installation.
import { findCondition, type TenantConditionType } from '../../../src/api/index.ts';
import { counted } from '../../terminal.ts';
import { tenantAdviceFor } from '../../why/reasons.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import type { Installation } from './context.ts';

type Tenants = Installation['tenants'];

const NOT_IN_USE = new Set(['DatabaseNotConfigured', 'VaultNotConfigured', 'NoKeysInVault']);
/** A tenant's own fault, and none of the installation. */
const OWN = new Set([
  'TokenMissing',
  'InvalidToken',
  'DisallowedIntents',
  'ApplicationMismatch',
  'ShardingRequired',
  'TokenSecretImmutable',
  'PlaintextReturned',
  'VaultPathNotAllowed',
  'VaultSecretMissing',
]);

/** As the cluster sees it: what the operator found for each Tenant. */
export function fromTenants(id: string, type: TenantConditionType, tenants: Tenants): Check[] {
  if (tenants === undefined)
    return [
      skipped(
        id,
        'You may not read Tenants, whose conditions say it.',
        'Ask for the ClusterRole skald-view.',
      ),
    ];
  const found = tenants.flatMap((tenant) => {
    const condition = findCondition(tenant.status?.conditions, type);
    return condition === undefined || OWN.has(condition.reason)
      ? []
      : [{ name: tenant.metadata.name, ...condition }];
  });
  const used = found.filter(({ reason }) => !NOT_IN_USE.has(reason));
  if (found.length === 0) return [skipped(id, 'No Tenant says anything of it yet.')];
  if (used.length === 0) return [skipped(id, 'The installation has none.')];
  const bad = used.filter(({ status }) => status !== 'True');
  const [first] = bad;
  if (first === undefined)
    return [ok(id, `Seen from the cluster it is well (${type} of ${counted(used.length, 'Tenant')}).`)];
  const names = bad.map(({ name }) => name).join(', ');
  const text = `${type} is not met for ${names}: ${first.reason}: ${first.message}`;
  const fix = `${tenantAdviceFor(first.reason).step.replaceAll('{tenant}', first.name)} skald doctor ${first.name}`;
  return [bad.length === used.length ? fail(id, text, fix) : warn(id, text, fix)];
}

/** One line for all. */
export function tenantSummary(tenants: Tenants): Check[] {
  if (tenants === undefined) return [];
  if (tenants.length === 0)
    return [
      skipped(
        'tenants',
        'There is no Tenant yet.',
        'kubectl apply -f config/samples/tenant.yaml (docs/getting-started.md)',
      ),
    ];
  const bad = tenants.filter(({ status }) => findCondition(status?.conditions, 'Ready')?.status !== 'True');
  if (bad.length === 0) return [ok('tenants', `${counted(tenants.length, 'Tenant')}: ready.`)];
  return bad.map(({ metadata, status }) => {
    const ready = findCondition(status?.conditions, 'Ready');
    const why = ready === undefined ? 'it was not looked at yet' : `${ready.reason}: ${ready.message}`;
    return warn('tenants', `Tenant ${metadata.name} is not ready: ${why}`, `skald doctor ${metadata.name}`);
  });
}
