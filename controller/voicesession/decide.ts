// The state machine of a VoiceSession, as one pure function: from everything observed to the next status and the
// next action. The effects (reconcile.ts) write the status, perform the action and, when the action asks for it,
// look again. Every step may be repeated after a crash at any point.
import {
  type EndReason,
  endReasons,
  finalizers,
  findCondition,
  isTrue,
  isWarmJobName,
  type Phase,
  timestamp,
  workerJobName,
} from '../../src/api/index.ts';
import { monthlyCapReached, monthlyHours, type Refusal, refusalOf, refusalOfClaim } from './admission.ts';
import { moveOf, whileMoving } from './move.ts';
import type { Observation } from './observation.ts';
import { outcomeOf, resultOf } from './outcome.ts';
import { isRecap, RECAP_SECONDS } from './recaps.ts';
import { type CertificateInUse, renewalOf } from './renewal.ts';
import { type OwnStatus, StatusDraft } from './status.ts';
import { observeWorker, refusedWorker, workerStatus } from './worker-phase.ts';
import type { JobView } from './worker-view.ts';

export type Action =
  /** Nothing but the status. */
  | { readonly kind: 'none' }
  /** Put the finalizer on, take the claims, issue the certificate; then look again. */
  | { readonly kind: 'claim' }
  /** Make a warm worker the session's, if nobody was quicker; then look again. */
  | { readonly kind: 'claimSpare'; readonly jobName: string }
  /** Issue the certificate; then look again. */
  | { readonly kind: 'issue' }
  /** Put another certificate, or only another bundle, into the Secret of the running worker; then look again. */
  | { readonly kind: 'renew'; readonly what: 'certificate' | 'bundle' }
  /** Write Secret and status, then create the Job. */
  | { readonly kind: 'provision'; readonly jobName: string }
  /** Delete this pod: the Job makes another one, on a node that stays. */
  | { readonly kind: 'evict'; readonly pod: { readonly name: string; readonly uid: string } }
  /** Delete the Job and its pods; `force`: without waiting for the kubelet. */
  | { readonly kind: 'kill'; readonly force: boolean }
  /** Remove Job, Secret, pod finalizers and claims; then look again. */
  | { readonly kind: 'cleanUp' }
  /** Take the finalizer off: the last thing that happens to a session. */
  | { readonly kind: 'release' }
  /** Delete the session itself: its history is over. */
  | { readonly kind: 'forget' };

export interface Decision {
  /** Written before the action. */
  readonly status: OwnStatus;
  readonly action: Action;
  /** Pods (by name) whose end decides nothing: their finalizer comes off, another pod takes over. */
  readonly letGo?: readonly string[];
  /** Look again by then even if nothing happens. */
  readonly wakeAt?: Date;
}

const NONE: Action = { kind: 'none' };

/** Added to the grace period before a pod is removed by force: the kubelet may be busy or gone. */
const FORCE_AFTER_SECONDS = 30;

/** How often a session of a Tenant whose hours are limited looks at them. */
const HOURS_LOOK_SECONDS = 60;

/** When the Tenant is unknown. */
const DEFAULT_ADMISSION_TIMEOUT_SECONDS = 60;
const DEFAULT_MAX_SESSION_SECONDS = 14_400;

export function decide(observation: Observation): Decision {
  const phase: Phase = observation.session.status?.phase ?? 'Pending';
  switch (phase) {
    case 'Pending':
      return pending(observation);
    case 'Provisioning':
    case 'Connecting':
    case 'Active':
    case 'Degraded':
      return live(observation, phase);
    case 'Draining':
      return draining(observation);
    case 'Ended':
    case 'Failed':
      return over(observation);
  }
}

/** The longest that a session may last, seconds. */
export function maxDurationSeconds({ session, tenant }: Pick<Observation, 'session' | 'tenant'>): number {
  const ofTenant = tenant?.spec.limits.maxSessionSeconds ?? DEFAULT_MAX_SESSION_SECONDS;
  const limit = isRecap(session) ? Math.min(RECAP_SECONDS, ofTenant) : ofTenant;
  return Math.min(session.spec.maxDurationSeconds ?? limit, limit);
}

function pending(o: Observation): Decision {
  const stop = stopReasonOf(o);
  if (stop !== undefined) {
    return o.cleaned
      ? conclude(o, stop, stop, 'It was stopped before it began.')
      : unchanged(o, { kind: 'cleanUp' });
  }
  const refusal = refusalOf(o) ?? (o.claims.state === 'busy' ? refusalOfClaim(o.claims) : undefined);
  if (refusal !== undefined) return refuse(o, refusal);
  if (o.claims.state === 'unknown') return unchanged(o, { kind: 'claim' });

  if (o.job === undefined && o.spare !== undefined) {
    return unchanged(o, { kind: 'claimSpare', jobName: o.spare });
  }

  const warm = o.job !== undefined && isWarmJobName(o.job.name) ? o.job : undefined;
  const jobName = warm?.name ?? workerJobName(o.session);
  const draft = new StatusDraft(o.session, o.now)
    .set({ phase: 'Provisioning', reason: 'WorkerPending', worker: workerStatus(o, jobName) })
    .once('startedAt')
    .condition('Admitted', 'True', 'Admitted', admitted(o));
  return warm === undefined ? provision(o, draft, jobName) : serveWarm(o, draft, warm);
}

function admitted({ session }: Observation): string {
  return isRecap(session)
    ? `The recap of ${session.spec.recapOf} may be written.`
    : 'The session holds its Discord server and its campaign.';
}

/** The claimed worker waits at the gateway already: that the status names its Job is all that it takes. */
function serveWarm(o: Observation, draft: StatusDraft, job: JobView): Decision {
  const notAfter = o.inUse?.notAfter ?? job.certificateExpiry;
  if (notAfter !== undefined) recordCertificate(o, draft, job.name, notAfter);
  draft.condition('Ready', 'False', 'WorkerConnecting', `Warm worker ${job.name} joins the voice channel.`);
  return { status: draft.build(), action: NONE };
}

function recordCertificate(o: Observation, draft: StatusDraft, jobName: string, notAfter: Date): void {
  // Whole seconds, as the certificate itself has them.
  const until = timestamp(notAfter);
  draft
    .set({ worker: { ...workerStatus(o, jobName), certificateExpiry: until } })
    .condition('CertificateIssued', 'True', 'Issued', `The worker's certificate is valid until ${until}.`);
}

/** Fails what cannot or may not wait, and lets the rest wait until its time is over. */
function refuse(o: Observation, refusal: Refusal): Decision {
  const timeout = o.tenant?.spec.limits.admissionTimeoutSeconds ?? DEFAULT_ADMISSION_TIMEOUT_SECONDS;
  const giveUpAt = after(created(o), timeout);
  const fromDiscord = o.session.spec.requestedBy?.interactionId !== undefined;
  const expired = o.now >= giveUpAt;
  const { reason, message } = refusal;
  if (refusal.waits && !fromDiscord && !expired) {
    const status = new StatusDraft(o.session, o.now)
      .set({ phase: 'Pending', reason })
      .condition('Admitted', 'False', reason, message)
      .condition('Ready', 'False', 'NotAdmitted', message)
      .build();
    return { status, action: NONE, wakeAt: giveUpAt };
  }
  if (!o.cleaned) return unchanged(o, { kind: 'cleanUp' });
  const waited = refusal.waits && !fromDiscord ? ` It waited ${timeout} s for admission.` : '';
  return conclude(o, 'Rejected', reason, `${message}${waited}`);
}

function live(o: Observation, phase: Phase): Decision {
  const outcome = outcomeOf(o.job, o.pods);
  if (outcome !== undefined) {
    return drain(o, outcome.endReason, outcome.reason, outcome.message, outcome.result);
  }
  const stop = stopReasonOf(o);
  if (stop !== undefined) return drain(o, stop, stop, endReasons[stop]);

  const spent = monthlyCapReached(o);
  if (spent !== undefined) return drain(o, 'SpendCap', 'SpendCap', spent);

  const hours = monthlyHours(o);
  if (hours !== undefined && o.now >= hours.endAt)
    return drain(o, 'DeadlineExceeded', 'QuotaExceeded', hours.message);

  const deadline = after(started(o), maxDurationSeconds(o));
  if (o.now >= deadline) return drain(o, 'DeadlineExceeded', 'DeadlineExceeded', endReasons.DeadlineExceeded);

  const observed = observeWorker(o, phase);
  const move = moveOf(o, observed);
  const worker = whileMoving(move, observed);
  const draft = new StatusDraft(o.session, o.now);
  const starting = phase === 'Provisioning' || phase === 'Connecting';
  const startBy = after(started(o), o.limits.startTimeoutSeconds);
  if (starting && worker.phase === phase && o.now >= startBy) {
    const what = isRecap(o.session) ? 'begin' : 'listen';
    const message = `The worker did not ${what} within ${o.limits.startTimeoutSeconds} s. ${worker.message}`;
    return drain(o, 'WorkerFailed', worker.fault ? worker.reason : 'StartTimedOut', message);
  }
  const lastAt = hours === undefined ? deadline : earlier(hoursLookAt(o.now, hours.endAt), deadline);
  const endBy = starting ? earlier(startBy, lastAt) : lastAt;
  const moveBy = move?.at === undefined ? endBy : earlier(move.at, endBy);
  const lookBy = observed.lookAt === undefined ? moveBy : earlier(observed.lookAt, moveBy);

  if (o.job === undefined) return provision(o, draft, workerJobName(o.session));
  if (o.job.deleting) return { ...unchanged(o, NONE), wakeAt: after(o.now, 1) };
  const renewal = o.inUse === undefined ? undefined : renewalOf(o.inUse, o.now, o.certificate);
  if (renewal?.due !== undefined) return unchanged(o, { kind: 'renew', what: renewal.due });
  const wakeAt = renewal === undefined ? lookBy : earlier(renewal.at, lookBy);

  draft.set({ phase: worker.phase, reason: worker.reason, worker: workerStatus(o, o.job.name) });
  if (worker.scheduled !== undefined) {
    const { status, reason, message } = worker.scheduled;
    draft.condition('WorkerScheduled', status, reason, message);
  }
  if (move !== undefined) {
    const { status, reason, message } = move.condition;
    draft.condition('Moving', status, reason, message);
  }
  if (o.inUse !== undefined) reportCertificate(o, draft, o.job.name, o.inUse, renewal?.failure);
  reportDrift(o, draft, o.job.name);
  if (worker.phase === 'Active') draft.once('activeAt');
  draft.condition('Ready', worker.phase === 'Active' ? 'True' : 'False', worker.reason, worker.message);
  const action: Action = move?.evict === undefined ? NONE : { kind: 'evict', pod: move.evict };
  return { status: draft.build(), action, letGo: endedPods(o), wakeAt };
}

/** Other sessions that begin or end move the time at which the month's hours are used up. */
function hoursLookAt(now: Date, endAt: Date): Date {
  return earlier(endAt, after(now, HOURS_LOOK_SECONDS));
}

/** The one in the Secret, whoever put it there; and that it could not be renewed, while it still serves. */
function reportCertificate(
  o: Observation,
  draft: StatusDraft,
  jobName: string,
  { notAfter }: CertificateInUse,
  failure: string | undefined,
): void {
  recordCertificate(o, draft, jobName, notAfter);
  if (failure === undefined) return;
  const until = timestamp(notAfter);
  const message = `${failure} The certificate in use is valid until ${until}; it is tried again.`;
  draft.condition('CertificateIssued', 'False', 'IssueFailed', message);
}

/** What cannot be put back without cutting the session short. */
function reportDrift(o: Observation, draft: StatusDraft, jobName: string): void {
  if (o.madeOtherwise.length > 0) {
    const message =
      `Job ${jobName} was made anew by somebody else: ${o.madeOtherwise.join(', ')} run otherwise than they should. ` +
      'Putting it back would cut the session short: it is left alone. Delete the Job to have it made as it should be.';
    draft.condition('Drifted', 'True', 'JobEdited', message);
  } else if (isTrue(o.session.status?.conditions, 'Drifted')) {
    draft.condition('Drifted', 'False', 'Restored', `Job ${jobName} is as it should be again.`);
  }
}

/** Certificate, Secret and Job; the same after a crash and when somebody deleted the Job. */
function provision(o: Observation, draft: StatusDraft, jobName: string): Decision {
  if (o.certificate.state === 'none') return unchanged(o, { kind: 'issue' });
  if (o.certificate.state === 'failed') {
    const { message } = o.certificate;
    const { phase } = draft.build();
    draft
      .set({ reason: 'IssueFailed', ...(phase === 'Active' ? { phase: 'Degraded' } : {}) })
      .condition('CertificateIssued', 'False', 'IssueFailed', message)
      .condition('Ready', 'False', 'IssueFailed', message);
    return { status: draft.build(), action: NONE, wakeAt: after(o.now, 2) };
  }
  recordCertificate(o, draft, jobName, o.certificate.notAfter);
  const refused = refusedWorker(o);
  if (refused !== undefined) {
    const { phase } = draft.build();
    draft
      .set({ reason: 'WorkerRefused', ...(phase === 'Active' ? { phase: 'Degraded' } : {}) })
      .condition('Ready', 'False', 'WorkerRefused', refused);
    // Refused a moment ago: not at once again.
    if (o.refused !== undefined) {
      return { status: draft.build(), action: NONE, letGo: endedPods(o), wakeAt: after(o.now, 5) };
    }
  } else if (o.session.status?.worker?.podName === undefined) {
    draft
      .condition('WorkerScheduled', 'False', 'WorkerPending', `Job ${jobName} is being created.`)
      .condition('Ready', 'False', 'WorkerPending', 'The worker is being created.');
  }
  return {
    status: draft.build(),
    action: { kind: 'provision', jobName },
    letGo: endedPods(o),
    wakeAt: after(started(o), o.limits.startTimeoutSeconds),
  };
}

/** Enters Draining. What the worker left is kept at once: its pod may go any moment. */
function drain(
  o: Observation,
  endReason: EndReason,
  reason: string,
  message: string,
  worker?: OwnStatus['result'],
): Decision {
  const result = worker ?? resultOf(o.pods)?.result;
  const draft = new StatusDraft(o.session, o.now)
    .set({ phase: 'Draining', reason, endReason })
    .condition('Ready', 'False', 'Draining', message)
    .condition('Ended', 'False', reason, message);
  if (result !== undefined) draft.set({ result });
  if (o.job !== undefined) draft.set({ worker: workerStatus(o, o.job.name) });
  return { status: draft.build(), action: NONE, wakeAt: o.now };
}

function draining(o: Observation): Decision {
  const { status } = o.session;
  const endReason = status?.endReason ?? 'Requested';
  const result = status?.result ?? resultOf(o.pods)?.result;
  if (result !== undefined && status?.result === undefined) {
    const draft = new StatusDraft(o.session, o.now).set({ result });
    return { status: draft.build(), action: NONE, wakeAt: o.now };
  }
  const working = o.pods.filter(({ state }) => state !== 'ended');
  if (
    working.length === 0 &&
    (o.pods.length > 0 || o.job === undefined || o.job.finished !== undefined || o.job.deleting)
  ) {
    if (!o.cleaned) return unchanged(o, { kind: 'cleanUp' });
    const reason = status?.reason ?? endReason;
    const message = findCondition(status?.conditions, 'Ended')?.message ?? endReasons[endReason];
    return conclude(o, endReason, reason, message);
  }

  // Nobody can pass Stop to a worker that does not run yet.
  if (working.every(({ state }) => state === 'pending')) {
    const gone = o.job === undefined || o.job.deleting;
    const forceAt = after(drainingSince(o), FORCE_AFTER_SECONDS);
    if (!gone || !working.every(({ deleting }) => deleting))
      return unchanged(o, { kind: 'kill', force: false });
    if (o.now >= forceAt) return unchanged(o, { kind: 'kill', force: true });
    return { ...unchanged(o, NONE), wakeAt: forceAt };
  }
  const termAt = after(drainingSince(o), o.limits.drainTimeoutSeconds);
  const forceAt = after(termAt, o.limits.terminationGracePeriodSeconds + FORCE_AFTER_SECONDS);
  if (o.now >= forceAt) return { ...unchanged(o, { kind: 'kill', force: true }), wakeAt: after(o.now, 5) };
  if (o.now >= termAt) {
    const told = o.job === undefined && working.every(({ deleting }) => deleting);
    return { ...unchanged(o, told ? NONE : { kind: 'kill', force: false }), wakeAt: forceAt };
  }
  return { ...unchanged(o, NONE), wakeAt: termAt };
}

/** Ends that leave undone what was asked for. */
const FAILURES: ReadonlySet<EndReason> = new Set([
  'WorkerFailed',
  'Rejected',
  'DiscordRefused',
  'NothingToRecap',
]);

/** The final status. Everything that the session held is free by now. */
function conclude(o: Observation, endReason: EndReason, reason: string, message: string): Decision {
  const failed = FAILURES.has(endReason);
  const draft = new StatusDraft(o.session, o.now)
    .set({ phase: failed ? 'Failed' : 'Ended', endReason, reason })
    .once('endedAt');
  if (o.session.status?.startedAt === undefined) draft.condition('Admitted', 'False', reason, message);
  draft
    .condition('Ready', 'False', failed ? 'Failed' : 'Ended', message)
    .condition('Ended', 'True', reason, message);
  return { status: draft.build(), action: o.settled ? { kind: 'release' } : NONE };
}

function over(o: Observation): Decision {
  // Pods that a dying Job made late must not hang on their finalizer.
  if (!o.cleaned && (o.job !== undefined || o.pods.some(({ held }) => held))) {
    return unchanged(o, { kind: 'cleanUp' });
  }
  if (o.session.metadata.finalizers?.includes(finalizers.session)) {
    return unchanged(o, o.settled ? { kind: 'release' } : NONE);
  }
  const forgetAt = historyEnd(o);
  if (forgetAt === undefined || o.session.metadata.deletionTimestamp !== undefined) return unchanged(o, NONE);
  if (o.now >= forgetAt) return unchanged(o, { kind: 'forget' });
  return { ...unchanged(o, NONE), wakeAt: forgetAt };
}

/** When a session that Discord started is removed; undefined for applied ones, which stay. */
function historyEnd(o: Observation): Date | undefined {
  const seconds = o.tenant?.spec.history.ttlSecondsAfterEnded;
  const endedAt = o.session.status?.endedAt;
  const fromDiscord = o.session.spec.requestedBy?.interactionId !== undefined;
  if (seconds === undefined || endedAt === undefined || !fromDiscord) return undefined;
  return after(new Date(endedAt), seconds);
}

function stopReasonOf({ session }: Observation): 'Deleted' | 'Requested' | undefined {
  if (session.metadata.deletionTimestamp !== undefined) return 'Deleted';
  return session.spec.desiredState === 'Stopped' ? 'Requested' : undefined;
}

function endedPods(o: Observation): string[] {
  return o.pods.filter(({ held, state }) => held && state === 'ended').map(({ name }) => name);
}

function unchanged(o: Observation, action: Action): Decision {
  return { status: new StatusDraft(o.session, o.now).build(), action };
}

function created(o: Observation): Date {
  return new Date(o.session.metadata.creationTimestamp ?? o.now);
}

function started(o: Observation): Date {
  return new Date(o.session.status?.startedAt ?? o.now);
}

/** The condition Ended appears, as False, when Draining begins. */
function drainingSince(o: Observation): Date {
  return new Date(findCondition(o.session.status?.conditions, 'Ended')?.lastTransitionTime ?? o.now);
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
