import { describe, expect, it } from 'vitest';
import { writeWav } from '../../src/audio/wav.ts';
import { SpeechBytes } from './speech-bytes.ts';

const tone = Int16Array.from({ length: 2400 }, (_, n) => 10_000 * Math.sin(n / 5));
const pcm = new Uint8Array(tone.buffer);

function convert(contentType: string, bytes: Uint8Array, chunk: number): Float32Array {
  const speech = new SpeechBytes(contentType, 24_000);
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += chunk) out.push(...speech.push(bytes.subarray(at, at + chunk)));
  out.push(...speech.flush());
  return Float32Array.from(out);
}

describe('SpeechBytes', () => {
  it('takes headerless bytes at the rate that was asked for, 24 kHz, and doubles them', () => {
    expect(convert('audio/pcm', pcm, 4096).length).toBe(4800);
  });

  it('gives the same audio however the network cuts it', () => {
    expect(convert('audio/pcm', pcm, 3)).toEqual(convert('audio/pcm', pcm, 4800));
  });

  it('believes a WAV header over the request, and stops at its data length', () => {
    const wav = writeWav(tone, 16_000);
    const withTrailer = Uint8Array.from([...wav, ...new Uint8Array(400).fill(0x7f)]);
    expect(convert('application/octet-stream', withTrailer, 7).length).toBe(7200);
  });

  it('believes a rate in the content type', () => {
    expect(convert('audio/L16; rate=48000', pcm, 1000).length).toBe(2400);
  });
});
