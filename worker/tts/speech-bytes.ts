import { KAISER, Resampler } from '../../src/audio/resampler.ts';
import { mixToMono, readWavHeader } from '../../src/audio/wav.ts';
import { SampleReader } from '../audio/pcm.ts';
import { SPEAK_RATE } from '../audio/rates.ts';

interface Format {
  readonly sampleRate: number;
  readonly channels: number;
}

/** Bytes of PCM or WAV, cut anywhere, to 48 kHz mono. */
export class SpeechBytes {
  private readonly assumed: Format;
  private head = new Uint8Array(0);
  private format: Format | undefined;
  private readonly reader = new SampleReader();
  private resampler: Resampler | undefined;
  private remaining = Number.POSITIVE_INFINITY;

  /**
   * @param contentType as answered; `rate=` in it (audio/L16, audio/pcm) is believed.
   * @param assumedRate of bytes that do not say their own, hertz
   */
  constructor(contentType: string, assumedRate: number) {
    this.assumed = { sampleRate: assumedRate, channels: 1 };
    const rate = /rate=(\d+)/.exec(contentType)?.[1];
    if (rate !== undefined && !/wav/.test(contentType))
      this.format = { sampleRate: Number(rate), channels: 1 };
  }

  push(chunk: Uint8Array): Float32Array {
    if (this.format !== undefined) return this.convert(chunk);
    // Until it is known whether this is RIFF: four bytes say so.
    const bytes = new Uint8Array(this.head.length + chunk.length);
    bytes.set(this.head);
    bytes.set(chunk, this.head.length);
    this.head = bytes;
    if (bytes.length < 4) return new Float32Array(0);
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'RIFF') {
      this.format = this.assumed;
      return this.convert(bytes);
    }
    const wav = readWavHeader(bytes);
    if (wav === undefined) return new Float32Array(0);
    this.format = wav;
    this.remaining = wav.dataBytes;
    return this.convert(bytes.subarray(wav.dataOffset));
  }

  flush(): Float32Array {
    return this.resampler?.flush() ?? new Float32Array(0);
  }

  private convert(chunk: Uint8Array): Float32Array {
    const { sampleRate, channels } = this.format ?? this.assumed;
    const bytes = chunk.subarray(0, Math.max(0, Math.min(chunk.length, this.remaining)));
    this.remaining -= bytes.length;
    const samples = mixToMono(this.reader.push(bytes), channels);
    if (sampleRate === SPEAK_RATE) return samples;
    this.resampler ??= new Resampler(sampleRate, SPEAK_RATE, KAISER);
    return this.resampler.push(samples);
  }
}
