/** RIFF/WAVE with 16-bit PCM: written for speech recognition, read from speech engines that answer in it. */

/** A whole WAV file from mono samples. */
export function writeWav(samples: Int16Array, sampleRate: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string): void => {
    for (let n = 0; n < value.length; n++) bytes[at + n] = value.charCodeAt(n);
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (let n = 0; n < samples.length; n++) view.setInt16(44 + n * 2, samples[n] ?? 0, true);
  return bytes;
}

export interface WavFormat {
  readonly sampleRate: number;
  readonly channels: number;
  /** Offset of the first sample byte. */
  readonly dataOffset: number;
  /** Bytes of sample data that the header promises; Infinity when it was written before the length was known. */
  readonly dataBytes: number;
}

/**
 * Reads the header of a WAV stream.
 *
 * @returns undefined while more bytes are needed.
 * @throws Error when this is no WAV or not 16-bit PCM.
 */
export function readWavHeader(bytes: Uint8Array): WavFormat | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (tag(0) !== 'RIFF' || tag(8) !== 'WAVE')
    throw new Error('audio is not a WAV file: it does not begin with RIFF/WAVE');
  let format: { sampleRate: number; channels: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = tag(at);
    const size = view.getUint32(at + 4, true);
    if (name === 'data') {
      if (format === undefined) throw new Error('WAV file has no format before its data');
      // Streaming writers put 0 or 0xFFFFFFFF (ffmpeg, espeak-ng: 0x7FFFF000) where the length is not known yet.
      const known = size !== 0 && size < 0x7ffff000;
      return { ...format, dataOffset: at + 8, dataBytes: known ? size : Number.POSITIVE_INFINITY };
    }
    if (name === 'fmt ') {
      if (at + 24 > bytes.length) return undefined;
      const encoding = view.getUint16(at + 8, true);
      const bits = view.getUint16(at + 22, true);
      if ((encoding !== 1 && encoding !== 0xfffe) || bits !== 16) {
        throw new Error(
          `WAV audio has encoding ${encoding} with ${bits} bits; only 16-bit PCM is understood`,
        );
      }
      format = { channels: view.getUint16(at + 10, true), sampleRate: view.getUint32(at + 12, true) };
    }
    at += 8 + size + (size % 2);
  }
  return undefined;
}

/** Averages interleaved channels into one. */
export function mixToMono(samples: Float32Array, channels: number): Float32Array {
  if (channels === 1) return samples;
  const mono = new Float32Array(Math.floor(samples.length / channels));
  for (let n = 0; n < mono.length; n++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[n * channels + c] ?? 0;
    mono[n] = sum / channels;
  }
  return mono;
}
