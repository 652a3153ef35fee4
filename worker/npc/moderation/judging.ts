/** Everything that judges one answer, as those see it who speak it. */
import type { PersonaNpc } from '../prompt.ts';
import type { Confidential } from './confidential.ts';
import { inTurn, type Judgement, type Moderator } from './moderator.ts';
import type { ModerationEvents } from './openai-moderation.ts';
import { OwnChecks } from './own-checks.ts';

/** Whether a sentence may be said. Called in order. Never rejects: of an answer that is cut, nothing more may be. */
export type Judge = (sentence: string) => Promise<boolean>;

/** For what a person has written, and for the installation's own notices. */
export const unjudged: Judge = async () => true;

/** The session's provider of `moderation`. */
export type ModerationProvider = (events: ModerationEvents) => Moderator;

export interface JudgedAnswer {
  readonly npc: PersonaNpc;
  readonly confidential: Confidential;
  /** What has been said aloud in the room. */
  readonly said: readonly string[];
  readonly provider: Moderator | undefined;
  readonly signal: AbortSignal;
  readonly onWithheld: (judgement: Judgement & { allowed: false }) => void;
}

export function judging({ npc, confidential, said, provider, signal, onWithheld }: JudgedAnswer): Judge {
  const own = new OwnChecks(npc, confidential, said);
  const moderator = provider === undefined ? own : inTurn(own, provider);
  return async (sentence) => {
    try {
      const judgement = await moderator.judge(sentence, signal);
      if (!judgement.allowed) onWithheld(judgement);
      return judgement.allowed;
    } catch {
      return false;
    }
  };
}
