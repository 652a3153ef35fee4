/** Whoever speaks into an NPC's speech: what {@link Interruption} decides is done here, to the answer on the floor. */
import type { Logger } from '../../src/telemetry/log.ts';
import { monotonicMs } from '../clock.ts';
import { Interruption, type Verdict } from './interruption.ts';

/** The answer on the floor, once people hear it. */
export interface Audible {
  readonly npc: string;
  hold(): void;
  resume(): void;
  /** Silent for good, at once. */
  cut(): void;
  /** Resolves when it is over and remembered. */
  readonly over: Promise<void>;
}

export class BargeIn {
  private readonly log: Logger;
  private readonly interruption = new Interruption();
  private audible: Audible | undefined;
  /** Who is in the middle of a sentence, and who was when the answer began. */
  private readonly speaking = new Set<string>();
  private readonly earlier = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.log = log;
  }

  /** Somebody has spoken into the answer, and it is not yet known whether it was meant to interrupt. */
  get holding(): boolean {
    return this.interruption.holding;
  }

  /** People hear it now. */
  begin(audible: Audible): void {
    this.audible = audible;
    this.earlier.clear();
    for (const userId of this.speaking) this.earlier.add(userId);
  }

  /** A person begins to speak. */
  started(userId: string): void {
    this.speaking.add(userId);
  }

  /** What the person was saying comes to nothing. */
  dropped(userId: string): void {
    this.speaking.delete(userId);
    this.earlier.delete(userId);
  }

  /** The answer is over by itself, or was cut. */
  over(): void {
    this.audible = undefined;
    this.interruption.over();
    clearTimeout(this.timer);
  }

  /** A person's voice has been going on for `continuousMs`. */
  voicing(userId: string, continuousMs: number): void {
    if (this.audible === undefined) return;
    const early = this.earlier.has(userId);
    void this.act(userId, this.interruption.voicing(userId, continuousMs, monotonicMs(), early));
  }

  /** An utterance of the person is being recognised. */
  recognising(userId: string): void {
    this.speaking.delete(userId);
    this.interruption.recognising(userId);
  }

  /**
   * What the utterance was; undefined: that could not be found out. Resolves when the answer is over, if that cuts it:
   * what was heard of it is then remembered.
   *
   * @returns what the words did to the answer on the floor; nothing, if they were not said into it
   */
  async recognised(userId: string, text: string | undefined): Promise<Verdict> {
    const verdict = this.interruption.recognised(userId, text);
    await this.act(userId, verdict);
    return this.earlier.delete(userId) ? undefined : verdict;
  }

  private async act(userId: string, verdict: Verdict): Promise<void> {
    this.arm(userId);
    const { audible, log } = this;
    if (audible === undefined || verdict === undefined) return;
    const { npc } = audible;
    if (verdict === 'hold') {
      log.info({ userId, npc }, 'Interrupted');
      audible.hold();
    } else if (verdict === 'resume') {
      log.info({ userId, npc }, 'False interruption: the NPC goes on');
      audible.resume();
    } else {
      log.info({ userId, npc }, 'Barge-in');
      this.audible = undefined;
      audible.cut();
      await audible.over;
    }
  }

  private arm(userId: string): void {
    clearTimeout(this.timer);
    const deadline = this.interruption.deadline();
    if (deadline === undefined) return;
    this.timer = setTimeout(
      () => void this.act(userId, this.interruption.tick(monotonicMs())),
      Math.max(0, Math.ceil(deadline - monotonicMs())),
    );
  }
}
