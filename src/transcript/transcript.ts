// What a transcript consists of for whoever writes it down. The forms in which it is written are beside this file; each is
// made line by line, so that an evening of any length takes no memory.
import type { SessionSummary, TranscriptSegment } from '../store/index.ts';

export interface Transcript {
  readonly session: SessionSummary;
  /** Everybody who is named in it. */
  readonly speakers: readonly Speaker[];
  /** In the order in which it was said. */
  readonly segments: AsyncIterable<TranscriptSegment>;
}

export interface Speaker {
  readonly kind: 'player' | 'npc';
  readonly name: string;
}

export type TranscriptFormat = 'markdown' | 'json' | 'text';

/** Its words were erased at the wish of whoever said them; that somebody spoke stays. */
export function isErased({ text }: Pick<TranscriptSegment, 'text'>): boolean {
  return text === '';
}

/** `2026-01-01 20:00` */
export function minute(time: Date): string {
  return time.toISOString().slice(0, 16).replace('T', ' ');
}
