/** A background's sound from where the campaign says it is. */
import { setImmediate } from 'node:timers/promises';
import type { Reach } from '../../src/admission/hosts.ts';
import { KAISER, Resampler } from '../../src/audio/resampler.ts';
import { mixToMono, readWav } from '../../src/audio/wav.ts';
import { fetchWithin } from '../provider/guarded-fetch.ts';
import { floatsFromBytes, int16FromFloat } from './pcm.ts';
import { SPEAK_RATE } from './rates.ts';

/** About two minutes of stereo at 44.1 kHz. */
const MOST_BYTES = 24 * 1024 * 1024;
/** What is longer loops earlier: each second takes 96 kB of the worker's memory. */
const MOST_SECONDS = 120;
const TIMEOUT_MS = 20_000;
/** Converted at a time: the same thread sends a packet each 20 ms. */
const CHUNK_SECONDS = 0.1;

/**
 * @returns 48 kHz mono, at most 120 s
 * @throws Error with a sentence that says what is wrong with the address or the file
 */
export async function loadBackground(
  url: string,
  reach: Reach,
  signal: AbortSignal,
  get: typeof fetch = fetchWithin(reach),
): Promise<Int16Array> {
  const response = await get(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const wav = readWav(await bytesOf(response, url));
  const floats = mixToMono(
    floatsFromBytes(new Uint8Array(wav.samples.buffer, wav.samples.byteOffset, wav.samples.byteLength)),
    wav.channels,
  );
  const kept = floats.subarray(0, wav.rate * MOST_SECONDS);
  if (kept.length === 0) throw new Error(`${url} has no sound in it`);
  const resampler = new Resampler(wav.rate, SPEAK_RATE, KAISER);
  const samples = new Int16Array(Math.ceil((kept.length * SPEAK_RATE) / wav.rate) + SPEAK_RATE);
  let length = 0;
  const take = (part: Float32Array): void => {
    for (const sample of part) samples[length++] = int16FromFloat(sample);
  };
  const chunk = Math.round(wav.rate * CHUNK_SECONDS);
  for (let at = 0; at < kept.length; at += chunk) {
    take(resampler.push(kept.subarray(at, at + chunk)));
    await setImmediate();
    signal.throwIfAborted();
  }
  take(resampler.flush());
  return samples.slice(0, length);
}

async function bytesOf(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error(`${url} is larger than ${MOST_BYTES / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
