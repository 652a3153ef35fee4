import { isFinal, type VoiceSession } from '../../src/api/index.ts';

/** What history needs to know of a session. */
export interface Ended {
  readonly metadata: Pick<VoiceSession['metadata'], 'name'>;
  readonly spec: Pick<VoiceSession['spec'], 'requestedBy' | 'mode'>;
  readonly status?: Pick<NonNullable<VoiceSession['status']>, 'phase' | 'endedAt'>;
}

/**
 * The ended sessions of a campaign beyond the `keep` latest ones, and its recaps, which do not displace them. Only what
 * Discord started is ever removed: what was applied belongs to whoever applied it. How long they are kept at all is the
 * session's own matter (decide.ts).
 */
export function surplusSessions<T extends Ended>(sessions: readonly T[], keep: number | undefined): T[] {
  if (keep === undefined) return [];
  const ended = sessions
    .filter(({ spec, status }) => spec.requestedBy?.interactionId !== undefined && isFinal(status?.phase))
    .sort((a, b) => ((a.status?.endedAt ?? '') < (b.status?.endedAt ?? '') ? 1 : -1));
  return ['Live', 'Recap'].flatMap((mode) => ended.filter(({ spec }) => spec.mode === mode).slice(keep));
}
