// The effects of a VoiceSession: looks, asks decide.ts, writes the status, performs the action. No rule is here.
import {
  type Campaign,
  fieldManagers,
  finalizers,
  type VoiceSession,
  workerJobName,
  workerSecretName,
} from '../../src/api/index.ts';
import {
  Applier,
  addFinalizer,
  type Client,
  type Clock,
  type EventRecorder,
  formatKey,
  type Informer,
  type Job,
  keyOf,
  type Live,
  type Logger,
  type Node,
  type ObjectKey,
  Overlay,
  type Pod,
  type PodDisruptionBudget,
  pods,
  removeFinalizer,
} from '../../src/kube/index.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import type { CertificateIssuer, WorkerCertificate } from '../certificates/issuer.ts';
import { nameTaken } from '../children/events.ts';
import { removeFromHistory } from '../history.ts';
import type { SessionMetrics } from '../metrics.ts';
import {
  type LiveSession,
  type LiveTenant,
  namespaced,
  sessionStatuses,
  voiceSessions,
} from '../resources.ts';
import type { WarmPool } from '../warm/pool.ts';
import { SessionChildren } from './children.ts';
import type { ClaimRegistry } from './claims.ts';
import { type Action, type Decision, decide } from './decide.ts';
import { KeyedMutex } from './mutex.ts';
import type { CertificateState, Claims, Observation } from './observation.ts';
import { isPending, type Learnt, SessionObserver } from './observer.ts';
import { isRecap } from './recaps.ts';
import { PodRefusals, refusalIn } from './refusals.ts';
import type { CertificateInUse } from './renewal.ts';
import type { Revocations } from './revocations.ts';
import type { SecretWatch } from './secret-watch.ts';
import { SessionCertificates } from './session-certificates.ts';
import { SessionWorkers } from './session-workers.ts';
import { isWritten, type OwnStatus } from './status.ts';
import { chaptersBetween } from './story.ts';
import type { WorkerCertificates } from './worker-certificates.ts';
import { WorkerObjects } from './worker-objects.ts';
import type { WorkerInstallation } from './worker-pod.ts';

/** More steps than any path has: a session that needs more is a bug, and says so. */
const MOST_STEPS = 10;

export interface SessionReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly installation: WorkerInstallation;
  readonly issuer: CertificateIssuer;
  readonly certificates: WorkerCertificates;
  readonly revocations: Revocations;
  readonly claims: ClaimRegistry;
  readonly metrics: SessionMetrics;
  readonly sessions: Informer<VoiceSession>;
  readonly campaigns: Informer<Campaign>;
  readonly jobs: Overlay<Job>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly budgets: Informer<PodDisruptionBudget>;
  readonly secrets: SecretWatch;
  readonly warm: WarmPool;
  readonly tenantOf: (namespace: string) => LiveTenant | undefined;
}

interface Pass extends Learnt {
  refused: string | undefined;
  claims: Claims;
  certificate: CertificateState;
  inUse: CertificateInUse | undefined;
  material?: WorkerCertificate;
  sparesLost: number;
  cleaned: boolean;
}

function newPass(): Pass {
  return {
    claims: { state: 'unknown' },
    certificate: { state: 'none' },
    inUse: undefined,
    sparesLost: 0,
    cleaned: false,
    refused: undefined,
  };
}

export class SessionReconciler {
  readonly #o: SessionReconcilerOptions;
  readonly #sessions: Overlay<VoiceSession>;
  readonly #workers: SessionWorkers;
  readonly #objects: WorkerObjects;
  readonly #certificates: SessionCertificates;
  readonly #children: SessionChildren;
  readonly #applier: Applier;
  readonly #admission = new KeyedMutex();
  readonly #observer: SessionObserver;
  readonly #refusals: PodRefusals;

  constructor(options: SessionReconcilerOptions) {
    this.#o = options;
    this.#sessions = new Overlay(options.sessions);
    this.#workers = new SessionWorkers(options.jobs, options.pods);
    this.#certificates = new SessionCertificates({ ...options, workers: this.#workers });
    this.#objects = new WorkerObjects({ ...options, workers: this.#workers });
    this.#children = new SessionChildren({
      ...options,
      objects: this.#objects,
      issue: (session, jobName, signal) => this.#certificates.issue(session, jobName, signal),
    });
    this.#refusals = new PodRefusals({ ...options, workers: this.#workers });
    this.#applier = new Applier({ client: options.client, fieldManager: fieldManagers.controller });
    this.#observer = new SessionObserver({
      ...options,
      sessions: this.#sessions,
      workers: this.#workers,
      objects: this.#objects,
    });
  }

  async reconcile(
    key: ObjectKey,
    { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const session = this.#current(key);
    if (session === undefined) {
      await this.#letGoOfOrphans(key, signal);
      return undefined;
    }
    const work = () => this.#steps(this.#current(key) ?? session, signal, log);
    return isPending(session) ? this.#admission.run(session.metadata.namespace, work) : work();
  }

  #current(key: ObjectKey): LiveSession | undefined {
    const session = this.#sessions.get(key);
    return session === undefined ? undefined : namespaced(session);
  }

  async #steps(
    first: LiveSession,
    signal: AbortSignal,
    log: Logger,
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const pass = newPass();
    const pod = await this.#refusals.look(first, signal);
    pass.refused = pod.message;
    let session = first;
    for (let step = 0; step < MOST_STEPS; step++) {
      pass.inUse = await this.#certificates.inUse(session, signal);
      const observation = this.#observer.observe(session, pass);
      const decision = decide(observation);
      const before = session.status?.phase;
      session = await this.#perform(session, decision, observation, pass, signal, log);
      await this.#objects.adopt(session, this.#o.tenantOf(session.metadata.namespace), signal);
      if (decision.letGo !== undefined)
        await this.#objects.letGo(session.metadata.namespace, decision.letGo, signal);
      const { action, wakeAt } = decision;
      const again =
        action.kind === 'claim' ||
        action.kind === 'claimSpare' ||
        action.kind === 'issue' ||
        action.kind === 'renew' ||
        action.kind === 'cleanUp' ||
        (action.kind === 'provision' && pass.refused !== undefined && observation.refused === undefined) ||
        (action.kind === 'none' && session.status?.phase !== before);
      if (again) continue;
      const tenant = this.#o.tenantOf(session.metadata.namespace);
      const parts = {
        tenant,
        campaign: this.#observer.campaignOf(session),
        job: this.#workers.jobOf(session),
      };
      const retryMs = await this.#children.attend(session, parts, signal);
      const wakeMs = wakeAt === undefined ? undefined : wakeAt.getTime() - this.#o.clock.now();
      return soonest(wakeMs, retryMs, pod.againMs);
    }
    throw new Error(`VoiceSession ${formatKey(keyOf(first))} did not settle in ${MOST_STEPS} steps`);
  }

  async #perform(
    session: LiveSession,
    { status, action }: Decision,
    observation: Observation,
    pass: Pass,
    signal: AbortSignal,
    log: Logger,
  ): Promise<LiveSession> {
    switch (action.kind) {
      case 'claim':
        return this.#claim(session, observation, pass, signal);
      case 'claimSpare':
        if (!(await this.#objects.claimSpare(session, this.#requireTenant(session), action.jobName, signal)))
          pass.sparesLost++;
        return session;
      case 'issue':
        await this.#issue(session, pass, signal);
        return session;
      case 'renew':
        pass.certificate = await this.#certificates.renew(session, action.what, { signal, log });
        return session;
      case 'provision': {
        const tenant = this.#requireTenant(session);
        try {
          // The Secret does not wait for the status; the Job waits for both: a worker is served only when the
          // status names its Job.
          const [written] = await allDone([
            this.#write(session, status, signal),
            this.#writeSecret(session, tenant, pass, signal),
          ]);
          const campaign = this.#observer.campaignOf(session);
          await this.#objects.createJob(written, tenant, campaign, { signal, log });
          return written;
        } catch (error) {
          pass.refused = refusalIn(error);
          if (pass.refused === undefined) throw error;
          return this.#current(keyOf(session)) ?? session;
        }
      }
      default: {
        const written = await this.#write(session, status, signal);
        return this.#finish(written, action, observation, pass, signal);
      }
    }
  }

  async #finish(
    session: LiveSession,
    action: Exclude<Action, { kind: 'claim' | 'claimSpare' | 'issue' | 'renew' | 'provision' }>,
    observation: Observation,
    pass: Pass,
    signal: AbortSignal,
  ): Promise<LiveSession> {
    const { client } = this.#o;
    switch (action.kind) {
      case 'none':
        return session;
      case 'evict': {
        const { namespace } = session.metadata;
        const { name, uid } = action.pod;
        await client.delete(pods, { namespace, name }, { uid, signal });
        return session;
      }
      case 'kill':
        await this.#objects.kill(session, observation, action.force, signal);
        return session;
      case 'cleanUp':
        await this.#cleanUp(session, signal);
        pass.cleaned = true;
        return session;
      case 'release': {
        if (!session.metadata.finalizers?.includes(finalizers.session)) return session;
        await removeFinalizer(client, voiceSessions, session, finalizers.session, { signal });
        return session;
      }
      case 'forget':
        await removeFromHistory(client, session, signal);
        return session;
    }
  }

  async #claim(
    session: LiveSession,
    { spare }: Observation,
    pass: Pass,
    signal: AbortSignal,
  ): Promise<LiveSession> {
    const tenant = this.#requireTenant(session);
    const limit = tenant.spec.limits.concurrentSessions;
    const places =
      limit === undefined || isRecap(session)
        ? undefined
        : { limit, running: this.#observer.running(session) };
    // Together: the certificate costs a few milliseconds of CPU, the others a round trip each.
    const [claims, held] = await allDone([
      this.#o.claims.take(session, tenant.spec.discord.applicationId, places, signal),
      addFinalizer(this.#o.client, voiceSessions, session, finalizers.session, { signal }),
      // A spare has its own.
      spare === undefined ? this.#issue(session, pass, signal) : Promise.resolve(),
    ]);
    pass.claims = claims;
    return this.#record(held);
  }

  async #issue(session: LiveSession, pass: Pass, signal: AbortSignal): Promise<void> {
    try {
      const material = await this.#certificates.issue(session, workerJobName(session), signal);
      pass.material = material;
      pass.certificate = { state: 'issued', notAfter: material.notAfter };
    } catch (error) {
      pass.certificate = { state: 'failed', message: errorText(error) };
    }
  }

  /** @throws Error when something else has its name: the pod would mount that */
  async #writeSecret(
    session: LiveSession,
    tenant: LiveTenant,
    pass: Pass,
    signal: AbortSignal,
  ): Promise<void> {
    const jobName = workerJobName(session);
    const request = { jobName, material: materialOf(pass) };
    if (await this.#objects.writeSecret(session, tenant, request, signal)) return;
    const { namespace } = session.metadata;
    throw new Error(nameTaken(`Secret ${namespace}/${workerSecretName(jobName)}`));
  }

  async #cleanUp(session: LiveSession, signal: AbortSignal): Promise<void> {
    const { namespace } = session.metadata;
    const tenant = this.#o.tenantOf(namespace);
    const own = this.#workers.named(keyOf(session)).map((pod) => pod.metadata.name);
    // Whatever has the finalizer may have got further than its status says: the status is written last.
    const began =
      session.metadata.finalizers?.includes(finalizers.session) === true ||
      session.status?.worker?.jobName !== undefined;
    await Promise.all([
      began ? this.#objects.remove(session, signal) : undefined,
      this.#objects.letGo(namespace, own, signal),
    ]);
    // Last: whoever gets the guild next must not meet this session's worker.
    await this.#o.claims.release(session, tenant?.spec.discord.applicationId, signal);
  }

  /** The session is gone; its pods must not hang on a finalizer that nobody would take off. */
  async #letGoOfOrphans(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const orphans = this.#workers.named(key);
    await this.#objects.letGo(
      key.namespace ?? '',
      orphans.map((pod) => pod.metadata.name),
      signal,
    );
  }

  async #write(session: LiveSession, status: OwnStatus, signal: AbortSignal): Promise<LiveSession> {
    if (isWritten(status, session)) return session;
    const { namespace, name, uid, resourceVersion } = session.metadata;
    const moves = status.phase !== session.status?.phase;
    const wanted = {
      apiVersion: session.apiVersion,
      kind: session.kind,
      // A phase follows from the one before: whoever wrote in between is read first.
      metadata: { namespace, name, uid, ...(moves ? { resourceVersion } : {}) },
      status,
    };
    const { object, written } = await this.#applier.applyStatus(sessionStatuses, wanted, {
      live: session,
      listKeys: { 'status.conditions': ['type'] },
      signal,
    });
    if (!written) return session;
    const current = this.#record({ ...session, ...object });
    for (const { type, reason, action, note } of chaptersBetween(session.status, status)) {
      this.#o.recorder.event({ resource: voiceSessions, object: current }, { type, reason, action, note });
    }
    if (moves) this.#o.metrics.moved(session.status, status);
    return current;
  }

  #record(object: Live<VoiceSession>): LiveSession {
    this.#sessions.record(object);
    return namespaced(object);
  }

  #requireTenant(session: LiveSession): LiveTenant {
    const tenant = this.#o.tenantOf(session.metadata.namespace);
    if (tenant === undefined) throw new Error(`namespace ${session.metadata.namespace} has lost its Tenant`);
    return tenant;
  }
}

function materialOf(pass: Pass): WorkerCertificate {
  if (pass.material === undefined) throw new Error('the worker certificate was not issued in this pass');
  return pass.material;
}

/** At least 10 ms away: a clock that lags behind the server's must not make a loop of it. */
function soonest(...delays: readonly (number | undefined)[]): { requeueAfterMs: number } | undefined {
  const known = delays.filter((delay) => delay !== undefined);
  return known.length === 0 ? undefined : { requeueAfterMs: Math.max(Math.min(...known), 10) };
}

/**
 * Like Promise.all, but waits for every part before it throws: what is still under way when the next pass begins
 * could be done after that pass has cleaned up.
 */
async function allDone<T extends readonly Promise<unknown>[] | []>(parts: T) {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
