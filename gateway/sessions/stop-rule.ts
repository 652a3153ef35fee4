/**
 * When a worker is told to stop, and with which reason: an ordered list, the first that applies wins. Pure.
 */
import type { VoiceSession } from '../../src/api/generated/voicesession.ts';

/** Without a human in the channel for this long the session ends, milliseconds. */
export const EMPTY_CHANNEL_MS = 60_000;

export interface StopFacts {
  readonly session: VoiceSession;
  /** What the worker asked for, if it did. */
  readonly requested?: { readonly reason: string; readonly message: string } | undefined;
  /** For how long the bot has been in its channel without a human, milliseconds; undefined: there is one, or the bot is not in it. */
  readonly emptyForMs?: number | undefined;
  /**
   * The bot is in another channel than the session's, and the campaign does not follow. Ends with the reason of a bot
   * that was thrown out: somebody on the server took it from its table, and of the API's reasons this one says so.
   */
  readonly movedAway?: boolean;
}

export interface StopOrder {
  readonly reason: string;
  readonly message: string;
}

export function stopOrder(facts: StopFacts): StopOrder | undefined {
  const { spec, metadata, status } = facts.session;
  if (metadata.deletionTimestamp !== undefined) {
    return { reason: 'Deleted', message: 'The VoiceSession was deleted.' };
  }
  if (status?.phase === 'Draining') {
    return {
      reason: status.endReason ?? status.reason ?? 'Requested',
      message: 'The operator ends the session.',
    };
  }
  if (spec.desiredState === 'Stopped') return { reason: 'Requested', message: 'The session was stopped.' };
  if (facts.requested !== undefined) return facts.requested;
  if (facts.movedAway === true) {
    return { reason: 'Kicked', message: 'The bot was moved to another channel, and the campaign ends then.' };
  }
  if (facts.emptyForMs !== undefined && facts.emptyForMs >= EMPTY_CHANNEL_MS) {
    return { reason: 'ChannelEmpty', message: 'Everybody has left the voice channel.' };
  }
  return undefined;
}
