// A line of the scene as a WAV: in one breath, or with a pause in the middle.
import { readFile } from 'node:fs/promises';
import { type PlayerVoice, playerSays } from '../../hack/environment/player-voice.ts';
import { readWav, toMono, writeWav } from '../../src/audio/wav.ts';
import { type Line, PAUSE_MS } from './scene.ts';

const VOICES: Readonly<Record<Line['by'], PlayerVoice>> = { robin: 'slt', mara: 'rms' };
/** Quieter samples at the ends of a recording are no speech. */
const QUIET = 300;

export async function recordingOf(line: Line, onProgress: (message: string) => void): Promise<Buffer> {
  const parts = await Promise.all(
    line.text.split('|').map(async (part) => {
      const wav = readWav(await readFile(await playerSays(part.trim(), onProgress, VOICES[line.by])));
      return { rate: wav.rate, samples: trimmed(toMono(wav)) };
    }),
  );
  const rate = parts[0]?.rate ?? 16_000;
  const pause = new Int16Array((rate * PAUSE_MS) / 1000);
  const samples = parts.flatMap(({ samples: part }, at) => (at === 0 ? [part] : [pause, part]));
  return Buffer.from(writeWav(Int16Array.from(samples.flatMap((part) => [...part])), rate));
}

/** What the recogniser should write. */
export function wordsOf(line: Line): string {
  return line.text.replaceAll(/\s*\|\s*/g, ' ');
}

function trimmed(samples: Int16Array): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > QUIET;
  return samples.subarray(Math.max(0, samples.findIndex(loud)), samples.findLastIndex(loud) + 1);
}
