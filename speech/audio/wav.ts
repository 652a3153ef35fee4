/** Sound as a wav file carries it: 16-bit samples, channels interleaved. */
export interface Pcm {
  /** Samples per second. */
  readonly rate: number;
  readonly channels: number;
  readonly samples: Int16Array;
}

/** The upload is not a wav file that can be read; the message says what is wrong with it. */
export class WavError extends Error {
  override readonly name = 'WavError';
}

const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Reads a RIFF/WAVE file of 16-bit PCM. A data chunk that says it is longer than the file (as streamed files do, with
 * 0 or 0xffffffff) ends with the file.
 *
 * @throws {WavError} when the file is no wav, or not 16-bit PCM.
 */
export function parseWav(file: Uint8Array): Pcm {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw new WavError('the file does not begin with RIFF and WAVE');
  }
  let format: { rate: number; channels: number } | undefined;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = tag(view, at);
    const body = at + 8;
    const size = view.getUint32(at + 4, true);
    if (name === 'fmt ') format = parseFormat(view, body, size);
    if (name === 'data') {
      if (!format) throw new WavError('the data chunk comes before the fmt chunk');
      return { ...format, samples: readSamples(view, body, size, format.channels) };
    }
    at = body + size + (size % 2);
  }
  throw new WavError(format ? 'the file has no data chunk' : 'the file has no fmt chunk');
}

function parseFormat(view: DataView, at: number, size: number): { rate: number; channels: number } {
  if (size < 16 || at + size > view.byteLength) throw new WavError('the fmt chunk is cut short');
  const coding = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const subformat = coding === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : coding;
  if (subformat !== PCM || bits !== 16) {
    throw new WavError(`the samples are of format ${subformat} with ${bits} bits; only 16-bit PCM is read`);
  }
  if (channels < 1 || channels > 8) throw new WavError(`${channels} channels; 1 to 8 are read`);
  if (rate < 8000 || rate > 192_000)
    throw new WavError(`${rate} samples per second; 8000 to 192000 are read`);
  return { rate, channels };
}

function readSamples(view: DataView, at: number, size: number, channels: number): Int16Array {
  const available = view.byteLength - at;
  const bytes = size === 0 || size > available ? available : size;
  const samples = new Int16Array(Math.floor(bytes / 2 / channels) * channels);
  for (let index = 0; index < samples.length; index++) samples[index] = view.getInt16(at + index * 2, true);
  return samples;
}

/** One channel out of many, by averaging them. */
export function toMono({ samples, channels }: Pcm): Int16Array {
  if (channels === 1) return samples;
  const mono = new Int16Array(samples.length / channels);
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[frame * channels + channel] ?? 0;
    mono[frame] = Math.round(sum / channels);
  }
  return mono;
}

/** The header of a mono 16-bit wav file; without a size, of one whose length is not known yet (0xffffffff). */
export function wavHeader(rate: number, dataBytes?: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(44);
  const view = new DataView(header.buffer);
  setTag(view, 0, 'RIFF');
  view.setUint32(4, dataBytes === undefined ? 0xffffffff : 36 + dataBytes, true);
  setTag(view, 8, 'WAVE');
  setTag(view, 12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  setTag(view, 36, 'data');
  view.setUint32(40, dataBytes ?? 0xffffffff, true);
  return header;
}

/** Samples as the bytes of a wav or pcm body: little-endian, whatever this machine is. */
export function toBytes(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => {
    view.setInt16(index * 2, sample, true);
  });
  return bytes;
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function setTag(view: DataView, at: number, text: string): void {
  for (let index = 0; index < 4; index++) view.setUint8(at + index, text.charCodeAt(index));
}
