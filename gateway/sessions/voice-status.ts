/**
 * status.voice of a VoiceSession: made from the worker's reports, and written sparingly. Pure.
 */

import { timestamp } from '../../src/api/conditions.ts';
import type { VoiceSessionVoice } from '../../src/api/generated/voicesession.ts';
import { type VoiceReason, voiceReasons } from '../../src/api/reasons.ts';
import { type WorkerReport, WorkerState } from '../../src/rpc/generated/skald/v1/gateway.ts';

/** Least time between two writes when nothing but measurements changed, milliseconds. */
export const STATUS_INTERVAL_MS = 15_000;
/** The same where a limit waits for the spend and the spend has changed, milliseconds. */
export const SPEND_INTERVAL_MS = 3000;
/** How long a lost stream may take to come back before the status says so, milliseconds. */
export const DETACH_GRACE_MS = 10_000;

export type VoiceState = NonNullable<VoiceSessionVoice['state']>;

const STATES: Readonly<Record<WorkerState, VoiceState>> = {
  [WorkerState.UNSPECIFIED]: 'Connecting',
  [WorkerState.INIT]: 'Connecting',
  [WorkerState.RUNNING]: 'Listening',
  [WorkerState.DEGRADED]: 'Degraded',
  [WorkerState.PAUSED]: 'Paused',
  [WorkerState.STOPPED]: 'Stopped',
  [WorkerState.UNRECOGNIZED]: 'Connecting',
};

/** @param previous what was there before: it holds since when the bot is connected. */
export function voiceFromReport(
  report: WorkerReport,
  podUID: string,
  previous: VoiceSessionVoice | undefined,
  now: Date,
): VoiceSessionVoice {
  const state = STATES[report.state];
  const connected = report.voiceConnected;
  const spent = report.counters?.spendUsd ?? 0;
  const since = previous?.connected === true ? previous.connectedAt : undefined;
  return {
    connected,
    ...(connected ? { connectedAt: since ?? timestamp(now) } : {}),
    state,
    ...(report.reason === '' ? {} : { reason: report.reason }),
    ...(report.message === '' ? {} : { message: report.message.slice(0, 1024) }),
    podUID,
    reportedAt: timestamp(now),
    dave: report.daveVersion,
    packetLoss: rounded(Math.min(1, Math.max(0, report.packetLoss)), 4),
    jitterMs: rounded(Math.max(0, report.jitterMs), 1),
    ...(report.responseP50Ms > 0 ? { responseP50Ms: Math.round(report.responseP50Ms) } : {}),
    ...(report.responseP95Ms > 0 ? { responseP95Ms: Math.round(report.responseP95Ms) } : {}),
    ...(report.buildSha === '' ? {} : { buildSHA: report.buildSha }),
    ...(report.models.length === 0 ? {} : { models: [...report.models] }),
    ...(spent > 0 ? { spendUSD: rounded(spent, 6) } : {}),
    ...(report.configRevision === '' ? {} : { configRevision: report.configRevision }),
  };
}

/** Over what a worker reports that finds nothing wrong: it cannot know what it was not told. */
export function withoutEntities(voice: VoiceSessionVoice): VoiceSessionVoice {
  if (voice.state !== 'Listening' && voice.state !== 'Paused') return voice;
  const reason: VoiceReason = 'EntitiesUnavailable';
  return { ...voice, state: 'Degraded', reason, message: voiceReasons[reason] };
}

/** The stream is lost and did not come back. What was measured stays readable. */
export function detachedVoice(previous: VoiceSessionVoice | undefined, now: Date): VoiceSessionVoice {
  const { connectedAt: _, ...rest } = previous ?? {};
  return {
    ...rest,
    connected: false,
    state: 'Detached',
    reason: 'StreamLost',
    message: 'The worker is not attached to the gateway; audio may flow on.',
    reportedAt: timestamp(now),
  };
}

/** Whether the difference is one that the operator or a person waits for. */
export function isStateChange(before: VoiceSessionVoice | undefined, after: VoiceSessionVoice): boolean {
  return (
    before === undefined ||
    before.connected !== after.connected ||
    before.state !== after.state ||
    before.reason !== after.reason ||
    before.podUID !== after.podUID ||
    before.configRevision !== after.configRevision ||
    before.dave !== after.dave
  );
}

/** Milliseconds until `after` should be written over `before`, which was written at `writtenAt`; undefined: not at all. @param spendMatters the tenant has a limit on its spend */
export function writeDelay(
  before: VoiceSessionVoice | undefined,
  after: VoiceSessionVoice,
  writtenAt: number,
  now: number,
  spendMatters = false,
): number | undefined {
  if (isStateChange(before, after)) return 0;
  const { reportedAt: _before, ...left } = before ?? {};
  const { reportedAt: _after, ...right } = after;
  if (JSON.stringify(left) === JSON.stringify(right)) return undefined;
  const interval =
    spendMatters && before?.spendUSD !== after.spendUSD ? SPEND_INTERVAL_MS : STATUS_INTERVAL_MS;
  return Math.max(0, writtenAt + interval - now);
}

function rounded(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
