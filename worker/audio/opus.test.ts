import { describe, expect, it } from 'vitest';
import { SpeechDecoder, SpeechEncoder } from './opus.ts';
import { LISTEN_RATE, SILENCE_FRAME, SPEAK_FRAME, SPEAK_RATE } from './rates.ts';

function roundTrip(hz: number): Int16Array {
  const encoder = new SpeechEncoder();
  const decoder = new SpeechDecoder();
  const out: number[] = [];
  for (let frame = 0; frame < 40; frame++) {
    const pcm = Int16Array.from({ length: SPEAK_FRAME }, (_, n) =>
      Math.round(8000 * Math.sin((2 * Math.PI * hz * (frame * SPEAK_FRAME + n)) / SPEAK_RATE)),
    );
    out.push(...decoder.decode(encoder.encode(pcm)));
  }
  return Int16Array.from(out);
}

const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.subarray(4000).reduce((sum, x) => sum + x * x, 0) / (samples.length - 4000));

describe('Opus', () => {
  it('decodes 48 kHz stereo packets to 16 kHz mono at the level that was spoken', () => {
    const heard = roundTrip(440);
    expect(heard.length).toBe((40 * SPEAK_FRAME * LISTEN_RATE) / SPEAK_RATE);
    expect(rms(heard)).toBeGreaterThan(4500);
    expect(rms(heard)).toBeLessThan(6500);
  });

  it('folds nothing from above 8 kHz into what the recogniser hears', () => {
    expect(rms(roundTrip(11_000))).toBeLessThan(60);
  });

  it('decodes the silence frame to silence', () => {
    const pcm = new SpeechDecoder().decode(SILENCE_FRAME);
    expect(pcm.length).toBe(320);
    expect(Math.max(...pcm.map(Math.abs))).toBe(0);
  });

  it('throws on bytes that are no Opus, and goes on afterwards', () => {
    const decoder = new SpeechDecoder();
    expect(() => decoder.decode(new Uint8Array(0))).toThrow('at least one byte');
    // Code 3 with a frame count of zero (RFC 6716, section 3.2.5).
    expect(() => decoder.decode(Uint8Array.of(0x03, 0x00))).toThrow();
    expect(decoder.decode(SILENCE_FRAME).length).toBe(320);
  });
});
