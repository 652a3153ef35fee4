// "Free" is decided by the API server: a claim is a Lease whose creation succeeds for one session only. No cache,
// clock or change of leader can give a guild or a campaign to two.
import {
  campaignClaimLeaseName,
  claimHolder,
  claimLeaseName,
  fieldManagers,
  isFinal,
  labels,
  MANAGED_BY,
} from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  isAlreadyExists,
  isConflict,
  type Lease,
  type Live,
  type Logger,
  leases,
} from '../../src/kube/index.ts';
import { type LiveSession, voiceSessions } from '../resources.ts';
import type { Claims } from './observation.ts';

/** On claims: which kind. */
export const CLAIM_LABEL = 'skald.dev/claim';
export const CLAIM_SELECTOR = `${labels.managedBy}=${MANAGED_BY},${CLAIM_LABEL}`;

/** Two tries after clearing an orphan: another session may be quicker, and then it is busy. */
const ATTEMPTS = 3;

export interface ClaimRegistryOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly systemNamespace: string;
}

type Attempt = { readonly state: 'held' } | { readonly state: 'busy'; readonly holder: string };

export class ClaimRegistry {
  readonly #options: ClaimRegistryOptions;

  constructor(options: ClaimRegistryOptions) {
    this.#options = options;
  }

  /**
   * Takes both claims or none. In one order for everyone, so that of two sessions that want the same two one gets
   * both. Taking what the session holds already is no error.
   */
  async take(session: LiveSession, applicationId: string, signal: AbortSignal): Promise<Claims> {
    const [guild, campaign] = claimsOf(session, applicationId);
    const first = await this.#take(session, guild, signal);
    if (first.state === 'busy') return { state: 'busy', what: 'guild', holder: first.holder };
    const second = await this.#take(session, campaign, signal);
    if (second.state === 'held') return { state: 'held' };
    await this.#release(guild.name, claimHolder(session), signal);
    return { state: 'busy', what: 'campaign', holder: second.holder };
  }

  /** Gives back what the session holds; others' claims stay. `applicationId` is unknown when the Tenant is gone. */
  async release(session: LiveSession, applicationId: string | undefined, signal: AbortSignal): Promise<void> {
    const holder = claimHolder(session);
    if (applicationId !== undefined) {
      await Promise.all(
        claimsOf(session, applicationId).map(({ name }) => this.#release(name, holder, signal)),
      );
      return;
    }
    const { client, systemNamespace } = this.#options;
    const all = await client.listAll(leases, {
      namespace: systemNamespace,
      labelSelector: CLAIM_SELECTOR,
      signal,
    });
    const own = all.filter((lease) => lease.spec?.holderIdentity === holder);
    await Promise.all(own.map((lease) => this.#delete(lease, signal)));
  }

  /** Removes claims whose session is gone or over: what a crash or a lost finalizer left. */
  async sweep(signal: AbortSignal): Promise<number> {
    const { client, systemNamespace } = this.#options;
    const all = await client.listAll(leases, {
      namespace: systemNamespace,
      labelSelector: CLAIM_SELECTOR,
      signal,
    });
    const removed = await Promise.all(all.map((lease) => this.#removeOrphan(lease, signal)));
    return removed.filter(Boolean).length;
  }

  async #take(session: LiveSession, claim: ClaimRequest, signal: AbortSignal): Promise<Attempt> {
    const { client, systemNamespace } = this.#options;
    const holder = claimHolder(session);
    let other = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        await client.create(leases, this.#lease(session, claim), {
          fieldManager: fieldManagers.controller,
          signal,
        });
        return { state: 'held' };
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
      const lease = await client.find(leases, { namespace: systemNamespace, name: claim.name }, { signal });
      if (lease === undefined) continue;
      other = lease.spec?.holderIdentity ?? '';
      if (other === holder) return { state: 'held' };
      if (!(await this.#removeOrphan(lease, signal))) break;
    }
    return { state: 'busy', holder: other };
  }

  /** True when the claim was an orphan and is gone. */
  async #removeOrphan(lease: Live<Lease>, signal: AbortSignal): Promise<boolean> {
    const { client, log } = this.#options;
    const [namespace, name, uid] = (lease.spec?.holderIdentity ?? '').split('/');
    if (namespace && name && uid) {
      // From the server, not from a cache: a cache may not know the session yet.
      const session = await client.find(voiceSessions, { namespace, name }, { signal });
      if (session?.metadata.uid === uid && !isFinal(session.status?.phase)) return false;
    }
    log.warn(
      { claim: lease.metadata.name, holder: lease.spec?.holderIdentity },
      'Removing an orphaned claim',
    );
    return this.#delete(lease, signal);
  }

  async #release(name: string, holder: string, signal: AbortSignal): Promise<void> {
    const { client, systemNamespace } = this.#options;
    const lease = await client.find(leases, { namespace: systemNamespace, name }, { signal });
    if (lease?.spec?.holderIdentity === holder) await this.#delete(lease, signal);
  }

  /** Only the very Lease that was looked at: its name may be another's by now. */
  async #delete(lease: Live<Lease>, signal: AbortSignal): Promise<boolean> {
    const { client, systemNamespace } = this.#options;
    const { name, uid, resourceVersion } = lease.metadata;
    try {
      await client.delete(leases, { namespace: systemNamespace, name }, { uid, resourceVersion, signal });
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  #lease(session: LiveSession, claim: ClaimRequest): Lease {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: claim.name,
        namespace: this.#options.systemNamespace,
        labels: {
          [labels.managedBy]: MANAGED_BY,
          [CLAIM_LABEL]: claim.kind,
          [labels.session]: session.metadata.name,
          [labels.sessionUid]: session.metadata.uid,
        },
      },
      spec: {
        holderIdentity: claimHolder(session),
        acquireTime: new Date(this.#options.clock.now()).toISOString().replace(/Z$/, '000Z'),
      },
    };
  }
}

interface ClaimRequest {
  readonly kind: 'guild' | 'campaign';
  readonly name: string;
}

function claimsOf(
  session: LiveSession,
  applicationId: string,
): readonly [guild: ClaimRequest, campaign: ClaimRequest] {
  const { guildId, campaignRef } = session.spec;
  return [
    { kind: 'guild', name: claimLeaseName(applicationId, guildId) },
    { kind: 'campaign', name: campaignClaimLeaseName(session.metadata.namespace, campaignRef.name) },
  ];
}
