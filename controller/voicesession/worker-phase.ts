// Which phase a live session is in, from its pods and from what the gateway reports in status.voice.
import {
  type ConditionStatus,
  findCondition,
  type Phase,
  type SessionReason,
  type VoiceSessionVoice,
  type VoiceSessionWorker,
} from '../../src/api/index.ts';
import type { Observation } from './observation.ts';
import { isRecap } from './recaps.ts';
import type { PodView } from './worker-view.ts';

/** How long a gateway may be away before its sessions are Degraded, milliseconds. */
export const GATEWAY_GRACE_MS = 10_000;

export interface WorkerPhase {
  readonly phase: Phase;
  readonly reason: string;
  readonly message: string;
  /** True when the reason names a fault rather than progress. */
  readonly fault: boolean;
  /** When it may be another one although nothing else changes. */
  readonly lookAt?: Date;
  readonly scheduled?: {
    readonly status: ConditionStatus;
    readonly reason: SessionReason;
    readonly message: string;
  };
}

/** @param from the phase as written: the legal transitions depend on it */
export function observeWorker(o: Observation, from: Phase): WorkerPhase {
  const pod = o.pods.findLast(({ state }) => state !== 'ended');
  if (pod === undefined) return withoutPod(o, from);
  const scheduled = scheduledOf(pod);
  if (pod.state === 'pending') return { ...pendingPod(pod, from), scheduled };
  return { ...runningPod(pod, o, from), scheduled };
}

/** `status.worker`: facts of the pod that serves, kept when there is none just now. */
export function workerStatus(o: Pick<Observation, 'session' | 'pods'>, jobName: string): VoiceSessionWorker {
  const before = o.session.status?.worker;
  const pod = o.pods.at(-1);
  if (pod === undefined) return { ...before, jobName, restarts: before?.restarts ?? 0 };
  const replaced = before?.podUID !== undefined && before.podUID !== pod.uid;
  const restarts = (before?.restarts ?? 0) + (replaced ? 1 : 0);
  const node = pod.node ?? (pod.name === before?.podName ? before.node : undefined);
  return {
    jobName,
    podName: pod.name,
    podUID: pod.uid,
    ...(node === undefined ? {} : { node }),
    restarts,
    ...(before?.certificateExpiry === undefined ? {} : { certificateExpiry: before.certificateExpiry }),
  };
}

/** Also what was found earlier: while there is no pod, nothing has disproved it. */
export function refusedWorker({ refused, session }: Observation): string | undefined {
  if (refused !== undefined || session.status?.reason !== 'WorkerRefused') return refused;
  return findCondition(session.status.conditions, 'Ready')?.message;
}

function withoutPod(o: Observation, from: Phase): WorkerPhase {
  const refused = refusedWorker(o);
  if (refused !== undefined) {
    return { phase: interrupted(from), reason: 'WorkerRefused', message: refused, fault: true };
  }
  if (o.pods.length > 0) {
    const last = o.pods.at(-1)?.exit;
    const how = last === undefined ? 'is gone' : `ended with exit code ${last.code}`;
    const message = `The worker ${how}; another one takes over.`;
    return { phase: interrupted(from), reason: 'WorkerLost', message, fault: true };
  }
  if (from === 'Provisioning') {
    return { phase: from, reason: 'WorkerPending', message: 'The worker is being created.', fault: false };
  }
  return {
    phase: interrupted(from),
    reason: 'WorkerLost',
    message: 'The worker is gone; another one takes over.',
    fault: true,
  };
}

function pendingPod(pod: PodView, from: Phase): WorkerPhase {
  const phase = from === 'Provisioning' ? from : interrupted(from);
  if (pod.fault !== undefined) return { phase, ...pod.fault, fault: true };
  return { phase, reason: 'WorkerStarting', message: `Pod ${pod.name} starts.`, fault: false };
}

function runningPod(pod: PodView, o: Observation, from: Phase): WorkerPhase {
  const { session } = o;
  const voice = session.status?.voice;
  const recap = isRecap(session);
  const connecting = {
    reason: 'WorkerConnecting',
    message: recap ? 'The worker reads the transcript.' : 'The worker joins the voice channel.',
    fault: false,
  };
  // Provisioning is followed by nothing but Connecting; the next look goes on from there.
  if (from === 'Provisioning') return { phase: 'Connecting', ...connecting };
  // A report of an earlier pod says nothing about this one.
  const fresh = voice !== undefined && (voice.podUID === undefined || voice.podUID === pod.uid);
  if (!fresh) return { phase: interrupted(from), ...connecting };

  const state = voice.state ?? (voice.connected ? 'Listening' : 'Connecting');
  if (state === 'Detached') {
    const goesOn = recap ? 'it goes on writing' : 'audio flows on';
    const message = voice.message ?? `The worker has lost its gateway; ${goesOn}.`;
    return { phase: interrupted(from), reason: 'GatewayUnreachable', message, fault: true };
  }
  if ((!voice.connected && !recap) || state === 'Connecting' || state === 'Stopped') {
    return { phase: interrupted(from), ...connecting };
  }
  const away = state === 'Degraded' ? undefined : gatewayAway(o);
  if (away !== undefined && o.now >= away.countsAt) {
    return { phase: 'Degraded', reason: 'GatewayUnreachable', message: away.message, fault: true };
  }
  return { ...servedPhase(voice, state, o), ...(away === undefined ? {} : { lookAt: away.countsAt }) };
}

/** What a worker that is where it should be makes of its session. */
function servedPhase(voice: VoiceSessionVoice, state: string, { session, tenant }: Observation): WorkerPhase {
  if (state === 'Listening' && isRecap(session)) {
    const message = `The recap of ${session.spec.recapOf} is being written.`;
    return { phase: 'Active', reason: 'Summarising', message, fault: false };
  }
  if (state === 'Listening' || state === 'Paused') {
    const spent = softLimit(voice, tenant?.spec.limits.spendPerSession?.soft);
    if (spent !== undefined)
      return { phase: 'Active', reason: 'SpendSoftLimitReached', message: spent, fault: false };
    if (state === 'Paused' && voice.reason === 'EveryNpcMuted')
      return {
        phase: 'Active',
        reason: voice.reason,
        message: voice.message ?? 'Every NPC is muted.',
        fault: false,
      };
    return { phase: 'Active', reason: 'Listening', message: 'The NPCs listen.', fault: false };
  }
  const message = voice.message ?? 'The worker runs with a fault.';
  return { phase: 'Degraded', reason: voice.reason || 'WorkerDegraded', message, fault: true };
}

/**
 * The gateway does not answer the operator, so that nobody reports what the worker does; undefined: it does. A restart
 * of a gateway is over before this counts.
 */
function gatewayAway({ tenant, session }: Observation): { countsAt: Date; message: string } | undefined {
  const discord = findCondition(tenant?.status?.conditions, 'DiscordConnected');
  if (discord?.reason !== 'GatewayUnreachable') return undefined;
  const since = Date.parse(discord.lastTransitionTime ?? '');
  const goesOn = isRecap(session) ? 'it goes on writing' : 'audio flows on';
  return {
    countsAt: new Date((Number.isNaN(since) ? 0 : since) + GATEWAY_GRACE_MS),
    message: `The tenant's gateway cannot be reached, and nothing is known of the worker meanwhile; ${goesOn}.`,
  };
}

/** Why the worker takes no new turn; undefined: it does. */
function softLimit(voice: VoiceSessionVoice, ofSession: number | undefined): string | undefined {
  if (ofSession !== undefined && (voice.spendUSD ?? 0) >= ofSession)
    return `The session has reached its soft limit on spend, ${ofSession} USD: no new turn is taken.`;
  if (voice.reason !== 'SpendSoftLimitReached') return undefined;
  return voice.message ?? 'A soft limit on spend is reached: no new turn is taken.';
}

/** Where a session goes whose worker does not listen: one that never did is still on its way. */
function interrupted(from: Phase): Phase {
  return from === 'Active' || from === 'Degraded' ? 'Degraded' : from;
}

function scheduledOf(pod: PodView): NonNullable<WorkerPhase['scheduled']> {
  if (pod.node !== undefined) {
    return { status: 'True', reason: 'Scheduled', message: `Pod ${pod.name} is on node ${pod.node}.` };
  }
  if (pod.fault?.reason === 'Unschedulable') {
    return { status: 'False', reason: 'Unschedulable', message: pod.fault.message };
  }
  return { status: 'False', reason: 'WorkerPending', message: `Pod ${pod.name} waits for a node.` };
}
