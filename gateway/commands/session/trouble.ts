/**
 * Why a session waits, limps or has ended, in a sentence for a game master that names who can put it right.
 */
import { findCondition } from '../../../src/api/conditions.ts';
import type { VoiceSession } from '../../../src/api/generated/voicesession.ts';
import type { Messages } from '../../messages/catalogue.ts';
import { whoCanMend } from '../../messages/reasons/who.ts';

/** What is behind a reason that only points elsewhere: reasons of the Ready conditions there. */
export interface Behind {
  readonly tenant?: string | undefined;
  readonly campaign?: string | undefined;
}

const POINTERS: Readonly<Record<string, keyof Behind>> = {
  TenantNotReady: 'tenant',
  CampaignNotReady: 'campaign',
};

/** The catalogue's sentence for a reason; undefined for one that this version does not know. */
export function reasonText(reason: string, messages: Messages): string | undefined {
  const known: Readonly<Record<string, string>> = messages.reasons;
  return Object.hasOwn(known, reason) ? known[reason] : undefined;
}

/** @param reason of the session; what it points to is said too */
export function troubleText(
  session: VoiceSession,
  reason: string,
  messages: Messages,
  behind: Behind = {},
): string {
  const text = reasonText(reason, messages) ?? operatorsText(session, reason, messages);
  const pointer = Object.hasOwn(POINTERS, reason) ? POINTERS[reason] : undefined;
  const cause = pointer && behind[pointer];
  const causeText = cause === undefined ? undefined : reasonText(cause, messages);
  const who = whoText(cause !== undefined && causeText !== undefined ? cause : reason, session, messages);
  return [text, causeText, who].filter((part) => part !== undefined).join(' ');
}

/** What the operator of the newer version says of its own reason. */
function operatorsText({ status }: VoiceSession, reason: string, messages: Messages): string {
  const condition = ['Ended', 'Ready', 'WorkerScheduled', 'CertificateIssued', 'Admitted']
    .map((type) => findCondition(status?.conditions, type))
    .find((candidate) => candidate?.reason === reason && candidate.message !== '');
  const voice = status?.voice?.reason === reason ? status.voice.message : undefined;
  return messages.session.card.otherReason((condition?.message ?? voice ?? reason).replace(/\.$/, ''));
}

function whoText(reason: string, { metadata }: VoiceSession, { who }: Messages): string | undefined {
  switch (whoCanMend(reason)) {
    case 'gameMaster':
      return who.gameMaster;
    case 'server':
      return who.server;
    case 'operator':
      return who.operator(metadata.name ?? '');
    case 'nobody':
      return undefined;
  }
}
