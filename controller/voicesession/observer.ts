// What a decision is made from, gathered: caches, the clock, and what the pass has learnt itself.
import { type Campaign, isLive, type VoiceSession } from '../../src/api/index.ts';
import type { Clock, Informer, Live, Node, Overlay } from '../../src/kube/index.ts';
import type { LiveSession, LiveTenant } from '../resources.ts';
import { isSettled, type MonthUse, monthUse } from '../tenant/usage.ts';
import { type NodeView, viewNode } from './node-view.ts';
import type { CertificateState, Claims, Observation, SessionLimits } from './observation.ts';
import { holdsPlace, isBefore, isServed, waitsForPlace } from './places.ts';
import { isRecap } from './recaps.ts';
import type { CertificateInUse } from './renewal.ts';
import type { SessionWorkers } from './session-workers.ts';
import { availableProfiles } from './sidecars.ts';
import type { WorkerObjects } from './worker-objects.ts';
import type { WorkerInstallation } from './worker-pod.ts';
import { type PodView, viewJob, viewPods } from './worker-view.ts';

/** Then the session starts cold: who loses so often is better off without. */
const MOST_SPARES_LOST = 3;

/** What one pass has learnt that no cache knows. */
export interface Learnt {
  readonly claims: Claims;
  readonly certificate: CertificateState;
  readonly inUse: CertificateInUse | undefined;
  /** Spares that somebody else was quicker to claim. */
  readonly sparesLost: number;
  readonly cleaned: boolean;
  /** Why the API server does not let the worker be made. */
  readonly refused: string | undefined;
}

export interface SessionObserverOptions {
  readonly clock: Clock;
  readonly installation: WorkerInstallation;
  readonly sessions: Overlay<VoiceSession>;
  readonly campaigns: Informer<Campaign>;
  readonly nodes: Informer<Node>;
  readonly workers: SessionWorkers;
  readonly objects: WorkerObjects;
  readonly tenantOf: (namespace: string) => LiveTenant | undefined;
}

export class SessionObserver {
  readonly #o: SessionObserverOptions;
  readonly #limits: SessionLimits;

  constructor(options: SessionObserverOptions) {
    this.#o = options;
    const { settings } = options.installation;
    const { hasDatabase } = options.installation;
    this.#limits = { ...settings.session, profiles: availableProfiles(settings.worker), hasDatabase };
  }

  observe(session: LiveSession, learnt: Learnt): Observation {
    const { namespace } = session.metadata;
    const job = this.#o.workers.jobOf(session);
    const tenant = this.#o.tenantOf(namespace);
    const limited = tenant?.spec.limits.concurrentSessions !== undefined || isRecap(session);
    const competes = isPending(session) && limited;
    const others = competes ? this.#others(session) : [];
    const views = viewPods(this.#o.workers.podsOf(session));
    return {
      now: new Date(this.#o.clock.now()),
      session,
      tenant,
      campaign: this.campaignOf(session),
      monthUse: this.#monthUse(tenant, namespace),
      otherActiveSessions: others.filter(holdsPlace).length,
      otherRecaps: others.filter((other) => isRecap(other) && isServed(other.status?.phase)).length,
      waitingBefore: others.filter((other) => waitsForPlace(other) && isBefore(other, session)).length,
      claims: learnt.claims,
      certificate: learnt.certificate,
      inUse: learnt.inUse,
      job: job === undefined ? undefined : viewJob(job),
      pods: views,
      refused: learnt.refused,
      madeOtherwise: isLive(session.status?.phase)
        ? this.#o.objects.madeOtherwise(session, tenant, this.campaignOf(session), job)
        : [],
      node: this.#nodeOf(views),
      settled: isSettled(session, tenant),
      spare:
        isPending(session) && !isRecap(session) && job === undefined && learnt.sparesLost < MOST_SPARES_LOST
          ? this.#o.objects.spareFor(session, tenant, this.campaignOf(session))
          : undefined,
      cleaned: learnt.cleaned,
      limits: this.#limits,
    };
  }

  /** The tenant's sessions without this one. */
  #others({ metadata: { namespace, uid } }: LiveSession): readonly Live<VoiceSession>[] {
    return this.#o.sessions.list(namespace).filter((other) => other.metadata.uid !== uid);
  }

  #monthUse(tenant: LiveTenant | undefined, namespace: string | undefined): MonthUse | undefined {
    if (tenant?.spec.limits.sessionHoursPerMonth === undefined) return undefined;
    const now = new Date(this.#o.clock.now());
    const sessions = this.#o.sessions.list(namespace);
    return monthUse(tenant.status?.usage, sessions, now, tenant.spec.timeZone);
  }

  /** UIDs of the tenant's other sessions that have a place. */
  running(session: LiveSession): string[] {
    return this.#others(session)
      .filter(holdsPlace)
      .map(({ metadata: { uid } }) => uid);
  }

  #nodeOf(pods: readonly PodView[]): NodeView | undefined {
    const name = pods.findLast(({ state }) => state !== 'ended')?.node;
    const node = name === undefined ? undefined : this.#o.nodes.get({ name });
    return node === undefined ? undefined : viewNode(node);
  }

  campaignOf({ metadata: { namespace }, spec }: LiveSession): Live<Campaign> | undefined {
    return this.#o.campaigns.get({ namespace, name: spec.campaignRef.name });
  }
}

export function isPending({ status }: LiveSession): boolean {
  return status?.phase === undefined || status.phase === 'Pending';
}
