// Who may start: an ordered chain of small checks, each of which says why not. The claims of guild, campaign and
// place are not among them: only the API server can decide those (claims.ts).
import { guildRefusal } from '../../src/admission/session.ts';
import { findCondition, isTrue, type PendingReason, type Profile } from '../../src/api/index.ts';
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

/** Hours are hours of voice: a Recap uses none. */
function hoursAreLeft({ tenant, session }: Observation): Refusal | undefined {
  if (isRecap(session)) return undefined;
  const limit = tenant?.spec.limits.sessionHoursPerMonth;
  const used = tenant?.status?.usage?.hoursThisMonth ?? 0;
  if (limit === undefined || used < limit) return undefined;
  const message = `The Tenant's ${limit} session hours of this month are used up.`;
  return { reason: 'QuotaExceeded', message, waits: false };
}

function spendIsLeft(observation: Observation): Refusal | undefined {
  const message = monthlySpendReached(observation);
  return message === undefined ? undefined : { reason: 'SpendCapReached', message, waits: false };
}

/** Why no session of the tenant goes on this month, running ones included; undefined while the cap is not reached. */
export function monthlySpendReached({ tenant }: Pick<Observation, 'tenant'>): string | undefined {
  const limit = tenant?.spec.limits.spendPerMonth?.hard;
  const used = tenant?.status?.usage?.spendThisMonth ?? 0;
  if (limit === undefined || used < limit) return undefined;
  return `The Tenant's spend of this month has reached its hard cap of ${limit} USD.`;
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
