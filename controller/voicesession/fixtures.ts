// Observations for the tests of decisions: a healthy world, from which each test differs in what it names.
import type { Campaign, Phase, Tenant, VoiceSession, VoiceSessionStatus } from '../../src/api/index.ts';
import type { LiveSession } from '../resources.ts';
import type { Observation } from './observation.ts';
import type { JobView, PodView } from './worker-view.ts';

export const NOW = new Date('2030-06-01T20:00:00Z');
export const CREATED = new Date('2030-06-01T19:59:59Z');
export const JOB_NAME = 'evening-4a49acf8';

export function at(secondsAfterNow: number): Date {
  return new Date(NOW.getTime() + secondsAfterNow * 1000);
}

export function session(
  options: {
    readonly spec?: Partial<VoiceSession['spec']>;
    readonly status?: VoiceSessionStatus;
    readonly deleted?: boolean;
    readonly finalizers?: string[];
    readonly created?: Date;
  } = {},
): LiveSession {
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'VoiceSession',
    metadata: {
      namespace: 'skald-acme',
      name: 'evening',
      uid: 'uid-1',
      resourceVersion: '1',
      generation: 3,
      creationTimestamp: (options.created ?? CREATED).toISOString(),
      ...(options.deleted ? { deletionTimestamp: NOW.toISOString() } : {}),
      ...(options.finalizers === undefined ? {} : { finalizers: options.finalizers }),
    },
    spec: {
      mode: 'Live',
      campaignRef: { name: 'curse' },
      guildId: '100000000000000001',
      voiceChannelId: '200000000000000001',
      desiredState: 'Running',
      ...options.spec,
    },
    ...(options.status === undefined ? {} : { status: options.status }),
  };
}

export const tenant: Pick<Tenant, 'spec' | 'status'> = {
  spec: {
    deletionPolicy: 'Retain',
    timeZone: 'Etc/UTC',
    topology: 'shared',
    discord: { applicationId: '300000000000000001', interactions: 'gateway', guilds: ['100000000000000001'] },
    limits: { maxSessionSeconds: 14_400, idleTimeoutSeconds: 900, admissionTimeoutSeconds: 60 },
    worker: { profile: 'cloud', warm: 0 },
    providers: {},
    history: { ttlSecondsAfterEnded: 3600, keepPerCampaign: 20 },
    privacy: { consentNotice: 'both', recordTranscripts: true },
  },
  status: { namespace: 'skald-acme', gateway: 'skald-gateway-0', conditions: [condition('Ready', 'True')] },
};

export const campaign: Pick<Campaign, 'metadata' | 'spec' | 'status'> = {
  metadata: { name: 'curse', namespace: 'skald-acme' },
  spec: {
    language: 'en',
    npcs: [],
    onVoiceChannelMoved: 'Follow',
    turnTaking: { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true },
  },
  status: { conditions: [condition('Ready', 'True')] },
};

/** A session in the phase, admitted five seconds ago, with everything healthy around it. */
export function observe(
  phase: Phase | undefined,
  changes: Partial<Observation> & { status?: VoiceSessionStatus } = {},
): Observation {
  const { status, ...rest } = changes;
  const base: Observation = {
    now: NOW,
    session: session({
      finalizers: ['skald.dev/session'],
      ...(phase === undefined ? {} : { status: { ...statusOf(phase), ...status } }),
    }),
    tenant,
    campaign,
    monthUse: undefined,
    otherActiveSessions: 0,
    otherRecaps: 0,
    waitingBefore: 0,
    claims: { state: 'unknown' },
    certificate: { state: 'none' },
    inUse: undefined,
    job: undefined,
    pods: [],
    refused: undefined,
    madeOtherwise: [],
    node: undefined,
    settled: true,
    spare: undefined,
    cleaned: false,
    limits: {
      startTimeoutSeconds: 120,
      drainTimeoutSeconds: 30,
      terminationGracePeriodSeconds: 30,
      moveAfterSeconds: 300,
      profiles: new Set(['cloud', 'offline']),
      hasDatabase: true,
    },
  };
  return { ...base, ...rest };
}

function statusOf(phase: Phase): VoiceSessionStatus {
  if (phase === 'Pending') return { phase };
  const started = { phase, startedAt: at(-5).toISOString(), worker: { jobName: JOB_NAME, restarts: 0 } };
  if (phase !== 'Draining' && phase !== 'Ended' && phase !== 'Failed') return started;
  const ended = phase === 'Draining' ? {} : { endedAt: at(-1).toISOString() };
  return { ...started, ...ended, endReason: 'Requested', reason: 'Requested', conditions: [endedSince(-1)] };
}

/** The condition that Draining began this many seconds from now. */
export function endedSince(seconds: number): ReturnType<typeof condition> {
  return {
    ...condition('Ended', 'False'),
    reason: 'Requested',
    message: 'Stopped.',
    lastTransitionTime: at(seconds).toISOString(),
  };
}

export function condition(type: string, status: 'True' | 'False' | 'Unknown') {
  return {
    type,
    status,
    reason: 'Because',
    message: 'Because of this.',
    lastTransitionTime: NOW.toISOString(),
  };
}

export const issued = { state: 'issued', notAfter: at(18_000) } as const;

export const job: JobView = { name: JOB_NAME, uid: 'job-uid', deleting: false };

export function finishedJob(failed: boolean, reason: string): JobView {
  return { ...job, finished: { failed, reason, message: 'as it is', at: NOW } };
}

export const pod: PodView = {
  name: 'evening-4a49acf8-a',
  uid: 'pod-uid',
  node: 'node-1',
  deleting: false,
  held: true,
  state: 'running',
};

export function exited(code: number, message = '', changes: Partial<PodView> = {}): PodView {
  return {
    ...pod,
    state: 'ended',
    exit: { code, message, reason: code === 0 ? 'Completed' : 'Error' },
    ...changes,
  };
}

export const listening = { connected: true, state: 'Listening', podUID: 'pod-uid' } as const;
