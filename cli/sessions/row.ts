// One VoiceSession as a line of `skald sessions`.
import { findCondition, isFinal, type Phase, type VoiceSession } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';

/** What `--json` prints of a session. Times are RFC 3339; what is not known is left out. */
export interface SessionRow {
  readonly namespace: string;
  readonly name: string;
  readonly campaign: string;
  readonly guildId: string;
  readonly voiceChannelId?: string;
  readonly phase: Phase;
  readonly reason?: string;
  /** Since when it is in its phase. */
  readonly since?: string;
  readonly createdAt?: string;
  /** Answers that NPCs have spoken: known when the session has ended. */
  readonly answers?: number;
  /** Half of the answers began within this many milliseconds. */
  readonly responseP50Ms?: number;
  readonly spendUSD?: number;
  readonly restarts: number;
  readonly node?: string;
  readonly requestedBy?: string;
}

export function rowOf(session: Live<VoiceSession>): SessionRow {
  const { metadata, spec, status } = session;
  const phase = status?.phase ?? 'Pending';
  const since = sinceOf(session, phase);
  const spend = status?.result?.spendUSD ?? status?.voice?.spendUSD;
  const { displayName, userId } = spec.requestedBy ?? {};
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    campaign: spec.campaignRef.name,
    guildId: spec.guildId,
    ...(spec.voiceChannelId === undefined ? {} : { voiceChannelId: spec.voiceChannelId }),
    phase,
    ...(status?.reason === undefined ? {} : { reason: status.reason }),
    ...(since === undefined ? {} : { since }),
    ...(metadata.creationTimestamp === undefined ? {} : { createdAt: metadata.creationTimestamp }),
    ...(status?.result?.replies === undefined ? {} : { answers: status.result.replies }),
    ...(status?.voice?.responseP50Ms === undefined ? {} : { responseP50Ms: status.voice.responseP50Ms }),
    ...(spend === undefined ? {} : { spendUSD: spend }),
    restarts: status?.worker?.restarts ?? 0,
    ...(status?.worker?.node === undefined ? {} : { node: status.worker.node }),
    ...(userId === undefined ? {} : { requestedBy: displayName ?? userId }),
  };
}

/** Since when it is in its phase, as far as the status keeps it. */
export function sinceOf({ metadata, status }: Live<VoiceSession>, phase: Phase): string | undefined {
  const changed = (type: string) => findCondition(status?.conditions, type)?.lastTransitionTime;
  switch (phase) {
    case 'Pending':
      return metadata.creationTimestamp;
    case 'Provisioning':
      return status?.startedAt;
    case 'Connecting':
      return changed('WorkerScheduled') ?? status?.startedAt;
    case 'Active':
    case 'Degraded':
      return changed('Ready') ?? status?.activeAt;
    case 'Draining':
      return changed('Ended');
    case 'Ended':
    case 'Failed':
      return status?.endedAt;
  }
}

/** What needs a look comes first, then what runs, then what is over; each newest first. */
const ORDER: readonly Phase[] = [
  'Degraded',
  'Pending',
  'Provisioning',
  'Connecting',
  'Active',
  'Draining',
  'Failed',
  'Ended',
];

export function inOrder(rows: readonly SessionRow[]): SessionRow[] {
  const rank = ({ phase }: SessionRow) => (isFinal(phase) ? ORDER.length : ORDER.indexOf(phase));
  return rows.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      text(b.createdAt, a.createdAt) ||
      text(a.namespace, b.namespace) ||
      text(a.name, b.name),
  );
}

function text(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
