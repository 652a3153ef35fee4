// Names of everything that Skald makes in the cluster. Deterministic: a step that is repeated after a crash
// finds what it made before.
import { createHash } from 'node:crypto';
import type { VaultRef } from './generated/shared.ts';
import type { Tenant } from './generated/tenant.ts';

/** What a name is made from. Every object that the API server returned is one. */
export interface Named {
  readonly metadata: { readonly name: string };
}

export interface NamedInstance {
  readonly metadata: { readonly name: string; readonly uid: string };
}

export interface NamespacedInstance {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/** Room that a Job's name must leave for its pods' suffixes and the Secret's. */
const JOB_NAME_LENGTH = 52;

/** `<name of the session>-<8 hex digits of its UID's hash>`: a session made again under the name gets another. */
export function workerJobName(session: NamedInstance): string {
  const suffix = hash(session.metadata.uid, 8);
  const room = JOB_NAME_LENGTH - suffix.length - 1;
  const stem = session.metadata.name.slice(0, room).replace(/-+$/, '');
  return `${stem}-${suffix}`;
}

/** The Secret of a worker's Job, with the worker's certificate and its tenant's DSN. */
export function workerSecretName(jobName: string): string {
  return `${jobName}-session`;
}

/** The Secret of a session's own Job. */
export function sessionSecretName(session: NamedInstance): string {
  return workerSecretName(workerJobName(session));
}

/**
 * `warm-<10 hex digits>`: the Job of a warm worker, which keeps its name when a session claims it. What follows the
 * last dash of a session's own Job are 8 digits, so that no name is both.
 *
 * @param seed anything that is never used twice
 */
export function warmJobName(seed: string): string {
  return `warm-${hash(seed, 10)}`;
}

/** Whether the Job was made as a warm worker, claimed or not. */
export function isWarmJobName(jobName: string): boolean {
  return /^warm-[0-9a-f]{10}$/.test(jobName);
}

/** Key inside the Secret `skald-provider-keys` of what this reference in Vault holds; any path makes a valid one. */
export function providerKeyName({ path, key }: VaultRef): string {
  return `key-${hash(`${path}\n${key}`, 20)}`;
}

/** The Lease that says which session has the guild: one bot is in one voice channel of a guild. */
export function claimLeaseName(applicationId: string, guildId: string): string {
  return `claim-${applicationId}-${guildId}`;
}

/**
 * The Lease that says which session has the campaign. Neither name can hold a dot, so no two campaigns share one,
 * nor does one coincide with a guild's.
 */
export function campaignClaimLeaseName(namespace: string, campaign: string): string {
  return `claim-${namespace}.${campaign}`;
}

/**
 * The Lease of one of the places that a Tenant's `limits.concurrentSessions` allows, counted from 0. With its two dots
 * it coincides with no campaign's.
 */
export function slotClaimLeaseName(namespace: string, slot: number): string {
  return `claim-${namespace}.slot.${slot}`;
}

/** holderIdentity of all of them. */
export function claimHolder(session: NamespacedInstance): string {
  const { namespace, name, uid } = session.metadata;
  return `${namespace}/${name}/${uid}`;
}

/** The namespace that the Tenant wants; `status.namespace` is the one in use. */
export function tenantNamespace(
  tenant: Named & { readonly spec: Pick<Tenant['spec'], 'namespace'> },
): string {
  return tenant.spec.namespace ?? `skald-${tenant.metadata.name}`;
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
