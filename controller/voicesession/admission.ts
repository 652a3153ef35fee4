// Who may start: an ordered chain of small checks, each of which says why not. The claims of guild, campaign and
// place are not among them: only the API server can decide those (claims.ts).
import { monthlySpendReached } from '../../src/admission/budget.ts';
import { guildRefusal } from '../../src/admission/session.ts';
import { findCondition, isTrue, type PendingReason, type Profile } from '../../src/api/index.ts';
import { monthOf } from '../tenant/month.ts';
import type { Claims, Observation } from './observation.ts';
import { isRecap, mostRecaps } from './recaps.ts';

export interface Refusal {
  readonly reason: PendingReason;
  /** For the person who started the session. */
  readonly message: string;
  /** False: what time cannot mend fails at once. */
  readonly waits: boolean;
}

type Policy = (observation: Observation) => Refusal | undefined;

/** In order: the first refusal is the one that people can do something about. */
const policies: readonly Policy[] = [
  modeIsAvailable,
  tenantExists,
  tenantIsReady,
  guildIsAllowed,
  campaignExists,
  campaignIsReady,
  profileIsAvailable,
  hoursAreLeft,
  spendIsLeft,
  sessionsAreLeft,
  recapsAreLeft,
];

/** Undefined when nothing but the claims stands in the way. */
export function refusalOf(observation: Observation): Refusal | undefined {
  for (const policy of policies) {
    const refusal = policy(observation);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The refusal that a lost claim means. */
export function refusalOfClaim(claim: Extract<Claims, { state: 'busy' }>): Refusal {
  if (claim.what === 'slot') {
    const message = 'Other sessions have all places that the Tenant’s limits.concurrentSessions allows.';
    return { reason: 'QuotaExceeded', message, waits: true };
  }
  const [namespace, name] = claim.holder.split('/');
  const holder = `VoiceSession ${namespace}/${name}`;
  return claim.what === 'guild'
    ? { reason: 'GuildBusy', message: `${holder} uses this Discord server.`, waits: true }
    : { reason: 'CampaignBusy', message: `${holder} plays this campaign.`, waits: true };
}

/** The profile that the session runs with. */
export function profileOf({ session, tenant }: Pick<Observation, 'session' | 'tenant'>): Profile {
  return session.spec.profile ?? tenant?.spec.worker.profile ?? 'cloud';
}

function modeIsAvailable({ session, limits }: Observation): Refusal | undefined {
  if (!isRecap(session) || limits.hasDatabase) return undefined;
  const message =
    'A Recap is made from the transcript, and this installation has no database that keeps one.';
  return { reason: 'ModeNotAvailable', message, waits: false };
}

function tenantExists({ tenant, session }: Observation): Refusal | undefined {
  if (tenant !== undefined) return undefined;
  const message = `Namespace ${session.metadata.namespace} belongs to no Tenant.`;
  return { reason: 'TenantNotReady', message, waits: true };
}

function tenantIsReady({ tenant }: Observation): Refusal | undefined {
  if (isTrue(tenant?.status?.conditions, 'Ready')) return undefined;
  const ready = findCondition(tenant?.status?.conditions, 'Ready');
  const why = ready === undefined ? 'it was not looked at yet' : `${ready.reason}: ${ready.message}`;
  return { reason: 'TenantNotReady', message: `The Tenant is not ready: ${why}`, waits: true };
}

function guildIsAllowed({ tenant, session }: Observation): Refusal | undefined {
  const refusal = guildRefusal(session, tenant);
  return refusal && { reason: refusal.reason, message: refusal.message, waits: false };
}

function campaignExists({ campaign, session }: Observation): Refusal | undefined {
  if (campaign !== undefined && campaign.metadata.deletionTimestamp === undefined) return undefined;
  const { namespace } = session.metadata;
  const message = `There is no Campaign ${session.spec.campaignRef.name} in namespace ${namespace}.`;
  return { reason: 'CampaignNotReady', message, waits: true };
}

function campaignIsReady({ campaign }: Observation): Refusal | undefined {
  const ready = findCondition(campaign?.status?.conditions, 'Ready');
  // What was changed since it was looked at may be what would be refused.
  const current = ready !== undefined && ready.observedGeneration === campaign?.metadata.generation;
  if (current && ready.status === 'True') return undefined;
  const why = current ? `${ready.reason}: ${ready.message}` : 'it was not looked at yet';
  return { reason: 'CampaignNotReady', message: `The Campaign is not ready: ${why}`, waits: true };
}

function profileIsAvailable(observation: Observation): Refusal | undefined {
  const profile = profileOf(observation);
  if (observation.limits.profiles.has(profile)) return undefined;
  const message = `This installation has no image for profile ${profile}.`;
  return { reason: 'ProfileNotAvailable', message, waits: false };
}

function hoursAreLeft(observation: Observation): Refusal | undefined {
  const hours = monthlyHours(observation);
  if (hours === undefined || hours.endAt > observation.now) return undefined;
  return { reason: 'QuotaExceeded', message: hours.message, waits: false };
}

/**
 * When the tenant's hours of this month are used up, if the sessions that run now go on; undefined: never. They are hours
 * of voice: a Recap uses none.
 */
export function monthlyHours({
  now,
  session,
  tenant,
  monthUse,
}: Observation): { readonly endAt: Date; readonly message: string } | undefined {
  const limit = tenant?.spec.limits.sessionHoursPerMonth;
  if (limit === undefined || monthUse === undefined || isRecap(session)) return undefined;
  const left = limit * 3600 - monthUse.seconds;
  const endAt = new Date(now.getTime() + (left / Math.max(1, monthUse.running)) * 1000);
  return { endAt, message: `The Tenant's ${limit} session hours of this month are used up.` };
}

/** At the soft limit, too: nobody would be answered. */
function spendIsLeft(observation: Observation): Refusal | undefined {
  const message = monthlyCapReached(observation) ?? softLimitReached(observation);
  return message === undefined ? undefined : { reason: 'SpendCapReached', message, waits: false };
}

type Budget = Pick<Observation, 'now' | 'tenant'>;

/** Why no session of the tenant goes on this month, running ones included; undefined while the cap is not reached. */
export function monthlyCapReached(budget: Budget): string | undefined {
  const limit = reachedNow(budget, 'hard');
  return limit === undefined
    ? undefined
    : `The Tenant's spend of this month has reached its hard cap of ${limit} USD.`;
}

function softLimitReached(budget: Budget): string | undefined {
  const limit = reachedNow(budget, 'soft');
  return limit === undefined
    ? undefined
    : `The Tenant's spend of this month has reached its soft limit of ${limit} USD: no new session starts.`;
}

/** What was used in another month is still in the status for a moment when this one begins. */
function reachedNow({ now, tenant }: Budget, which: 'soft' | 'hard'): number | undefined {
  if (tenant === undefined) return undefined;
  return monthlySpendReached(tenant, which, monthOf(now, tenant.spec.timeZone));
}

/** Whoever has waited longer goes first. */
function sessionsAreLeft(observation: Observation): Refusal | undefined {
  const { session, tenant, otherActiveSessions, waitingBefore } = observation;
  if (isRecap(session)) return undefined;
  const limit = tenant?.spec.limits.concurrentSessions;
  if (limit === undefined || otherActiveSessions + waitingBefore < limit) return undefined;
  const others = waitingBefore === 0 ? '' : ` ${waitingBefore} more waited before this one.`;
  const message = `The Tenant runs ${otherActiveSessions} of ${limit} sessions.${others}`;
  return { reason: 'QuotaExceeded', message, waits: true };
}

function recapsAreLeft({ session, tenant, otherRecaps }: Observation): Refusal | undefined {
  const most = mostRecaps(tenant?.spec.limits.concurrentSessions);
  if (!isRecap(session) || otherRecaps < most) return undefined;
  const message = `The Tenant has ${otherRecaps} of ${most} recaps written just now.`;
  return { reason: 'RecapsBusy', message, waits: true };
}
