import { readWav, toMono } from '../../src/audio/wav.ts';

const FRAME_MS = 20;
/** How far the beginnings of what was recorded and of what came may lie apart, frames. */
const MOST_SHIFT = 50;
/** Recordings less alike than this are others. Of the same one, sent through Opus, it is above 0.9. */
const LEAST_ALIKE = 0.6;
/** Taken off for all that is missing of a recording: a short one is like the beginning of many. */
const MISSING = 0.15;
/** What sharpness counts for beside loudness. */
const SHARPNESS = 0.25;
/** What is missing at the end of a recording that counts as whole, frames. */
const TAIL = 12;

/** Shorter than this it is not judged whether it is the beginning of something, frames: it is like many. */
const LEAST_BEGINNING = 40;

/** What a recording is known by, per 20 ms: how loud it is, and how sharp (a hiss crosses zero more often than a vowel). */
interface Course {
  readonly loudness: Float64Array;
  readonly sharpness: Float64Array;
}

interface Recording {
  readonly text: string;
  readonly course: Course;
}

/**
 * Recognises recordings that it was told of, by how loudness and sharpness run: the same text whenever the same recording comes,
 * in whatever order and however often it is asked. Of one that breaks off it knows the first words.
 */
export class KnownRecordings {
  private readonly known: Recording[] = [];

  /** @throws WavError when `wav` is none. */
  add(text: string, wav: Uint8Array): void {
    this.known.push({ text, course: courseOf(wav) });
  }

  /** Undefined: none of those. */
  recognise(wav: Uint8Array): string | undefined {
    if (this.known.length === 0) return undefined;
    const heard = courseOf(wav);
    const length = heard.loudness.length;
    let best = { alike: LEAST_ALIKE, text: undefined as string | undefined };
    for (const { text, course } of this.known) {
      const whole = course.loudness.length;
      if (length < LEAST_BEGINNING && whole > 1.5 * length) continue;
      const { alike, shift } = likeness(heard, course);
      const worth = alike - MISSING * Math.max(0, 1 - (length + shift) / whole);
      if (worth > best.alike) best = { alike: worth, text: firstWords(text, whole, length + shift) };
    }
    return best.text;
  }
}

/** The silence around it is cut off. */
function courseOf(wav: Uint8Array): Course {
  const pcm = readWav(wav);
  const samples = toMono(pcm);
  const size = Math.round((pcm.rate * FRAME_MS) / 1000);
  const count = Math.floor(samples.length / size);
  const loudness = new Float64Array(count);
  const sharpness = new Float64Array(count);
  for (let frame = 0; frame < count; frame++) {
    let energy = 0;
    let crossings = 0;
    for (let n = frame * size; n < (frame + 1) * size; n++) {
      const sample = samples[n] ?? 0;
      energy += sample ** 2;
      if (sample < 0 !== (samples[n + 1] ?? 0) < 0) crossings++;
    }
    loudness[frame] = 10 * Math.log10(energy / size + 100);
    // In silence there is noise alone, and that is different each time.
    sharpness[frame] = energy / size > 10_000 ? crossings : 0;
  }
  const loud = Math.max(...loudness, 0) - 35;
  const first = loudness.findIndex((level) => level > loud);
  const end = loudness.findLastIndex((level) => level > loud) + 1;
  return {
    loudness: loudness.subarray(Math.max(0, first), end),
    sharpness: sharpness.subarray(Math.max(0, first), end),
  };
}

/** The best correlation over all shifts; `shift` frames of `whole` lie before the first of `part`. */
function likeness(part: Course, whole: Course): { alike: number; shift: number } {
  let best = { alike: 0, shift: 0 };
  const length = part.loudness.length;
  for (let shift = -MOST_SHIFT; shift <= MOST_SHIFT; shift++) {
    const from = Math.max(0, -shift);
    const to = Math.min(length, whole.loudness.length - shift);
    if (to - from < 0.7 * length || to - from < 10) continue;
    const loudness = correlation(part.loudness, whole.loudness, { from, to, shift });
    const sharpness = correlation(part.sharpness, whole.sharpness, { from, to, shift });
    // What lies outside of the other is not alike.
    const alike = ((loudness + SHARPNESS * (sharpness - loudness)) * (to - from)) / length;
    if (alike > best.alike) best = { alike, shift };
  }
  return best;
}

function correlation(
  a: Float64Array,
  b: Float64Array,
  { from, to, shift }: { from: number; to: number; shift: number },
): number {
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

/** The words up to frame `end` of `frames`, when they take equally long. */
function firstWords(text: string, frames: number, end: number): string {
  if (end >= frames - TAIL) return text;
  const words = text.split(' ');
  return words.slice(0, Math.max(1, Math.floor((words.length * end) / frames))).join(' ');
}
