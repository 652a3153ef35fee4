/** How long a pause has to be before a person has finished. Keeps no timers and no sound: it answers with a delay. */
import { endOfTurn } from './end-of-turn.ts';
import type { TurnTaking } from './turn-taking.ts';

/** How much the latest pause counts among a person's earlier ones. */
const WEIGHT = 0.3;
/** A person whose pauses are so long on average is not taken to have finished within this times as much. */
const PATIENCE = 1.3;
/** From this score on a sentence is whole, however long the person's pauses are. */
const CERTAIN = 0.9;

export class Endpointing {
  settings: TurnTaking;
  /** Milliseconds: average length of a person's pauses in which they had not finished, by user id. */
  private readonly pauses = new Map<string, number>();

  constructor(settings: TurnTaking) {
    this.settings = settings;
  }

  /** A person went on after so long a silence: it was a pause, and no end. */
  wentOn(userId: string, silentMs: number): void {
    if (silentMs > this.settings.maxDelayMs) return;
    const before = this.pauses.get(userId);
    this.pauses.set(userId, before === undefined ? silentMs : before + WEIGHT * (silentMs - before));
  }

  forget(userId: string): void {
    this.pauses.delete(userId);
  }

  /**
   * Milliseconds of silence that end a turn in which `text` was said so far.
   *
   * @param text undefined: nobody knows; then it is as if nothing could be told from it
   */
  delayMs(userId: string, text: string | undefined, language: string, names: readonly string[]): number {
    const { endpointing, minDelayMs, maxDelayMs } = this.settings;
    if (endpointing === 'fixed') return minDelayMs;
    const score = endOfTurn(text ?? '', language, names);
    const byText = minDelayMs + (maxDelayMs - minDelayMs) * (1 - score) ** 2;
    const own = score >= CERTAIN ? 0 : PATIENCE * (this.pauses.get(userId) ?? 0);
    return Math.round(Math.min(maxDelayMs, Math.max(byText, own)));
  }
}
