// A Tenant's part of the database: its schema, its roles and the Secrets with their DSNs. Looked at when the Tenant is
// new to this process, every `checkSeconds`, when a password is due, when a Secret was touched, and after a failure.
import {
  COMMAND_DATABASE_SECRET,
  findCondition,
  GATEWAY_DATABASE_SECRET,
  isDedicated,
  labels,
  MANAGED_BY,
  tenantNamespace,
  WORKER_DATABASE_SECRET,
} from '../../../src/api/index.ts';
import type { Client, EventRecorder, Live, Secret } from '../../../src/kube/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import type { DatabaseAdministration, Roles } from '../../../src/store/roles/administration.ts';
import { StoreError } from '../../../src/store/store-error.ts';
import { nameTaken } from '../../children/events.ts';
import { belongsTo } from '../../children/keeper.ts';
import { tenantOwner } from '../../owners.ts';
import { type LiveTenant, tenants } from '../../resources.ts';
import type { SecretWatch } from '../../voicesession/secret-watch.ts';
import { type CredentialPlace, ISSUED_AT_KEY, URL_KEY } from './credential-secret.ts';
import { type CredentialState, Credentials } from './credentials.ts';
import { current, type DatabaseStep, failure, isUnreachable, NOT_CONFIGURED, REMOVING } from './step.ts';

export interface TenantDatabasesOptions {
  readonly client: Client;
  readonly recorder: Pick<EventRecorder, 'event'>;
  readonly secrets: Pick<SecretWatch, 'state' | 'record'>;
  /** Undefined: the installation has no database. */
  readonly administration: DatabaseAdministration | undefined;
  readonly now: () => number;
  readonly rotationMs: number;
  /** How long what was found to be right is believed. */
  readonly checkMs: number;
}

interface Known {
  readonly step: DatabaseStep;
  readonly lookAt: number;
  /** Whether it has a gateway of its own. */
  readonly dedicated: boolean;
}

/** After a failure. */
const RETRY_MS = 15_000;
const DAY_MS = 86_400_000;
/** While a Tenant is being deleted. */
const REMOVAL_RETRY_MS = 5_000;

export class TenantDatabases {
  readonly #o: TenantDatabasesOptions;
  readonly #credentials: Credentials | undefined;
  readonly #known = new Map<string, Known>();
  /** When old transcripts were removed last, by tenant. */
  readonly #cleaned = new Map<string, { readonly at: number; readonly days: number }>();

  constructor(options: TenantDatabasesOptions) {
    this.#o = options;
    const { administration } = options;
    if (administration !== undefined) this.#credentials = new Credentials({ ...options, administration });
  }

  /** `retryMs` is set when it should be looked at again. */
  async ensure(
    tenant: LiveTenant,
    signal: AbortSignal,
  ): Promise<{ readonly step: DatabaseStep; readonly retryMs?: number }> {
    const { administration } = this.#o;
    if (administration === undefined || this.#credentials === undefined) return { step: NOT_CONFIGURED };
    const { name } = tenant.metadata;
    const now = this.#o.now();
    const known = this.#known.get(name);
    if (known !== undefined && now < known.lookAt && !this.#touched(tenant, known)) {
      return { step: known.step, retryMs: known.lookAt - now };
    }
    const { step, lookAt } = await this.#look(tenant, administration, this.#credentials, signal);
    this.#known.set(name, { step, lookAt, dedicated: isDedicated(tenant) });
    return { step, retryMs: Math.max(0, lookAt - this.#o.now()) };
  }

  forget(name: string): void {
    this.#known.delete(name);
    this.#cleaned.delete(name);
  }

  /** What its status says while it is being deleted. */
  removal(tenant: LiveTenant): DatabaseStep {
    if (this.#o.administration === undefined) return NOT_CONFIGURED;
    const known = this.#known.get(tenant.metadata.name)?.step;
    return known?.status === 'False' ? known : REMOVING;
  }

  /**
   * Roles, by `deletionPolicy` the schema, then the Secrets. Call it when no session is left.
   * @param namespaceEnds it is being deleted, or gone
   * @returns false: not yet
   */
  async remove(tenant: LiveTenant, namespaceEnds: boolean, signal: AbortSignal): Promise<boolean> {
    const { administration, client } = this.#o;
    if (administration === undefined) return true;
    const { name } = tenant.metadata;
    const known = this.#known.get(name);
    const failed = known?.step.status === 'False' && known.step.reason !== 'Terminating';
    if (failed && this.#o.now() < known.lookAt) return false;
    try {
      await administration.removeTenant(name, {
        dropSchema: tenant.spec.deletionPolicy === 'Delete',
        application: tenant.spec.discord.applicationId,
      });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const lookAt = this.#o.now() + REMOVAL_RETRY_MS;
      this.#known.set(name, { step: failure(error), lookAt, dedicated: isDedicated(tenant) });
      return false;
    }
    this.#known.delete(name);
    // With the namespace its Secrets go, and the binding by which the operator may look at them.
    if (namespaceEnds) return true;
    const namespace = tenantNamespace(tenant);
    for (const secret of [WORKER_DATABASE_SECRET, COMMAND_DATABASE_SECRET, GATEWAY_DATABASE_SECRET]) {
      const live = await client.find(secrets, { namespace, name: secret }, { signal });
      if (live === undefined || !isSecretOf(tenant)(live)) continue;
      await client.delete(secrets, { namespace, name: secret }, { uid: live.metadata.uid, signal });
    }
    return true;
  }

  async #look(
    tenant: LiveTenant,
    administration: DatabaseAdministration,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<{ readonly step: DatabaseStep; readonly lookAt: number }> {
    const { name } = tenant.metadata;
    const dedicated = isDedicated(tenant);
    try {
      const application = dedicated ? tenant.spec.discord.applicationId : undefined;
      const { schema, worker, command, gateway } = await administration.ensureTenant(name, application);
      const times = [this.#o.now() + this.#o.checkMs];
      for (const [roles, secret] of [
        [worker, WORKER_DATABASE_SECRET],
        [command, COMMAND_DATABASE_SECRET],
        [gateway, GATEWAY_DATABASE_SECRET],
      ] as const) {
        if (roles === undefined) continue;
        this.#tellRoles(tenant, roles);
        const place = placeOf(tenant, secret);
        const {
          state,
          secret: written,
          until,
        } = await credentials.keep(roles.stem, place, isSecretOf(tenant), signal);
        if (state === 'taken') throw new StoreError(nameTaken(`Secret ${secret}`), 'RoleTaken');
        if (state === 'ending') throw new StoreError(`Secret ${secret} is being deleted.`, '55006');
        if (written !== undefined) this.#o.secrets.record(written);
        this.#tellCredential(tenant, secret, state);
        times.push(until.getTime());
      }
      await this.#forgetOldTranscripts(tenant, schema, administration);
      return { step: current(schema), lookAt: Math.min(...times) };
    } catch (error) {
      // What the API server says is tried again by whoever called.
      if (!(error instanceof StoreError)) throw error;
      const before = this.#known.get(name)?.step;
      const lookAt = this.#o.now() + RETRY_MS;
      // Known to be right a moment ago: sessions start, and are Degraded for as long as it is away.
      const away =
        isUnreachable(error) && before?.status === 'True' && this.#known.get(name)?.dedicated === dedicated;
      return { step: away ? before : failure(error), lookAt };
    }
  }

  /** Once a day, and again after a restart. A failure is tried again with the next look. */
  async #forgetOldTranscripts(
    { metadata: { name }, spec: { history } }: LiveTenant,
    schema: string,
    administration: DatabaseAdministration,
  ): Promise<void> {
    const { transcriptDays } = history;
    const last = this.#cleaned.get(name);
    const due = last === undefined || last.days !== transcriptDays || this.#o.now() >= last.at + DAY_MS;
    if (transcriptDays === undefined || !due) return;
    await administration.removeTranscripts(schema, transcriptDays);
    this.#cleaned.set(name, { at: this.#o.now(), days: transcriptDays });
  }

  /** Somebody has changed or removed a Secret, or the Tenant's topology. */
  #touched(tenant: LiveTenant, known: Known): boolean {
    const dedicated = isDedicated(tenant);
    if (dedicated !== known.dedicated) return true;
    if (known.step.status !== 'True') return false;
    const always = [WORKER_DATABASE_SECRET, COMMAND_DATABASE_SECRET];
    const names = dedicated ? [...always, GATEWAY_DATABASE_SECRET] : always;
    return names.some((name) => {
      const state = this.#o.secrets.state(tenantNamespace(tenant), name, [URL_KEY, ISSUED_AT_KEY]);
      return state === 'missing' || state === 'edited' || state === 'ending';
    });
  }

  #tellRoles(tenant: LiveTenant, { findings }: Roles): void {
    if (findings.length === 0 || !wasReady(tenant)) return;
    this.#tell(tenant, 'Restored', `In the database: ${findings.join('; ')}. It is as it should be again.`);
  }

  #tellCredential(tenant: LiveTenant, secret: string, state: CredentialState): void {
    if (state === 'rotated') this.#tell(tenant, 'PasswordRotated', `Secret ${secret} has a new password.`);
    if (!wasReady(tenant)) return;
    if (state === 'made') this.#tell(tenant, 'Restored', `Secret ${secret} was missing or of no use.`);
    if (state === 'restored') {
      this.#tell(
        tenant,
        'Restored',
        `The password in Secret ${secret} did not work any more; it does again.`,
      );
    }
  }

  #tell(tenant: LiveTenant, reason: 'Restored' | 'PasswordRotated', note: string): void {
    const fields = { type: 'Normal', reason, action: 'Restore', note: note.slice(0, 1024) } as const;
    this.#o.recorder.event({ resource: tenants, object: tenant }, fields);
  }
}

/** It has been through all of this before. */
function wasReady({ status }: LiveTenant): boolean {
  return findCondition(status?.conditions, 'DatabaseReady')?.status === 'True';
}

function placeOf(tenant: LiveTenant, name: string): CredentialPlace {
  return {
    name,
    namespace: tenantNamespace(tenant),
    labels: {
      [labels.managedBy]: MANAGED_BY,
      [labels.component]: 'database',
      [labels.tenant]: tenant.metadata.name,
    },
    owner: tenantOwner(tenant),
  };
}

function isSecretOf({ metadata }: LiveTenant): (secret: Live<Secret>) => boolean {
  return (secret) => belongsTo(secret, metadata.uid, labels.tenant, metadata.name);
}
