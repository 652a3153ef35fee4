// "Free" is decided by the API server: a claim is a Lease whose creation succeeds for one session only. No cache,
// clock or change of leader can give a guild, a campaign or a tenant's place to two.
import {
  campaignClaimLeaseName,
  claimHolder,
  claimLeaseName,
  fieldManagers,
  isFinal,
  labels,
  MANAGED_BY,
  slotClaimLeaseName,
  type VoiceSession,
} from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  isAlreadyExists,
  isConflict,
  type Lease,
  type Live,
  type Logger,
  leases,
  Overlay,
} from '../../src/kube/index.ts';
import { type LiveSession, voiceSessions } from '../resources.ts';
import type { Claims } from './observation.ts';
import { isServed } from './places.ts';
import { isRecap } from './recaps.ts';
import { placesToTry } from './slots.ts';

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
  /** The claims of the system namespace ({@link CLAIM_SELECTOR}). What they say is a hint; the server decides. */
  readonly leases: Informer<Lease>;
  readonly sessions: Informer<VoiceSession>;
}

/** A tenant's places. */
export interface Places {
  /** `limits.concurrentSessions`. */
  readonly limit: number;
  /** UIDs of the tenant's other sessions that run. */
  readonly running: readonly string[];
}

/** Index of claims: UID of the session that holds it. */
const HOLDER_INDEX = 'holder';
/** Index of claims on places: namespace of the tenant. */
const PLACE_INDEX = 'place';

type Attempt = { readonly state: 'held' } | { readonly state: 'busy'; readonly holder: string };

export class ClaimRegistry {
  readonly #options: ClaimRegistryOptions;
  readonly #leases: Overlay<Lease>;

  constructor(options: ClaimRegistryOptions) {
    this.#options = options;
    this.#leases = new Overlay(options.leases);
    this.#leases.addIndex(HOLDER_INDEX, (lease) => present(holderOf(lease).uid));
    this.#leases.addIndex(PLACE_INDEX, (lease) =>
      lease.metadata?.labels?.[CLAIM_LABEL] === 'slot' ? present(holderOf(lease).namespace) : [],
    );
  }

  /**
   * Takes all claims or none. In one order for everyone, so that of two sessions that want the same ones one gets
   * all. Taking what the session holds already is no error.
   * @param places undefined: the tenant has no limit
   */
  async take(
    session: LiveSession,
    applicationId: string,
    places: Places | undefined,
    signal: AbortSignal,
  ): Promise<Claims> {
    const requests = claimsOf(session, applicationId);
    // Before anything is created: to take one and give it back wakes everybody who waits, this session, too.
    for (const { kind, name } of requests) {
      const holder = this.#knownHolder(name, session);
      if (holder !== undefined) return { state: 'busy', what: kind, holder };
    }
    const taken: ClaimRequest[] = [];
    for (const request of requests) {
      const attempt = await this.#take(session, request, signal);
      if (attempt.state === 'busy') {
        await this.#giveBack(session, taken, signal);
        return { state: 'busy', what: request.kind, holder: attempt.holder };
      }
      taken.push(request);
    }
    if (places === undefined || (await this.#takePlace(session, places, signal))) return { state: 'held' };
    await this.#giveBack(session, taken, signal);
    return { state: 'busy', what: 'slot' };
  }

  /** True when the session has one of the places. */
  async #takePlace(session: LiveSession, { limit, running }: Places, signal: AbortSignal): Promise<boolean> {
    const { namespace, uid } = session.metadata;
    const held = this.#leases.byIndex(PLACE_INDEX, namespace);
    const placed = new Set(held.flatMap((lease) => present(holderOf(lease).uid)));
    const unplaced = running.filter((other) => !placed.has(other)).length;
    const own = held.filter((lease) => holderOf(lease).uid === uid).map(placeOf);
    const others = held.filter((lease) => holderOf(lease).uid !== uid).map(placeOf);
    const range = placesToTry(limit, others, unplaced);
    const candidates = [...new Set([...own, ...Array(range).keys()])].filter((place) => place < range);
    for (const place of candidates) {
      const name = slotClaimLeaseName(namespace, place);
      if (this.#knownHolder(name, session) !== undefined) continue;
      const attempt = await this.#take(session, { kind: 'slot', name }, signal);
      if (attempt.state === 'held') return true;
    }
    return false;
  }

  /** Another session that certainly has the claim, as far as the cache knows. */
  #knownHolder(name: string, session: LiveSession): string | undefined {
    const lease = this.#leases.get({ namespace: this.#options.systemNamespace, name });
    if (lease === undefined) return undefined;
    const holder = holderOf(lease);
    if (holder.uid === undefined || holder.uid === session.metadata.uid) return undefined;
    const other = this.#options.sessions.get({ namespace: holder.namespace, name: holder.name });
    const runs = other?.metadata.uid === holder.uid && isServed(other.status?.phase);
    return runs ? (lease.spec?.holderIdentity ?? '') : undefined;
  }

  async #giveBack(session: LiveSession, taken: readonly ClaimRequest[], signal: AbortSignal): Promise<void> {
    await Promise.all(taken.map(({ name }) => this.#release(name, claimHolder(session), signal)));
  }

  /** Gives back what the session holds; others' claims stay. `applicationId` is unknown when the Tenant is gone. */
  async release(session: LiveSession, applicationId: string | undefined, signal: AbortSignal): Promise<void> {
    const holder = claimHolder(session);
    if (applicationId !== undefined) {
      const places = this.#leases.byIndex(HOLDER_INDEX, session.metadata.uid);
      const names = [
        ...claimsOf(session, applicationId).map(({ name }) => name),
        ...places.map(({ metadata: { name } }) => name),
      ];
      await Promise.all([...new Set(names)].map((name) => this.#release(name, holder, signal)));
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
        const created = await client.create(leases, this.#lease(session, claim), {
          fieldManager: fieldManagers.controller,
          signal,
        });
        this.#leases.record(created);
        return { state: 'held' };
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
      const lease = await client.find(leases, { namespace: systemNamespace, name: claim.name }, { signal });
      if (lease === undefined) continue;
      this.#leases.record(lease);
      other = lease.spec?.holderIdentity ?? '';
      if (other === holder) return { state: 'held' };
      if (!(await this.#removeOrphan(lease, signal))) break;
    }
    return { state: 'busy', holder: other };
  }

  /** True when the claim was an orphan and is gone. */
  async #removeOrphan(lease: Live<Lease>, signal: AbortSignal): Promise<boolean> {
    const { client, log } = this.#options;
    const { namespace, name, uid } = holderOf(lease);
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
  readonly kind: 'guild' | 'campaign' | 'slot';
  readonly name: string;
}

/** Each of the parts is missing in a Lease that somebody else made. */
function holderOf(lease: Lease): {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
} {
  const [namespace, name = '', uid] = (lease.spec?.holderIdentity ?? '').split('/');
  return { namespace, name, uid };
}

function present(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}

/** The number of the place that the Lease stands for. */
function placeOf({ metadata }: Live<Lease>): number {
  return Number(metadata.name.slice(metadata.name.lastIndexOf('.') + 1));
}

interface SessionClaim extends ClaimRequest {
  readonly kind: 'guild' | 'campaign';
}

/** A Recap is in no channel and plays nothing: it is in nobody's way. */
function claimsOf(session: LiveSession, applicationId: string): readonly SessionClaim[] {
  if (isRecap(session)) return [];
  const { guildId, campaignRef } = session.spec;
  return [
    { kind: 'guild', name: claimLeaseName(applicationId, guildId) },
    { kind: 'campaign', name: campaignClaimLeaseName(session.metadata.namespace, campaignRef.name) },
  ];
}
