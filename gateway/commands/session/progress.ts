import type { VoiceSession } from '../../../src/api/generated/voicesession.ts';

/** A session that has begun or may still begin. */
export function isLive(session: VoiceSession): boolean {
  const phase = session.status?.phase;
  return phase !== 'Ended' && phase !== 'Failed';
}
