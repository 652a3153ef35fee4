/** Which frequencies a sound has when: short-time Fourier transforms of 16 kHz mono. */

export const SPECTRUM_RATE = 16_000;
/** 32 ms: fine enough for syllables, and 31 Hz between two frequencies. */
const WINDOW = 512;
/** What is quieter than this below the loudest is black, dB. */
const RANGE_DB = 70;

export interface Spectrogram {
  readonly columns: number;
  readonly rows: number;
  /** Row by row, the highest frequency first: 0 silent, 255 as loud as the loudest. */
  readonly levels: Uint8Array;
}

/**
 * @param samples 16 kHz
 * @param columns how many moments, evenly over all samples
 * @param rows how many bands up to 8 kHz; a divisor of 256
 */
export function spectrogram(samples: Int16Array, columns: number, rows: number): Spectrogram {
  const bins = WINDOW / 2;
  if (bins % rows !== 0) throw new RangeError(`${rows} is no divisor of ${bins}`);
  const perRow = bins / rows;
  const powers = new Float64Array(columns * rows);
  for (let column = 0; column < columns; column++) {
    const middle = Math.round(((column + 0.5) / columns) * samples.length);
    const spectrum = powerSpectrum(windowed(samples, middle - WINDOW / 2));
    for (let row = 0; row < rows; row++) {
      const from = (rows - 1 - row) * perRow;
      powers[row * columns + column] = Math.max(...spectrum.subarray(from, from + perRow));
    }
  }
  const loudest = powers.reduce((most, power) => Math.max(most, power), Number.MIN_VALUE);
  const levels = Uint8Array.from(powers, (power) => {
    const below = 10 * Math.log10(Math.max(power / loudest, Number.MIN_VALUE));
    return Math.round(255 * Math.max(0, 1 + below / RANGE_DB));
  });
  return { columns, rows, levels };
}

/** With Hann's window; zero where there are no samples. */
function windowed(samples: Int16Array, from: number): Float64Array {
  return Float64Array.from({ length: WINDOW }, (_, index) => {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / (WINDOW - 1));
    return ((samples[from + index] ?? 0) / 32_768) * hann;
  });
}

/** Of real samples, a power of two of them: the powers of the lower half of the frequencies. */
export function powerSpectrum(samples: Float64Array): Float64Array {
  const length = samples.length;
  const real = bitReversed(samples);
  const imaginary = new Float64Array(length);
  for (let size = 2; size <= length; size *= 2) {
    const half = size / 2;
    for (let start = 0; start < length; start += size) {
      for (let index = 0; index < half; index++) {
        const angle = (-2 * Math.PI * index) / size;
        const [a, b] = [start + index, start + index + half];
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const r = (real[b] ?? 0) * cos - (imaginary[b] ?? 0) * sin;
        const i = (real[b] ?? 0) * sin + (imaginary[b] ?? 0) * cos;
        real[b] = (real[a] ?? 0) - r;
        imaginary[b] = (imaginary[a] ?? 0) - i;
        real[a] = (real[a] ?? 0) + r;
        imaginary[a] = (imaginary[a] ?? 0) + i;
      }
    }
  }
  return Float64Array.from(
    { length: length / 2 },
    (_, index) => (real[index] ?? 0) ** 2 + (imaginary[index] ?? 0) ** 2,
  );
}

function bitReversed(samples: Float64Array): Float64Array {
  const bits = Math.log2(samples.length);
  if (!Number.isInteger(bits)) throw new RangeError(`${samples.length} is no power of two`);
  return Float64Array.from(samples, (_, index) => {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((index >> bit) & 1) << (bits - 1 - bit);
    return samples[reversed] ?? 0;
  });
}
