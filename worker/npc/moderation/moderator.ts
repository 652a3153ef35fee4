/** What an NPC is about to say, judged sentence by sentence before anybody hears it. */

export type WithheldReason =
  /** It repeats the text that makes the NPC what it is. */
  | 'PromptLeak'
  /** It is a secret that this NPC was never told. */
  | 'ForeignSecret'
  /** The provider of `moderation` flags it. */
  | 'Flagged'
  /** The provider of `moderation` gave no judgement. */
  | 'Unjudged';

export type Judgement =
  | { readonly allowed: true }
  /** `detail` is for logs: never a word of the sentence, nor of what it repeats. */
  | { readonly allowed: false; readonly reason: WithheldReason; readonly detail: string };

export const ALLOWED: Judgement = { allowed: true };

export interface Moderator {
  /**
   * Called in the order of the sentences; the answers may come in another.
   *
   * @throws the abort reason when aborted, nothing else: who cannot judge says so in the judgement.
   */
  judge(sentence: string, signal: AbortSignal): Promise<Judgement>;
}

/** Each is asked only if the ones before it allow the sentence. */
export function inTurn(...moderators: readonly Moderator[]): Moderator {
  return {
    judge: async (sentence, signal) => {
      for (const moderator of moderators) {
        const judgement = await moderator.judge(sentence, signal);
        if (!judgement.allowed) return judgement;
      }
      return ALLOWED;
    },
  };
}
