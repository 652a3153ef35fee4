/** What a moderator can take from a bot that is in the channel: being heard, and hearing. */
import type { VoiceStateUpdate } from '../../src/rpc/generated/skald/v1/gateway.ts';

/** Sentences for a person; undefined: nothing of it is taken. */
export interface Silenced {
  readonly muted: string | undefined;
  readonly deafened: string | undefined;
}

/** @param update the bot's own voice state. */
export function silencedBy(
  update: Pick<VoiceStateUpdate, 'channelId' | 'mute' | 'deaf' | 'suppress'>,
): Silenced {
  const inside = update.channelId !== undefined && update.channelId !== '';
  const muted = update.mute
    ? 'Somebody has muted the bot in the voice channel: nobody hears the characters.'
    : update.suppress
      ? 'The bot may not speak in the voice channel: nobody hears the characters.'
      : undefined;
  const deafened = update.deaf
    ? 'Somebody has deafened the bot in the voice channel: the characters hear nobody.'
    : undefined;
  return inside ? { muted, deafened } : { muted: undefined, deafened: undefined };
}
