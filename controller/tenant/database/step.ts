// What a Tenant's status says of its database: pure.
import type { TenantReason } from '../../../src/api/index.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { errorText } from '../../../src/telemetry/redact.ts';
import type { Step } from '../decide.ts';

export type DatabaseStep = Step & { readonly configured: boolean };

export const NOT_CONFIGURED: DatabaseStep = {
  configured: false,
  status: 'False',
  reason: 'DatabaseNotConfigured',
  message: 'The installation has no database: nothing is transcribed, and counters do not outlive a worker.',
};

export const REMOVING: DatabaseStep = {
  configured: true,
  status: 'False',
  reason: 'Terminating',
  message: 'Roles, and by deletionPolicy the schema, are removed once no session is left.',
};

export function current(schema: string): DatabaseStep {
  return {
    configured: true,
    status: 'True',
    reason: 'DatabaseReady',
    message: `Schema ${schema} and its roles are as they should be.`,
  };
}

export function failure(error: unknown): DatabaseStep {
  return { configured: true, status: 'False', reason: reasonOf(error), message: errorText(error) };
}

/** It was not reached at all: nothing is known to be wrong. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false;
  const { code = '' } = error;
  // SQLSTATE class 08, a server that shuts down or has no room, and what the network says.
  return /^(08|57P|53)/.test(code) || /^E[A-Z]+$/.test(code) || code === '';
}

const REASONS: Readonly<Record<string, TenantReason>> = {
  SchemaNewer: 'SchemaNewer',
  RoleTaken: 'NameTaken',
  PostgresTooOld: 'DatabaseRightsMissing',
  RightsForeign: 'DatabaseRightsMissing',
  '42501': 'DatabaseRightsMissing',
  '28P01': 'DatabaseRightsMissing',
  '28000': 'DatabaseRightsMissing',
};

function reasonOf(error: unknown): TenantReason {
  if (isUnreachable(error)) return 'DatabaseUnreachable';
  return (error instanceof StoreError ? REASONS[error.code ?? ''] : undefined) ?? 'MigrationFailed';
}
