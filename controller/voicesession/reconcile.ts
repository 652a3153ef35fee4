// The effects of a VoiceSession: looks, asks decide.ts, writes the status, performs the action. No rule is here.
import {
  type Campaign,
  fieldManagers,
  finalizers,
  isLive,
  labels,
  type Phase,
  sessionSecretName,
  tenantSchema,
  type VoiceSession,
  workerJobName,
} from '../../src/api/index.ts';
import {
  Applier,
  addFinalizer,
  type Client,
  type Clock,
  type EventRecorder,
  formatKey,
  type Informer,
  isAlreadyExists,
  isControlledBy,
  type Job,
  jobs,
  keyOf,
  type Live,
  type Logger,
  type ObjectKey,
  Overlay,
  type Pod,
  pods,
  removeFinalizer,
  secrets,
} from '../../src/kube/index.ts';
import { tenantDatabaseUrl } from '../../src/store/dsn.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import { effectiveProviders } from '../campaign/providers.ts';
import type { CertificateIssuer, WorkerCertificate } from '../certificates/issuer.ts';
import { secretData } from '../certificates/secrets.ts';
import type { SessionMetrics } from '../metrics.ts';
import {
  type LiveSession,
  type LiveTenant,
  namespaced,
  sessionStatuses,
  voiceSessions,
} from '../resources.ts';
import type { Settings } from '../settings.ts';
import { profileOf } from './admission.ts';
import type { ClaimRegistry } from './claims.ts';
import { type Action, type Decision, decide, maxDurationSeconds } from './decide.ts';
import { EXTRA_CA_KEY, gatewayAddress, sessionOwner, workerJob, workerLabels } from './job.ts';
import { KeyedMutex } from './mutex.ts';
import type { CertificateState, Claims, Observation, SessionLimits } from './observation.ts';
import { availableProfiles } from './sidecars.ts';
import { isWritten, type OwnStatus } from './status.ts';
import { chaptersBetween } from './story.ts';
import { viewJob, viewPods } from './worker-view.ts';

/** Index of pods: `<namespace>/<session>`. */
export const POD_SESSION_INDEX = 'session';

/** A certificate outlives the session by this: clocks, draining. */
const CERTIFICATE_SLACK_SECONDS = 3600;
/** More steps than any path has: a session that needs more is a bug, and says so. */
const MOST_STEPS = 10;

export interface SessionReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly settings: Settings;
  readonly issuer: CertificateIssuer;
  readonly claims: ClaimRegistry;
  readonly metrics: SessionMetrics;
  readonly sessions: Informer<VoiceSession>;
  readonly campaigns: Informer<Campaign>;
  readonly jobs: Informer<Job>;
  readonly pods: Informer<Pod>;
  readonly tenantOf: (namespace: string) => LiveTenant | undefined;
  /** DSN of the installation's database; undefined when it has none. */
  readonly databaseUrl: string | undefined;
  /** PEM of CA certificates that workers trust in addition. */
  readonly extraCa: string | undefined;
}

/** What one pass has learnt that no cache knows. */
interface Pass {
  claims: Claims;
  certificate: CertificateState;
  material?: WorkerCertificate;
  cleaned: boolean;
}

export class SessionReconciler {
  readonly #o: SessionReconcilerOptions;
  readonly #sessions: Overlay<VoiceSession>;
  readonly #jobs: Overlay<Job>;
  readonly #applier: Applier;
  readonly #admission = new KeyedMutex();
  readonly #limits: SessionLimits;

  constructor(options: SessionReconcilerOptions) {
    this.#o = options;
    this.#sessions = new Overlay(options.sessions);
    this.#jobs = new Overlay(options.jobs);
    this.#applier = new Applier({ client: options.client, fieldManager: fieldManagers.controller });
    this.#limits = { ...options.settings.session, profiles: availableProfiles(options.settings.worker) };
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
    const pending = session.status?.phase === undefined || session.status.phase === 'Pending';
    const work = () => this.#steps(this.#current(key) ?? session, signal, log);
    return pending ? this.#admission.run(session.metadata.namespace, work) : work();
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
    const pass: Pass = { claims: { state: 'unknown' }, certificate: { state: 'none' }, cleaned: false };
    let session = first;
    for (let step = 0; step < MOST_STEPS; step++) {
      const observation = this.#observe(session, pass);
      const decision = decide(observation);
      const before = session.status?.phase;
      session = await this.#perform(session, decision, observation, pass, signal, log);
      if (decision.letGo !== undefined) await this.#letGo(session.metadata.namespace, decision.letGo, signal);
      const { action, wakeAt } = decision;
      const again =
        action.kind === 'claim' ||
        action.kind === 'issue' ||
        action.kind === 'cleanUp' ||
        (action.kind === 'none' && session.status?.phase !== before);
      if (again) continue;
      if (wakeAt === undefined) return undefined;
      return { requeueAfterMs: Math.max(wakeAt.getTime() - this.#o.clock.now(), 10) };
    }
    throw new Error(`VoiceSession ${formatKey(keyOf(first))} did not settle in ${MOST_STEPS} steps`);
  }

  #observe(session: LiveSession, pass: Pass): Observation {
    const { namespace, uid } = session.metadata;
    const job = this.#jobs.get({ namespace, name: workerJobName(session) });
    const own = this.#podsOf(session).filter((pod) => pod.metadata.labels?.[labels.sessionUid] === uid);
    const active = this.#sessions
      .list(namespace)
      .filter((other) => other.metadata.uid !== uid && holdsPlace(other.status?.phase)).length;
    return {
      now: new Date(this.#o.clock.now()),
      session,
      tenant: this.#o.tenantOf(namespace),
      campaign: this.#o.campaigns.get({ namespace, name: session.spec.campaignRef.name }),
      otherActiveSessions: active,
      claims: pass.claims,
      certificate: pass.certificate,
      job: job !== undefined && isControlledBy(job, session) ? viewJob(job) : undefined,
      pods: viewPods(own),
      cleaned: pass.cleaned,
      limits: this.#limits,
    };
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
        return this.#claim(session, pass, signal);
      case 'issue':
        await this.#issue(session, pass, signal);
        return session;
      case 'provision': {
        // The Secret does not wait for the status; the Job waits for both: a worker is served only when the
        // status names its Job.
        const [written] = await allDone([
          this.#write(session, status, signal),
          this.#writeSecret(session, pass, signal),
        ]);
        await this.#createJob(written, action.jobName, signal, log);
        return written;
      }
      default: {
        const written = await this.#write(session, status, signal);
        return this.#finish(written, action, observation, pass, signal);
      }
    }
  }

  async #finish(
    session: LiveSession,
    action: Exclude<Action, { kind: 'claim' | 'issue' | 'provision' }>,
    observation: Observation,
    pass: Pass,
    signal: AbortSignal,
  ): Promise<LiveSession> {
    const { client } = this.#o;
    switch (action.kind) {
      case 'none':
        return session;
      case 'kill':
        await this.#kill(session, observation, action.force, signal);
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
        await client.delete(voiceSessions, keyOf(session), { uid: session.metadata.uid, signal });
        return session;
    }
  }

  async #claim(session: LiveSession, pass: Pass, signal: AbortSignal): Promise<LiveSession> {
    const tenant = this.#o.tenantOf(session.metadata.namespace);
    if (tenant === undefined) throw new Error(`namespace ${session.metadata.namespace} has lost its Tenant`);
    // Together: the certificate costs a few milliseconds of CPU, the others a round trip each.
    const [claims, held] = await allDone([
      this.#o.claims.take(session, tenant.spec.discord.applicationId, signal),
      addFinalizer(this.#o.client, voiceSessions, session, finalizers.session, { signal }),
      this.#issue(session, pass, signal),
    ]);
    pass.claims = claims;
    return this.#record(held);
  }

  async #issue(session: LiveSession, pass: Pass, signal: AbortSignal): Promise<void> {
    const tenant = this.#o.tenantOf(session.metadata.namespace);
    try {
      const material = await this.#o.issuer.issueWorker({
        namespace: session.metadata.namespace,
        jobName: workerJobName(session),
        lifetimeSeconds: maxDurationSeconds({ session, tenant }) + CERTIFICATE_SLACK_SECONDS,
        signal,
      });
      pass.material = material;
      pass.certificate = { state: 'issued', notAfter: material.notAfter };
    } catch (error) {
      pass.certificate = { state: 'failed', message: errorText(error) };
    }
  }

  async #writeSecret(session: LiveSession, pass: Pass, signal: AbortSignal): Promise<void> {
    const { client, databaseUrl, extraCa } = this.#o;
    const { material } = pass;
    const tenant = this.#requireTenant(session);
    if (material === undefined) throw new Error('the worker certificate was not issued in this pass');
    const values = {
      'tls.crt': material.certPem,
      'tls.key': material.keyPem,
      'ca.crt': material.caPem,
      ...(databaseUrl === undefined
        ? {}
        : { 'database-url': tenantDatabaseUrl(databaseUrl, tenantSchema(tenant.metadata.name)) }),
      ...(extraCa === undefined ? {} : { [EXTRA_CA_KEY]: extraCa }),
    };
    const { namespace } = session.metadata;
    const wanted = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: sessionSecretName(session),
        namespace,
        labels: workerLabels({ session, tenant }),
        ownerReferences: [sessionOwner(session)],
      },
      type: 'Opaque',
      data: secretData(values),
    };
    await client.apply(secrets, wanted, { fieldManager: fieldManagers.controller, signal });
  }

  async #createJob(session: LiveSession, jobName: string, signal: AbortSignal, log: Logger): Promise<void> {
    const { client, settings, issuer, extraCa, metrics, clock } = this.#o;
    const { namespace } = session.metadata;
    const tenant = this.#requireTenant(session);
    const campaign = this.#o.campaigns.get({ namespace, name: session.spec.campaignRef.name });
    const { drainTimeoutSeconds, terminationGracePeriodSeconds, startTimeoutSeconds } = settings.session;
    const wanted = workerJob({
      session,
      jobName,
      tenant,
      profile: profileOf({ session, tenant }),
      providers: effectiveProviders(tenant, campaign),
      gatewayAddress: gatewayAddress(
        settings.gateway.addressTemplate,
        tenant.status?.gateway ?? '',
        settings.namespace,
      ),
      trustDomain: issuer.trustDomain,
      maxDurationSeconds: maxDurationSeconds({ session, tenant }),
      backstopSeconds: startTimeoutSeconds + drainTimeoutSeconds + terminationGracePeriodSeconds + 300,
      terminationGracePeriodSeconds,
      settings: settings.worker,
      hasExtraCa: extraCa !== undefined,
    });
    try {
      const job = await client.create(jobs, wanted, { fieldManager: fieldManagers.controller, signal });
      this.#jobs.record(job);
      const milliseconds = clock.now() - Date.parse(session.metadata.creationTimestamp ?? '');
      metrics.jobCreated(milliseconds / 1000);
      log.info({ job: jobName, sinceCreatedMs: milliseconds }, 'Created the worker Job');
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = await client.get(jobs, { namespace, name: jobName }, { signal });
      if (isControlledBy(existing, session)) this.#jobs.record(existing);
      else throw new Error(`Job ${namespace}/${jobName} exists and is not this session's; delete it`);
    }
  }

  async #kill(session: LiveSession, o: Observation, force: boolean, signal: AbortSignal): Promise<void> {
    const { client } = this.#o;
    const { namespace } = session.metadata;
    // The Job first, or it would make another pod.
    if (o.job !== undefined && !o.job.deleting) {
      await client.delete(jobs, { namespace, name: o.job.name }, { uid: o.job.uid, signal });
    }
    const working = o.pods.filter(({ state }) => state !== 'ended');
    await Promise.all(
      working.map(({ name, uid }) =>
        client.delete(
          pods,
          { namespace, name },
          { uid, signal, ...(force ? { gracePeriodSeconds: 0 } : {}) },
        ),
      ),
    );
    if (force)
      await this.#letGo(
        namespace,
        working.map(({ name }) => name),
        signal,
      );
  }

  async #cleanUp(session: LiveSession, signal: AbortSignal): Promise<void> {
    const { client, claims } = this.#o;
    const { namespace } = session.metadata;
    const name = workerJobName(session);
    const tenant = this.#o.tenantOf(namespace);
    const own = this.#podsOf(session).map((pod) => pod.metadata.name);
    // Whatever has the finalizer may have got further than its status says: the status is written last.
    const began = session.metadata.finalizers?.includes(finalizers.session) ?? false;
    await Promise.all([
      began ? client.delete(jobs, { namespace, name }, { signal }) : undefined,
      began ? client.delete(secrets, { namespace, name: sessionSecretName(session) }, { signal }) : undefined,
      this.#letGo(namespace, own, signal),
    ]);
    // Last: whoever gets the guild next must not meet this session's worker.
    await claims.release(session, tenant?.spec.discord.applicationId, signal);
  }

  async #letGo(namespace: string, names: readonly string[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const pod = this.#o.pods.get({ namespace, name });
        if (pod?.metadata.finalizers?.includes(finalizers.result)) {
          await removeFinalizer(this.#o.client, pods, pod, finalizers.result, { signal });
        }
      }),
    );
  }

  /** The session is gone; its pods must not hang on a finalizer that nobody would take off. */
  async #letGoOfOrphans(key: ObjectKey, signal: AbortSignal): Promise<void> {
    const orphans = this.#o.pods.byIndex(POD_SESSION_INDEX, formatKey(key));
    await this.#letGo(
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

  #podsOf(session: LiveSession): readonly Live<Pod>[] {
    return this.#o.pods.byIndex(POD_SESSION_INDEX, formatKey(keyOf(session)));
  }

  #requireTenant(session: LiveSession): LiveTenant {
    const tenant = this.#o.tenantOf(session.metadata.namespace);
    if (tenant === undefined) throw new Error(`namespace ${session.metadata.namespace} has lost its Tenant`);
    return tenant;
  }
}

/** Counts against the Tenant's concurrentSessions. */
export function holdsPlace(phase: Phase | undefined): boolean {
  return isLive(phase) || phase === 'Draining';
}

/**
 * Like Promise.all, but waits for every part before it throws: what is still under way when the next pass begins
 * could be done after that pass has cleaned up.
 */
async function allDone<T extends readonly Promise<unknown>[] | []>(parts: T) {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
