/**
 * A session's state in words for a game master: what the reply to `/session start` shows while it changes, and what
 * `/session status` shows.
 */

import { findCondition } from '../../../src/api/conditions.ts';
import type { VoiceSession } from '../../../src/api/generated/voicesession.ts';
import type { Messages } from '../../messages/catalogue.ts';

export interface Progress {
  readonly text: string;
  /** Nothing follows. */
  readonly final: boolean;
}

/** A session that has begun or may still begin. */
export function isLive(session: VoiceSession): boolean {
  const phase = session.status?.phase;
  return phase !== 'Ended' && phase !== 'Failed';
}

export function describeProgress(session: VoiceSession, messages: Messages): Progress {
  const { progress } = messages.session;
  const { status, spec } = session;
  const campaign = spec.campaignRef.name;
  const channelId = spec.voiceChannelId ?? '';
  switch (status?.phase) {
    case undefined:
      return { text: progress.created(campaign, channelId), final: false };
    case 'Pending': {
      const why = status.reason === undefined ? '' : ` (${lowerFirst(failureText(session, messages))})`;
      return { text: progress.pending(campaign, why.replace(/\.\)$/, ')')), final: false };
    }
    case 'Provisioning':
      return { text: progress.provisioning(campaign), final: false };
    case 'Connecting':
      return { text: progress.connecting(campaign, channelId), final: false };
    case 'Active':
      return { text: progress.active(campaign, channelId, discordTime(status.activeAt)), final: false };
    case 'Degraded':
      return { text: progress.degraded(campaign, channelId, trouble(session, messages)), final: false };
    case 'Draining':
      return { text: progress.draining(campaign), final: false };
    case 'Ended': {
      const why = messages.session.endReason[status.endReason ?? 'Requested'];
      return { text: progress.ended(campaign, why, summary(session, messages)), final: true };
    }
    case 'Failed':
      return { text: progress.failed(campaign, failureText(session, messages)), final: true };
  }
}

/** Why a session failed or waits: a sentence of the catalogue for the reasons that the API names, else the operator's own. */
function failureText(session: VoiceSession, messages: Messages): string {
  const { status, metadata } = session;
  const reason = status?.reason ?? status?.endReason ?? 'Unknown';
  const known: Readonly<Record<string, unknown>> = messages.session.failure;
  const text = Object.hasOwn(known, reason) ? known[reason] : undefined;
  if (typeof text === 'string') return text;
  const ready = ['Ended', 'Ready', 'WorkerScheduled', 'CertificateIssued', 'Admitted']
    .map((type) => findCondition(status?.conditions, type))
    .find((condition) => condition?.reason === reason && condition.message !== '');
  return messages.session.failure.other(withoutStop(ready?.message ?? reason), metadata.name ?? '');
}

function trouble(session: VoiceSession, messages: Messages): string {
  const message = session.status?.voice?.message;
  if (message !== undefined && message !== '') return message;
  const ready = findCondition(session.status?.conditions, 'Ready');
  return ready?.status === 'False' && ready.message !== ''
    ? ready.message
    : messages.session.progress.unknownTrouble;
}

function summary(session: VoiceSession, messages: Messages): string {
  const { status } = session;
  if (status?.result === undefined || status.activeAt === undefined || status.endedAt === undefined)
    return '';
  const minutes = Math.round((Date.parse(status.endedAt) - Date.parse(status.activeAt)) / 60_000);
  const { utterances, replies } = status.result;
  return messages.session.progress.summary(
    messages.session.progress.minutes(minutes),
    utterances ?? 0,
    replies ?? 0,
  );
}

/** Shown by Discord in each reader's own time zone. */
function discordTime(rfc3339: string | undefined): string {
  const time = rfc3339 === undefined ? Number.NaN : Date.parse(rfc3339);
  return Number.isNaN(time) ? '—' : `<t:${Math.floor(time / 1000)}:t>`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}
