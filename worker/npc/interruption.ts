/**
 * What becomes of an answer that somebody speaks into.
 *
 * After 250 ms of voice the NPC is silent at once, but only held: whether the voice meant to interrupt is known when
 * its words are. "Mhm" lets the NPC go on where it stopped, as does a voice that became no words; anything else, or a
 * voice that goes on for a second, cuts the answer. (The same order of events as LiveKit's agents, which call it false
 * interruption and wait 2 s: https://docs.livekit.io/agents/build/turns/.)
 *
 * Who was speaking before the answer began does not interrupt it: the answer waits for the end of that, and goes on.
 *
 * It keeps no timers: whoever runs it calls `tick` at `deadline()`.
 */
import { isBackchannel } from './backchannels.ts';

/** Nobody listens aloud for so long without a pause, milliseconds. */
const CERTAIN_MS = 1000;
/** After so long without voice, and without an utterance that is being recognised, there was nothing to hear. */
const FALSE_AFTER_MS = 2000;

/** What to do with the answer; undefined: nothing changes. */
export type Verdict = 'hold' | 'resume' | 'cut' | undefined;

export class Interruption {
  private by:
    | { readonly userId: string; readonly early: boolean; lastVoiceAt: number; recognising: number }
    | undefined;

  get holding(): boolean {
    return this.by !== undefined;
  }

  /**
   * A person has been voicing for `continuousMs` while the answer is on the floor.
   *
   * @param early the person's sentence began before the answer
   */
  voicing(userId: string, continuousMs: number, now: number, early = false): Verdict {
    if (this.by === undefined) {
      this.by = { userId, early, lastVoiceAt: now, recognising: 0 };
      return 'hold';
    }
    if (this.by.userId === userId) this.by.lastVoiceAt = now;
    return continuousMs >= CERTAIN_MS && !early ? this.decided('cut') : undefined;
  }

  /** An utterance of the person went to recognition. */
  recognising(userId: string): void {
    if (this.by?.userId === userId) this.by.recognising++;
  }

  /** What the utterance was; undefined: that could not be found out. */
  recognised(userId: string, text: string | undefined): Verdict {
    if (this.by?.userId !== userId) return undefined;
    this.by.recognising = Math.max(0, this.by.recognising - 1);
    if (text !== undefined && !isBackchannel(text) && !this.by.early) return this.decided('cut');
    // The words of another utterance are still to come.
    return this.by.recognising > 0 ? undefined : this.decided('resume');
  }

  /** When `tick` must be called, in the time of `now`; undefined: not before something happens. */
  deadline(): number | undefined {
    return this.by === undefined || this.by.recognising > 0
      ? undefined
      : this.by.lastVoiceAt + FALSE_AFTER_MS;
  }

  tick(now: number): Verdict {
    const deadline = this.deadline();
    return deadline !== undefined && now >= deadline ? this.decided('resume') : undefined;
  }

  /** The answer is over by itself. */
  over(): void {
    this.by = undefined;
  }

  private decided<V extends Verdict>(verdict: V): V {
    this.by = undefined;
    return verdict;
  }
}
