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

/** The moments at which sound came. In order of arrival; a decoder remembers, so packets must not be left out. */
export function audible(packets: readonly Arrived[]): number[] {
  const decoder = new opus.OpusEncoder(RATE, 1);
  return packets.flatMap(({ at, opus: packet }) => {
    const pcm = decoder.decode(Buffer.from(packet));
    const samples = new Int16Array(pcm.length / 2);
    for (const index of samples.keys()) samples[index] = pcm.readInt16LE(index * 2);
    return loudness(samples) >= AUDIBLE ? [at] : [];
  });
}

/** @returns undefined: nothing was heard after that */
export function firstAfter(sounds: readonly number[], moment: number): number | undefined {
  return sounds.find((at) => at > moment);
}

/** The last sound before the first pause after `moment`; `moment` itself when it lies in a pause. */
export function lastBeforePause(sounds: readonly number[], moment: number): number {
  let last = moment;
  for (const at of sounds) {
    if (at <= moment) continue;
    if (at - last > PAUSE_MS) break;
    last = at;
  }
  return last;
}
