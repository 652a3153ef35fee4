/** What people say in the bench: made once with flite, cut to where the voice begins and ends. */
import { readFile } from 'node:fs/promises';
import { playerSays } from '../../hack/environment/player-voice.ts';
import { readWav, toMono, writeWav } from '../../src/audio/wav.ts';

export interface Line {
  readonly text: string;
  /** A mono WAV whose first and last 20 ms can be heard: when it is sent, so are its first and its last packet. */
  readonly wav: Buffer;
  readonly seconds: number;
}

/** Each calls one NPC of {@link file://./table.ts} by name. */
export const QUESTIONS = [
  'Greta, what is on the menu tonight?',
  'Bruno, can you mend my sword?',
  'Greta, do you have a room for the night?',
  'Bruno, what does a new shield cost?',
  'Greta, who was the man at the window?',
  'Bruno, have you seen the miller today?',
] as const;

/** Said into an NPC's speech; it begins with a voiced sound. */
export const INTERRUPTION = 'No no no, wait a moment please, I have to say something.';

/** Table talk that is for none of the NPCs. */
export const TABLE_TALK = [
  'I think we should look at the old bridge before the sun goes down.',
  'We still have two torches and some rope in the bag.',
  'The last time we went there it did not go well for us.',
  'Let us ask the others what they want to do about it.',
  'My character would never agree to such a plan, you know that.',
] as const;

/** Quieter than this share of full scale (-40 dBFS, root mean square of 20 ms) is before or after the voice. */
const AUDIBLE = 0.01;
const FRAME_SECONDS = 0.02;

export async function spoken(text: string, note: (message: string) => void): Promise<Line> {
  const pcm = readWav(await readFile(await playerSays(text, note)));
  const samples = trimmed(toMono(pcm), pcm.rate);
  return lineOf(text, samples, pcm.rate);
}

/** One long WAV of several lines with silence between them. */
export function joined(lines: readonly Line[], pauseMs: number): Line {
  const parts = lines.map(({ wav }) => readWav(wav));
  const rate = parts[0]?.rate ?? 16_000;
  const pause = new Int16Array(Math.round((rate * pauseMs) / 1000));
  const samples = parts.flatMap((part, index) => (index === 0 ? [part.samples] : [pause, part.samples]));
  const whole = new Int16Array(samples.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of samples) {
    whole.set(part, at);
    at += part.length;
  }
  return lineOf(lines.map(({ text }) => text).join(' '), whole, rate);
}

/** Without the frames of 20 ms at both ends in which nothing can be heard. */
export function trimmed(samples: Int16Array, rate: number): Int16Array {
  const frame = Math.round(rate * FRAME_SECONDS);
  const audible = (from: number): boolean => loudness(samples.subarray(from, from + frame)) >= AUDIBLE;
  let from = 0;
  while (from < samples.length && !audible(from)) from += frame;
  let to = samples.length - ((samples.length - from) % frame);
  while (to > from && !audible(to - frame)) to -= frame;
  return samples.subarray(from, to);
}

function loudness(samples: Int16Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return Math.sqrt(power) / 32_768;
}

function lineOf(text: string, samples: Int16Array, rate: number): Line {
  return { text, wav: Buffer.from(writeWav(samples, rate).buffer), seconds: samples.length / rate };
}
