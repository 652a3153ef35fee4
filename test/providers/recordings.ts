import { readWav, toMono } from '../../src/audio/wav.ts';

const FRAME_MS = 20;
/** How far the beginnings of what was recorded and of what came may lie apart, frames. */
const MOST_SHIFT = 50;
/** Recordings less alike than this are others. Of the same one, sent through Opus, it is above 0.9. */
const LEAST_ALIKE = 0.75;
/** Taken off for all that is missing of a recording: a short one is like the beginning of many. */
const MISSING = 0.15;
/** What is missing at the end of a recording that counts as whole, frames. */
const TAIL = 12;

interface Recording {
  readonly text: string;
  readonly envelope: Float64Array;
}

/**
 * Recognises recordings that it was told of, by how their loudness runs: the same text whenever the same recording comes,
 * in whatever order and however often it is asked. Of one that breaks off it knows the first words.
 */
export class KnownRecordings {
  private readonly known: Recording[] = [];

  /** @throws WavError when `wav` is none. */
  add(text: string, wav: Uint8Array): void {
    this.known.push({ text, envelope: envelopeOf(wav) });
  }

  /** Undefined: none of those. */
  recognise(wav: Uint8Array): string | undefined {
    if (this.known.length === 0) return undefined;
    const heard = envelopeOf(wav);
    let best = { alike: LEAST_ALIKE, text: undefined as string | undefined };
    for (const { text, envelope } of this.known) {
      const { alike, shift } = likeness(heard, envelope);
      const worth = alike - MISSING * Math.max(0, 1 - (heard.length + shift) / envelope.length);
      if (worth > best.alike) best = { alike: worth, text: firstWords(text, envelope, heard.length + shift) };
    }
    return best.text;
  }
}

/** Loudness per 20 ms in decibels; the silence around it is cut off. */
function envelopeOf(wav: Uint8Array): Float64Array {
  const pcm = readWav(wav);
  const samples = toMono(pcm);
  const size = Math.round((pcm.rate * FRAME_MS) / 1000);
  const frames = Array.from({ length: Math.floor(samples.length / size) }, (_, at) => {
    let energy = 0;
    for (let n = at * size; n < (at + 1) * size; n++) energy += (samples[n] ?? 0) ** 2;
    return 10 * Math.log10(energy / size + 100);
  });
  const loud = Math.max(...frames, 0) - 35;
  const first = frames.findIndex((level) => level > loud);
  const last = frames.findLastIndex((level) => level > loud);
  return Float64Array.from(first < 0 ? [] : frames.slice(first, last + 1));
}

/** The best correlation over all shifts; `shift` frames of `whole` lie before the first of `part`. */
function likeness(part: Float64Array, whole: Float64Array): { alike: number; shift: number } {
  let best = { alike: 0, shift: 0 };
  for (let shift = -MOST_SHIFT; shift <= MOST_SHIFT; shift++) {
    const from = Math.max(0, -shift);
    const to = Math.min(part.length, whole.length - shift);
    if (to - from < 0.7 * part.length || to - from < 10) continue;
    // What lies outside of the other is not alike.
    const alike = (correlation(part, whole, from, to, shift) * (to - from)) / part.length;
    if (alike > best.alike) best = { alike, shift };
  }
  return best;
}

function correlation(a: Float64Array, b: Float64Array, from: number, to: number, shift: number): number {
  const count = to - from;
  let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (let n = from; n < to; n++) {
    const x = a[n] ?? 0;
    const y = b[n + shift] ?? 0;
    sumA += x;
    sumB += y;
    squareA += x * x;
    squareB += y * y;
    product += x * y;
  }
  const spread = Math.sqrt((squareA - (sumA * sumA) / count) * (squareB - (sumB * sumB) / count));
  return spread === 0 ? 0 : (product - (sumA * sumB) / count) / spread;
}

/** The words up to frame `end`, when they take equally long. */
function firstWords(text: string, envelope: Float64Array, end: number): string {
  if (end >= envelope.length - TAIL) return text;
  const words = text.split(' ');
  return words.slice(0, Math.max(1, Math.floor((words.length * end) / envelope.length))).join(' ');
}
