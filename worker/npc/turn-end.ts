/** How a line of an NPC ended, and how that is said to whoever asked for it. */
import type { SpeakResult } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { DropReason } from './floor.ts';

export type TurnEnd =
  | { readonly kind: 'spoken' }
  /** It broke off: somebody spoke into it, the NPC was muted, or the session ended. */
  | { readonly kind: 'cut'; readonly why: string }
  /** The channel was lost for so long that the rest was given up. */
  | { readonly kind: 'unheard' }
  /** It never began. */
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  | { readonly kind: 'failed'; readonly why: string };

/** `reason` and `error` of a {@link SpeakResult}: both empty when it was spoken to its end. */
export type Spoken = Pick<SpeakResult, 'reason' | 'error'>;

const DROPPED: { readonly [reason in DropReason]: string } = {
  Muted: 'The NPC is muted.',
  TooMany: 'Too many answers wait.',
  Stale: 'It has waited too long to be an answer still.',
  Stopped: 'Everyone was told to stop.',
  Ending: 'The session is ending.',
};

/** What a gateway knows them as. */
const REASON: { readonly [reason in DropReason]: string } = {
  Muted: 'Muted',
  TooMany: 'TooMany',
  Stale: 'TooMany',
  Stopped: 'Interrupted',
  Ending: 'Ending',
};

export function spokenOf(end: TurnEnd): Spoken {
  switch (end.kind) {
    case 'spoken':
      return { reason: '', error: '' };
    case 'cut':
      return { reason: 'Interrupted', error: `It was interrupted: ${end.why}.` };
    case 'unheard':
      return { reason: 'NoVoice', error: 'The voice channel was lost; not all of it was heard.' };
    case 'dropped':
      return { reason: REASON[end.reason], error: DROPPED[end.reason] };
    case 'failed':
      return { reason: 'Failed', error: end.why };
  }
}
