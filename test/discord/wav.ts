import * as wav from '../../src/audio/wav.ts';

/** Sound as 16-bit samples of one channel. */
export interface Sound {
  sampleRate: number;
  samples: Int16Array;
}

/**
 * Reads a RIFF WAV of 16-bit PCM; several channels are mixed to one.
 * Throws when it is anything else, naming what was found.
 */
export function readWav(bytes: Uint8Array): Sound {
  const pcm = wav.readWav(bytes);
  return { sampleRate: pcm.rate, samples: wav.toMono(pcm) };
}

/** A mono WAV of 16-bit PCM. */
export function writeWav({ samples, sampleRate }: Sound): Buffer {
  return Buffer.from(wav.writeWav(samples, sampleRate).buffer);
}

/** Root mean square of the samples, 0..1 of full scale. */
export function loudness(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length) / 32_768;
}
