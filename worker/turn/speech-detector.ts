/**
 * Turns the voice-activity model's probabilities into speech and silence.
 *
 * Two thresholds, because one makes a voice flicker around it; and several frames in a row before speech
 * begins, because a cough or a key stroke reaches a high probability for one frame.
 */

/** Samples per frame of the Silero v5 model at 16 kHz. */
export const VAD_FRAME = 512;
export const VAD_FRAME_MS = 32;

export interface DetectorSettings {
  /** Probability from which a frame counts as speech while nobody spoke. @defaultValue 0.5 */
  readonly speech: number;
  /** Probability below which a frame counts as silence while somebody speaks. @defaultValue 0.35 */
  readonly silence: number;
  /** Speech frames in a row that begin speech. @defaultValue 3 (96 ms) */
  readonly startFrames: number;
}

export const detectorDefaults = { speech: 0.5, silence: 0.35, startFrames: 3 } satisfies DetectorSettings;

export interface FrameVerdict {
  /** This frame has voice in it. */
  readonly voiced: boolean;
  /** Speech began with this frame (and the `startFrames - 1` before it). */
  readonly started: boolean;
  /** How long voice has been going on without a break, milliseconds. */
  readonly continuousMs: number;
}

export class SpeechDetector {
  private readonly settings: DetectorSettings;
  private speaking = false;
  private run = 0;

  constructor(settings: DetectorSettings = detectorDefaults) {
    this.settings = settings;
  }

  push(probability: number): FrameVerdict {
    // NaN (a model fed garbage) compares false with everything, so it is silence.
    const voiced =
      probability >= (this.speaking || this.run > 0 ? this.settings.silence : this.settings.speech);
    this.run = voiced ? this.run + 1 : 0;
    const started = !this.speaking && this.run >= this.settings.startFrames;
    if (started) this.speaking = true;
    return { voiced, started, continuousMs: this.run * VAD_FRAME_MS };
  }

  /** Packets stopped coming: whatever follows is not one breath with what was before. */
  interrupt(): void {
    this.run = 0;
  }

  /** The utterance was closed. */
  reset(): void {
    this.speaking = false;
    this.run = 0;
  }
}
