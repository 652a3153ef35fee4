// A Tenant's conditions from what was observed: pure.
import {
  type Condition,
  setCondition,
  type TenantConditionType,
  type TenantReason,
  type TenantStatus,
  type TenantUsage,
} from '../../src/api/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';
import type { CertificatesState } from '../certificates/keeper.ts';
import type { LiveTenant } from '../resources.ts';
import type { Conflict } from './conflict.ts';
import type { DiscordState } from './discord.ts';

/** How one step went: `true`, or why not. */
export type Step =
  | { readonly status: 'True'; readonly reason: TenantReason; readonly message: string }
  | { readonly status: 'False' | 'Unknown'; readonly reason: TenantReason; readonly message: string };

export interface TenantObservation {
  readonly now: Date;
  readonly tenant: LiveTenant;
  readonly conflict: Conflict | undefined;
  /** Each undefined when the pass did not come that far. */
  readonly namespace: Step | undefined;
  readonly gateway: Step | undefined;
  readonly database: (Step & { readonly configured: boolean }) | undefined;
  readonly certificates: CertificatesState;
  readonly discord: DiscordState | undefined;
  /** The bot token at rest. Undefined: this process has not looked yet, and what was said before stays. */
  readonly token: Step | undefined;
  /** The Tenant's own provider keys in Vault; undefined as for the token. */
  readonly providerKeys: Step | undefined;
  /** Undefined: nothing is counted. */
  readonly usage: TenantUsage | undefined;
  /** The namespace and the gateway in use. */
  readonly inUse: { readonly namespace: string; readonly gateway: string | undefined } | undefined;
}

const NOT_YET: Step = { status: 'Unknown', reason: 'Reconciling', message: 'Not looked at yet.' };

export function tenantStatus(o: TenantObservation): TenantStatus {
  const steps = stepsOf(o);
  const ready = summary(o, steps);
  let conditions: readonly Condition[] = o.tenant.status?.conditions ?? [];
  for (const [type, step] of [['Ready', ready] as const, ...steps]) {
    const message = redactText(step.message).slice(0, 1024);
    const observation = { type, ...pick(step), message, observedGeneration: o.tenant.metadata.generation };
    conditions = setCondition(conditions, observation, o.now);
  }
  return {
    conditions,
    ...(o.usage === undefined ? {} : { usage: o.usage }),
    ...(o.inUse === undefined ? {} : { namespace: o.inUse.namespace }),
    ...(o.inUse?.gateway === undefined ? {} : { gateway: o.inUse.gateway }),
    ...(o.tenant.metadata.generation === undefined
      ? {}
      : { observedGeneration: o.tenant.metadata.generation }),
  };
}

/** What a gateway says is its own word: it may be of another version. */
type Observed = Step | DiscordState;

function stepsOf(o: TenantObservation): readonly (readonly [TenantConditionType, Observed])[] {
  const refused: Step | undefined =
    o.conflict === undefined
      ? undefined
      : { status: 'False', reason: o.conflict.reason, message: o.conflict.message };
  return [
    ['NamespaceReady', refused ?? o.namespace ?? NOT_YET],
    ['GatewayAssigned', refused ?? o.gateway ?? NOT_YET],
    ['CertificatesReady', certificates(o.certificates)],
    ['DatabaseReady', o.database ?? NOT_YET],
    ['TokenEncrypted', o.token ?? saidBefore(o, 'TokenEncrypted')],
    ['ProviderKeysReady', o.providerKeys ?? saidBefore(o, 'ProviderKeysReady')],
    ['DiscordConnected', o.discord ?? NOT_YET],
  ];
}

/** A new leader has not looked at everything yet, and what the one before it found still holds. */
function saidBefore({ tenant }: TenantObservation, type: TenantConditionType): Observed {
  return tenant.status?.conditions?.find((condition) => condition.type === type) ?? NOT_YET;
}

function certificates(state: CertificatesState): Step {
  return state.ready
    ? { status: 'True', reason: 'CertificatesReady', message: 'Certificates can be issued.' }
    : { status: 'False', reason: 'CertificateAuthorityMissing', message: state.message };
}

/** The first thing that keeps sessions from being started, in the order in which one would mend them. */
function summary(
  o: TenantObservation,
  steps: readonly (readonly [TenantConditionType, Observed])[],
): Observed {
  if (o.tenant.metadata.deletionTimestamp !== undefined) {
    return { status: 'False', reason: 'Terminating', message: 'The Tenant is being deleted.' };
  }
  for (const [type, step] of steps) {
    const optional =
      type === 'TokenEncrypted' ||
      type === 'ProviderKeysReady' ||
      (type === 'DatabaseReady' && o.database?.configured === false);
    if (!optional && step.status !== 'True') return step;
  }
  return { status: 'True', reason: 'Ready', message: 'Sessions can be started.' };
}

function pick({ status, reason }: Observed): Pick<Observed, 'status' | 'reason'> {
  return { status, reason };
}
