import { readWavHeader } from '../../../src/audio/wav.ts';
import { floatsFromBytes } from '../../../worker/audio/pcm.ts';

/** Loudness of a recording, in 16-bit units. */
export function readWav(bytes: Uint8Array): { rms: number; seconds: number } {
  const header = readWavHeader(bytes);
  if (header === undefined) throw new Error('the recording has no WAV header');
  const samples = floatsFromBytes(bytes.subarray(header.dataOffset));
  const power = samples.reduce((sum, x) => sum + x * x, 0) / Math.max(1, samples.length);
  return { rms: Math.sqrt(power) * 32768, seconds: samples.length / header.channels / header.sampleRate };
}
