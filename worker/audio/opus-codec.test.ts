import opus from '@discordjs/opus';
import { describe, expect, it } from 'vitest';
import { LISTEN_RATE, SILENCE_FRAME, SPEAK_FRAME, SPEAK_RATE } from './rates.ts';
import { SpeechDecoder } from './speech-decoder.ts';
import { SpeechEncoder } from './speech-encoder.ts';

const LISTEN_FRAME = 320;

async function roundTrip(hz: number): Promise<Int16Array> {
  const encoder = new SpeechEncoder();
  const decoder = await SpeechDecoder.create();
  const out: number[] = [];
  for (let frame = 0; frame < 40; frame++) {
    const pcm = Int16Array.from({ length: SPEAK_FRAME }, (_, n) =>
      Math.round(8000 * Math.sin((2 * Math.PI * hz * (frame * SPEAK_FRAME + n)) / SPEAK_RATE)),
    );
    out.push(...decoder.decode(encoder.encode(pcm)));
  }
  decoder.free();
  return Int16Array.from(out);
}

const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.subarray(4000).reduce((sum, x) => sum + x * x, 0) / (samples.length - 4000));

/** A voice, roughly: pitch that glides, harmonics under two formants, syllables. */
function voice(frame: number): Int16Array {
  return Int16Array.from({ length: SPEAK_FRAME }, (_, n) => {
    const t = (frame * SPEAK_FRAME + n) / SPEAK_RATE;
    const phase = 2 * Math.PI * (120 * t + 0.5 * Math.sin(2 * Math.PI * 1.5 * t));
    let sample = 0;
    for (let harmonic = 1; harmonic <= 15; harmonic++) {
      const hz = 120 * harmonic;
      const loudness = Math.exp(-(((hz - 600) / 300) ** 2)) + 0.5 * Math.exp(-(((hz - 1700) / 400) ** 2));
      sample += loudness * Math.sin(harmonic * phase);
    }
    return Math.round(2500 * sample * (0.55 + 0.45 * Math.sin(2 * Math.PI * 4 * t)));
  });
}

const FRAMES = 120;
/** One in twelve, about the same in each run: 8 % of a bad network. */
const lost = (frame: number): boolean => frame > 3 && (frame * 7919) % 12 === 5;

interface Concealed {
  /** Signal to error against the same packets without loss, decibels. */
  readonly decibels: number;
  /** How loud the gaps are, 1 being as loud as what was lost. */
  readonly level: number;
}

async function afterLoss(
  packets: readonly Uint8Array[],
  conceal: (decoder: SpeechDecoder, next: Uint8Array) => Int16Array,
): Promise<Concealed> {
  const clean = await SpeechDecoder.create();
  const lossy = await SpeechDecoder.create();
  let [signal, error, missing, filled] = [0, 0, 0, 0];
  for (const [frame, packet] of packets.entries()) {
    const next = packets[frame + 1];
    const gap = next !== undefined && lost(frame);
    const wanted = clean.decode(packet);
    const heard = gap ? conceal(lossy, next) : lossy.decode(packet);
    for (const [n, sample] of wanted.entries()) {
      signal += sample ** 2;
      error += (sample - (heard[n] ?? 0)) ** 2;
      if (gap) missing += sample ** 2;
      if (gap) filled += (heard[n] ?? 0) ** 2;
    }
  }
  clean.free();
  lossy.free();
  return { decibels: 10 * Math.log10(signal / error), level: Math.sqrt(filled / missing) };
}

describe('Opus', () => {
  it('decodes 48 kHz stereo packets to 16 kHz mono at the level that was spoken', async () => {
    const heard = await roundTrip(440);
    expect(heard.length).toBe((40 * SPEAK_FRAME * LISTEN_RATE) / SPEAK_RATE);
    expect(rms(heard)).toBeGreaterThan(4500);
    expect(rms(heard)).toBeLessThan(6500);
  });

  it('folds nothing from above 8 kHz into what the recogniser hears', async () => {
    expect(rms(await roundTrip(11_000))).toBeLessThan(60);
  });

  it('decodes the silence frame to silence', async () => {
    const pcm = (await SpeechDecoder.create()).decode(SILENCE_FRAME);
    expect(pcm.length).toBe(LISTEN_FRAME);
    expect(Math.max(...pcm.map(Math.abs))).toBe(0);
  });

  it('throws on bytes that are no Opus, and goes on afterwards', async () => {
    const decoder = await SpeechDecoder.create();
    expect(() => decoder.decode(new Uint8Array(0))).toThrow('at least one byte');
    // Code 3 with a frame count of zero (RFC 6716, section 3.2.5).
    expect(() => decoder.decode(Uint8Array.of(0x03, 0x00))).toThrow();
    expect(decoder.decode(SILENCE_FRAME).length).toBe(LISTEN_FRAME);
  });
});

describe('a lost packet', () => {
  it('is rebuilt from the copy in the next one, as our own packets have it', async () => {
    const encoder = new SpeechEncoder();
    const packets = Array.from({ length: FRAMES }, (_, frame) => encoder.encode(voice(frame)));
    const zeros = await afterLoss(packets, () => new Int16Array(LISTEN_FRAME));
    const rebuilt = await afterLoss(packets, (decoder, next) => decoder.conceal(1, next));
    console.log(
      `8 % lost: silence ${zeros.decibels.toFixed(1)} dB, rebuilt ${rebuilt.decibels.toFixed(1)} dB`,
    );
    expect(rebuilt.decibels).toBeGreaterThan(zeros.decibels + 6);
  });

  it('is guessed where the next one has no copy', async () => {
    const encoder = new opus.OpusEncoder(SPEAK_RATE, 2);
    const packets = Array.from({ length: FRAMES }, (_, frame) => {
      const stereo = new Int16Array(SPEAK_FRAME * 2);
      for (const [n, sample] of voice(frame).entries()) stereo.fill(sample, n * 2, n * 2 + 2);
      return encoder.encode(Buffer.from(stereo.buffer));
    });
    const { level } = await afterLoss(packets, (decoder, next) => decoder.conceal(1, next));
    expect(level).toBeGreaterThan(0.5);
    expect(level).toBeLessThan(1.5);
  });

  it('keeps its place in time, and of a long gap only a part is filled', async () => {
    const encoder = new SpeechEncoder();
    const decoder = await SpeechDecoder.create();
    for (let frame = 0; frame < 20; frame++) decoder.decode(encoder.encode(voice(frame)));
    const next = encoder.encode(voice(24));
    expect(decoder.conceal(4, next).length).toBe(4 * LISTEN_FRAME);
    const long = decoder.conceal(100, next);
    expect(long.length).toBe(10 * LISTEN_FRAME);
    expect(long.subarray(5 * LISTEN_FRAME, 9 * LISTEN_FRAME).every((sample) => sample === 0)).toBe(true);
    expect(decoder.conceal(2, Uint8Array.of(0x03, 0x00)).length).toBe(2 * LISTEN_FRAME);
  });

  it('leaves nothing behind when its speaker goes', async () => {
    const used = process.memoryUsage().arrayBuffers;
    for (let speaker = 0; speaker < 2000; speaker++) {
      const decoder = await SpeechDecoder.create();
      decoder.decode(SILENCE_FRAME);
      decoder.free();
    }
    // One decoder is 20 kB: kept, they would be 40 MB.
    expect(process.memoryUsage().arrayBuffers - used).toBeLessThan(10_000_000);
  });
});
