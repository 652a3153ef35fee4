/**
 * A sound that loops under everything that is said, and ducks: while an NPC speaks or somebody at the table does, it is
 * quieter.
 */
import { SPEAK_FRAME, SPEAK_RATE } from './rates.ts';

/** Under speech it has this share of its volume: 14 dB less, as broadcasters duck music under a voice. */
const DUCKED = 0.2;
/** How long the way to a new volume takes, seconds: down before the second syllable, up without being noticed. */
const DOWN_S = 0.08;
const UP_S = 0.8;
/** How long it stays down after speech, frames: pauses between words do not pump. */
const HOLD_FRAMES = 25;

export class Background {
  private readonly samples: Int16Array;
  private readonly volume: number;
  private at = 0;
  private gain = 0;
  private hold = 0;

  /**
   * @param samples 48 kHz mono; not empty
   * @param volume 0 to 1
   */
  constructor(samples: Int16Array, volume: number) {
    if (samples.length === 0) throw new RangeError('a background needs at least one sample');
    this.samples = samples;
    this.volume = volume;
  }

  /** Somebody speaks: down for half a second from now. */
  duck(): void {
    this.hold = HOLD_FRAMES;
  }

  /** The next 20 ms, with `speech` over it where there is any. */
  next(speech?: Int16Array): Int16Array {
    if (speech !== undefined) this.duck();
    const target = this.volume * (this.hold > 0 ? DUCKED : 1);
    this.hold = Math.max(0, this.hold - 1);
    const step = this.volume / (SPEAK_RATE * (target < this.gain ? DOWN_S : UP_S));
    const frame = new Int16Array(SPEAK_FRAME);
    for (let n = 0; n < frame.length; n++) {
      this.gain += Math.max(-step, Math.min(step, target - this.gain));
      const sample = (this.samples[this.at] ?? 0) * this.gain + (speech?.[n] ?? 0);
      frame[n] = Math.max(-32_768, Math.min(32_767, Math.round(sample)));
      this.at = (this.at + 1) % this.samples.length;
    }
    return frame;
  }
}
