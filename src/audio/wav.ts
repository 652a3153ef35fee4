/** RIFF/WAVE with 16-bit PCM: what speech recognition takes and some speech engines answer in. */

/** Sound as a WAV file carries it: 16-bit samples, channels interleaved. */
export interface Pcm {
  /** Samples per second. */
  readonly rate: number;
  readonly channels: number;
  readonly samples: Int16Array;
}

export interface WavFormat {
  readonly sampleRate: number;
  readonly channels: number;
  /** Offset of the first sample byte. */
  readonly dataOffset: number;
  /** Bytes of sample data that the header promises; Infinity when it was written before the length was known. */
  readonly dataBytes: number;
}

/** The bytes are not a WAV file that can be read; the message says what is wrong with them. */
export class WavError extends Error {
  override readonly name = 'WavError';
}

const PCM = 1;
const EXTENSIBLE = 0xfffe;
/** Streaming writers put 0 or this and more (ffmpeg 0xffffffff, espeak-ng 0x7ffff000) for a length not known yet. */
const UNKNOWN_LENGTH = 0x7ffff000;
const HEADER_BYTES = 44;

/**
 * Reads the header of a WAV stream.
 *
 * @returns undefined while more bytes are needed.
 * @throws {WavError} when this is no WAV or not 16-bit PCM.
 */
export function readWavHeader(bytes: Uint8Array): WavFormat | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') throw notWav();
  let format: { sampleRate: number; channels: number } | undefined;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = tag(view, at);
    const body = at + 8;
    const size = view.getUint32(at + 4, true);
    if (name === 'data') {
      if (format === undefined) throw new WavError('the data chunk comes before the fmt chunk');
      const known = size !== 0 && size < UNKNOWN_LENGTH;
      return { ...format, dataOffset: body, dataBytes: known ? size : Number.POSITIVE_INFINITY };
    }
    if (name === 'fmt ') {
      if (size < 16) throw new WavError(`the fmt chunk has ${size} bytes; 16 are needed`);
      if (body + size > view.byteLength) return undefined;
      format = readFormat(view, body, size);
    }
    at = body + size + (size % 2);
  }
  return undefined;
}

function readFormat(view: DataView, at: number, size: number): { sampleRate: number; channels: number } {
  const coding = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const subformat = coding === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : coding;
  if ((subformat !== PCM && subformat !== EXTENSIBLE) || bits !== 16) {
    throw new WavError(`the samples are of format ${subformat} with ${bits} bits; only 16-bit PCM is read`);
  }
  if (channels < 1 || channels > 8) throw new WavError(`${channels} channels; 1 to 8 are read`);
  if (sampleRate < 8000 || sampleRate > 192_000) {
    throw new WavError(`${sampleRate} samples per second; 8000 to 192000 are read`);
  }
  return { sampleRate, channels };
}

/**
 * Reads a whole file. A data chunk that says it is longer than the file, as streamed files do, ends with the file.
 *
 * @throws {WavError} when the file is no WAV, or not 16-bit PCM.
 */
export function readWav(file: Uint8Array): Pcm {
  if (file.length < 12) throw notWav();
  const header = readWavHeader(file);
  if (header === undefined) throw new WavError('the file has no data chunk');
  const { sampleRate: rate, channels, dataOffset, dataBytes } = header;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const bytes = Math.min(dataBytes, view.byteLength - dataOffset);
  const samples = new Int16Array(Math.floor(bytes / 2 / channels) * channels);
  for (let n = 0; n < samples.length; n++) samples[n] = view.getInt16(dataOffset + n * 2, true);
  return { rate, channels, samples };
}

function notWav(): WavError {
  return new WavError('it is not a WAV file: it does not begin with RIFF and WAVE');
}

/** A whole WAV file from mono samples. */
export function writeWav(samples: Int16Array, sampleRate: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(HEADER_BYTES + samples.length * 2);
  file.set(wavHeader(sampleRate, samples.length * 2));
  putSamples(file, HEADER_BYTES, samples);
  return file;
}

/** The header of a mono 16-bit file; without a size, of one whose length is not known yet (0xffffffff). */
export function wavHeader(sampleRate: number, dataBytes?: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  putTag(view, 0, 'RIFF');
  view.setUint32(4, dataBytes === undefined ? 0xffffffff : 36 + dataBytes, true);
  putTag(view, 8, 'WAVE');
  putTag(view, 12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  putTag(view, 36, 'data');
  view.setUint32(40, dataBytes ?? 0xffffffff, true);
  return header;
}

/** Samples as the bytes of a WAV or PCM body: little-endian, whatever this machine is. */
export function toBytes(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  putSamples(bytes, 0, samples);
  return bytes;
}

/** One channel out of many, by averaging them. */
export function toMono({ samples, channels }: Pcm): Int16Array {
  if (channels === 1) return samples;
  return average(samples, channels, new Int16Array(Math.floor(samples.length / channels)), Math.round);
}

/** {@link toMono} for samples that are floats already. */
export function mixToMono(samples: Float32Array, channels: number): Float32Array {
  if (channels === 1) return samples;
  return average(samples, channels, new Float32Array(Math.floor(samples.length / channels)), (x) => x);
}

function average<Samples extends Int16Array | Float32Array>(
  samples: Samples,
  channels: number,
  mono: Samples,
  keep: (value: number) => number,
): Samples {
  for (let n = 0; n < mono.length; n++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[n * channels + c] ?? 0;
    mono[n] = keep(sum / channels);
  }
  return mono;
}

function putSamples(bytes: Uint8Array<ArrayBuffer>, at: number, samples: Int16Array): void {
  const view = new DataView(bytes.buffer);
  for (let n = 0; n < samples.length; n++) view.setInt16(at + n * 2, samples[n] ?? 0, true);
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));
}

function putTag(view: DataView, at: number, text: string): void {
  for (let n = 0; n < text.length; n++) view.setUint8(at + n, text.charCodeAt(n));
}
