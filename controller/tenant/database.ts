// The tenant's schema: brought up to date once in the life of this process, and again when it failed.
import { tenantSchema } from '../../src/api/index.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import type { Step } from './decide.ts';

/** Runs a tenant's migrations. */
export type MigrateSchema = (schema: string) => Promise<void>;

const RETRY_MS = 15_000;

export type DatabaseStep = Step & { readonly configured: boolean };

export class TenantSchemas {
  readonly #migrate: MigrateSchema | undefined;
  readonly #now: () => number;
  readonly #current = new Set<string>();
  readonly #failed = new Map<string, { step: DatabaseStep; retryAt: number }>();

  /** @param migrate undefined: the installation has no database */
  constructor(migrate: MigrateSchema | undefined, now: () => number) {
    this.#migrate = migrate;
    this.#now = now;
  }

  /** `retryMs` is set when it should be looked at again. */
  async ensure(tenant: string): Promise<{ readonly step: DatabaseStep; readonly retryMs?: number }> {
    if (this.#migrate === undefined) return { step: NOT_CONFIGURED };
    const schema = tenantSchema(tenant);
    if (this.#current.has(schema)) return { step: current(schema) };
    const failed = this.#failed.get(schema);
    if (failed !== undefined && this.#now() < failed.retryAt) {
      return { step: failed.step, retryMs: failed.retryAt - this.#now() };
    }
    try {
      await this.#migrate(schema);
      this.#current.add(schema);
      this.#failed.delete(schema);
      return { step: current(schema) };
    } catch (error) {
      const step = failure(schema, error);
      this.#failed.set(schema, { step, retryAt: this.#now() + RETRY_MS });
      return { step, retryMs: RETRY_MS };
    }
  }
}

const NOT_CONFIGURED: DatabaseStep = {
  configured: false,
  status: 'False',
  reason: 'DatabaseNotConfigured',
  message: 'The installation has no database: nothing is transcribed, and counters do not outlive a worker.',
};

function current(schema: string): DatabaseStep {
  return {
    configured: true,
    status: 'True',
    reason: 'DatabaseReady',
    message: `Schema ${schema} is current.`,
  };
}

function failure(schema: string, error: unknown): DatabaseStep {
  // SQLSTATE class 08, and what the network says, mean that the database was not reached at all.
  const code = error instanceof StoreError ? (error.code ?? '') : '';
  const unreachable = /^(08|57P)/.test(code) || /^E[A-Z]+$/.test(code) || code === '';
  return {
    configured: true,
    status: 'False',
    reason: unreachable ? 'DatabaseUnreachable' : 'MigrationFailed',
    message: `Schema ${schema}: ${errorText(error)}`,
  };
}
