/** What of the packets that came can be heard: decoded, and louder than a pause. */
import opus from '@discordjs/opus';
import { loudness } from '../../../test/discord/wav.ts';

export interface Arrived {
  /** Milliseconds of the listener's clock. */
  readonly at: number;
  readonly opus: Uint8Array;
}

/** About -50 dBFS, root mean square of 20 ms: what the Discord simulator takes for a pause, too. */
const AUDIBLE = 0.003;
const RATE = 48_000;
/** So long without a sound, and the answer is over, milliseconds. */
const PAUSE_MS = 400;

/** Hears one track. A decoder remembers, so no packet must be left out. */
export class Ear {
  /** The moments at which packets with sound came, in order of arrival. */
  readonly sounds: number[] = [];
  readonly #decoder = new opus.OpusEncoder(RATE, 1);

  hear({ at, opus: packet }: Arrived): void {
    const pcm = this.#decoder.decode(Buffer.from(packet));
    const samples = Int16Array.from({ length: pcm.length / 2 }, (_, index) => pcm.readInt16LE(index * 2));
    if (loudness(samples) >= AUDIBLE) this.sounds.push(at);
  }
}

/** @returns undefined: nothing was heard after that */
export function firstAfter(sounds: readonly number[], moment: number): number | undefined {
  return sounds.find((at) => at > moment);
}

/**
 * How long a speech went on that somebody spoke into, from the first packet of the interruption to the last sound before the
 * first pause.
 * @returns undefined: there was a pause already, or it went on to the interruption's end
 */
export function silentAfter(
  sounds: readonly number[],
  { firstAt, lastAt }: { readonly firstAt: number; readonly lastAt: number },
): number | undefined {
  let last = sounds.findLast((at) => at <= firstAt) ?? Number.NEGATIVE_INFINITY;
  for (const at of sounds) {
    if (at <= firstAt) continue;
    if (at - last > PAUSE_MS) break;
    last = at;
  }
  return last > firstAt && last < lastAt ? last - firstAt : undefined;
}
