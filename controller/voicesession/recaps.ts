// A Recap is a worker without voice: it needs no Discord server to itself, no campaign and none of the tenant's places,
// and nobody hears it. What bounds it instead stands here (ADR 0028).
import type { VoiceSession } from '../../src/api/index.ts';

const MOST_RECAPS = 2;

/** Recaps of one tenant that may be written at a time: two, and never more than it may have sessions. */
export function mostRecaps(concurrentSessions: number | undefined): number {
  return Math.min(MOST_RECAPS, concurrentSessions ?? MOST_RECAPS);
}

/** The longest that a recap may take from its admission, seconds. */
export const RECAP_SECONDS = 300;

export function isRecap({ spec }: Pick<VoiceSession, 'spec'>): boolean {
  return spec.mode === 'Recap';
}
