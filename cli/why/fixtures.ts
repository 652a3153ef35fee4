// For tests: a session that is well, and ways to change what is seen of it.
import type { Condition, Phase, VoiceSession, VoiceSessionStatus } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import type {
  CampaignFact,
  EventFact,
  LogLine,
  Observation,
  PodFact,
  Seen,
  TenantFact,
} from './observation.ts';

export const NOW = new Date('2030-06-07T20:30:00Z');

/** Seconds before NOW. */
export function ago(seconds: number): string {
  return new Date(NOW.getTime() - seconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function condition(
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
  at = ago(60),
): Condition {
  return { type, status, reason, message, lastTransitionTime: at, observedGeneration: 1 };
}

export function session(
  status: VoiceSessionStatus | undefined,
  more: { readonly spec?: Partial<VoiceSession['spec']>; readonly metadata?: Partial<Live['metadata']> } = {},
): Live<VoiceSession> {
  return {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'VoiceSession',
    metadata: {
      name: 'friday',
      namespace: 'skald-demo',
      uid: '11111111-2222-3333-4444-555555555555',
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: ago(120),
      finalizers: ['skald.dev/session'],
      ...more.metadata,
    },
    spec: {
      mode: 'Live',
      campaignRef: { name: 'village' },
      guildId: '100000000000000002',
      voiceChannelId: '100000000000000003',
      desiredState: 'Running',
      ...more.spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** A status in a phase, with the condition that its sentence stands in. */
export function status(
  phase: Phase,
  reason: string,
  message: string,
  more: Partial<VoiceSessionStatus> = {},
): VoiceSessionStatus {
  const type =
    phase === 'Pending'
      ? 'Admitted'
      : phase === 'Draining' || phase === 'Ended' || phase === 'Failed'
        ? 'Ended'
        : 'Ready';
  return {
    phase,
    reason,
    conditions: [condition(type, phase === 'Active' ? 'True' : 'False', reason, message)],
    ...more,
  };
}

export function tenant(
  conditions: readonly Condition[] = [condition('Ready', 'True', 'Ready', 'Sessions can be started.')],
): Seen<TenantFact> {
  return {
    state: 'there',
    object: { name: 'demo', gateway: 'skald-gateway-0', conditions, admissionTimeoutSeconds: 300 },
  };
}

export function campaign(
  ready: Condition = condition('Ready', 'True', 'Valid', 'A session can be started.'),
): Seen<CampaignFact> {
  return { state: 'there', object: { name: 'village', conditions: [ready] } };
}

export function event(reason: string, note: string, more: Partial<EventFact> = {}): EventFact {
  return { at: ago(90), times: 1, object: 'VoiceSession friday', warning: false, reason, note, ...more };
}

export function pod(more: Partial<PodFact> = {}): PodFact {
  return {
    name: 'friday-91d0c3a7-x2k9p',
    node: 'node-1',
    createdAt: ago(110),
    startedAt: ago(108),
    state: 'running',
    restarts: 0,
    ...more,
  };
}

export function line(text: string, more: Partial<LogLine> = {}): LogLine {
  return { at: ago(100), source: 'worker', pod: 'friday-91d0c3a7-x2k9p', level: 'info', text, ...more };
}

const LISTENING = 'The NPCs listen.';

/** Active, with everything there. */
export function observation(changes: Partial<Observation> = {}): Observation {
  return {
    namespace: 'skald-demo',
    name: 'friday',
    now: NOW,
    systemNamespace: 'skald-system',
    session: session(
      status('Active', 'Listening', LISTENING, {
        startedAt: ago(115),
        activeAt: ago(100),
        voice: { connected: true, state: 'Listening', responseP50Ms: 812 },
      }),
    ),
    tenant: tenant(),
    campaign: campaign(),
    job: { name: 'friday-91d0c3a7', createdAt: ago(114) },
    pods: [pod()],
    events: [],
    logs: [],
    records: [],
    operator: { name: 'skald-controller', ready: 2, wanted: 2 },
    gateway: { name: 'skald-gateway-0', ready: 1, wanted: 1 },
    campaigns: [],
    unread: [],
    ...changes,
  };
}
