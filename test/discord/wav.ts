/** Sound as 16-bit samples of one channel. */
export interface Sound {
  sampleRate: number;
  samples: Int16Array;
}

const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Reads a RIFF WAV of 16-bit PCM; several channels are mixed to one.
 * Throws when it is anything else, naming what was found.
 */
export function readWav(bytes: Buffer): Sound {
  if (
    bytes.length < 12 ||
    bytes.toString('latin1', 0, 4) !== 'RIFF' ||
    bytes.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    throw new Error(`not a WAV file: it begins with ${JSON.stringify(bytes.toString('latin1', 0, 12))}`);
  }
  let format: { channels: number; sampleRate: number } | undefined;
  for (const chunk of chunks(bytes)) {
    if (chunk.id === 'fmt ') format = readFormat(chunk.body);
    if (chunk.id === 'data') {
      if (!format) throw new Error('the WAV has its data chunk before its fmt chunk');
      return { sampleRate: format.sampleRate, samples: mixToMono(chunk.body, format.channels) };
    }
  }
  throw new Error('the WAV has no data chunk');
}

function* chunks(bytes: Buffer): Generator<{ id: string; body: Buffer }> {
  let offset = 12;
  while (offset + 8 <= bytes.length) {
    const id = bytes.toString('latin1', offset, offset + 4);
    // Streaming writers leave 0 or 0xffffffff: then the chunk goes to the end of the file.
    const declared = bytes.readUInt32LE(offset + 4);
    const length = Math.min(declared, bytes.length - offset - 8);
    yield { id, body: bytes.subarray(offset + 8, offset + 8 + length) };
    offset += 8 + length + (length % 2);
  }
}

function readFormat(body: Buffer): { channels: number; sampleRate: number } {
  if (body.length < 16) throw new Error(`the WAV's fmt chunk has ${body.length} bytes, 16 are needed`);
  const encoding = body.readUInt16LE(0);
  const bits = body.readUInt16LE(14);
  if ((encoding !== PCM && encoding !== EXTENSIBLE) || bits !== 16) {
    throw new Error(`the WAV holds encoding ${encoding} with ${bits} bits; only 16-bit PCM is read`);
  }
  return { channels: Math.max(1, body.readUInt16LE(2)), sampleRate: body.readUInt32LE(4) };
}

function mixToMono(data: Buffer, channels: number): Int16Array {
  const frames = Math.floor(data.length / 2 / channels);
  const samples = new Int16Array(frames);
  for (let frame = 0; frame < frames; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      sum += data.readInt16LE((frame * channels + channel) * 2);
    }
    samples[frame] = Math.round(sum / channels);
  }
  return samples;
}

/** A mono WAV of 16-bit PCM. */
export function writeWav(sound: Sound): Buffer {
  const data = Buffer.alloc(sound.samples.length * 2);
  sound.samples.forEach((sample, index) => {
    data.writeInt16LE(sample, index * 2);
  });
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sound.sampleRate, 24);
  header.writeUInt32LE(sound.sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

/** Half the width of the resampler's kernel, in zero crossings of the sinc. */
const ZERO_CROSSINGS = 8;

/**
 * Band-limited resampling with a Hann-windowed sinc. Good enough for speech: images and aliases lie more
 * than 40 dB down.
 */
export function resample(sound: Sound, sampleRate: number): Sound {
  if (sound.sampleRate === sampleRate) return sound;
  const ratio = sampleRate / sound.sampleRate;
  const cutoff = Math.min(1, ratio);
  const reach = ZERO_CROSSINGS / cutoff;
  const samples = new Int16Array(Math.round(sound.samples.length * ratio));
  for (let index = 0; index < samples.length; index += 1) {
    const centre = index / ratio;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(sound.samples.length - 1, Math.floor(centre + reach));
    let sum = 0;
    let weights = 0;
    for (let source = first; source <= last; source += 1) {
      const distance = source - centre;
      const weight = sinc(distance * cutoff) * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
      sum += (sound.samples[source] ?? 0) * weight;
      weights += weight;
    }
    samples[index] = clamp(weights === 0 ? 0 : sum / weights);
  }
  return { sampleRate, samples };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

export function clamp(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

/** Root mean square of the samples, 0..1 of full scale. */
export function loudness(samples: Int16Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length) / 32_768;
}
