/**
 * Streaming sample-rate conversion by a rational factor, with a Kaiser-windowed sinc as the low-pass.
 *
 * Speech engines answer in 16, 22.05 or 24 kHz; Discord takes 48 kHz. A naive repeat or linear
 * interpolation leaves images of the voice above the old Nyquist frequency, which the Opus encoder then
 * spends its bits on.
 */

/** Zero crossings of the sinc on each side; 24 with beta 9 gives about 90 dB in the stop band. */
const ZERO_CROSSINGS = 24;
const KAISER_BETA = 9;
/** Share of the lower Nyquist frequency that passes; the rest is the filter's slope. */
const PASS_BAND = 0.92;

export class Resampler {
  /** Interpolation and decimation factors: output rate / input rate = up / down, in lowest terms. */
  private readonly up: number;
  private readonly down: number;
  private readonly half: number;
  private readonly kernels: Float32Array[];
  private buffer: Float32Array;
  private filled: number;
  /** Index in `buffer` of the input sample at or before the next output sample. */
  private base: number;
  private phase = 0;

  /** @throws RangeError when a rate is not a positive integer. */
  constructor(inputHz: number, outputHz: number) {
    if (!Number.isInteger(inputHz) || !Number.isInteger(outputHz) || inputHz <= 0 || outputHz <= 0) {
      throw new RangeError(
        `cannot resample from ${inputHz} Hz to ${outputHz} Hz: rates must be whole and positive`,
      );
    }
    const divisor = greatestCommonDivisor(inputHz, outputHz);
    this.up = outputHz / divisor;
    this.down = inputHz / divisor;
    const cutoff = PASS_BAND * Math.min(1, outputHz / inputHz);
    this.half = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.kernels = Array.from({ length: this.up }, (_, phase) => kernel(phase / this.up, this.half, cutoff));
    this.buffer = new Float32Array(Math.max(4096, this.half * 4));
    this.filled = this.half;
    this.base = this.half;
  }

  /** Takes samples of any count, returns the output samples that they complete. */
  push(input: Float32Array): Float32Array {
    if (this.up === 1 && this.down === 1) return input;
    this.append(input);
    return this.drain();
  }

  /** The tail: what the filter still holds when the stream ends. */
  flush(): Float32Array {
    if (this.up === 1 && this.down === 1) return new Float32Array(0);
    this.append(new Float32Array(this.half));
    return this.drain();
  }

  private append(input: Float32Array): void {
    const keepFrom = Math.max(0, this.base - this.half);
    const kept = this.filled - keepFrom;
    if (kept + input.length > this.buffer.length) {
      const grown = new Float32Array((kept + input.length) * 2);
      grown.set(this.buffer.subarray(keepFrom, this.filled));
      this.buffer = grown;
    } else {
      this.buffer.copyWithin(0, keepFrom, this.filled);
    }
    this.base -= keepFrom;
    this.buffer.set(input, kept);
    this.filled = kept + input.length;
  }

  private drain(): Float32Array {
    const available = this.filled - this.half - this.base;
    if (available <= 0) return new Float32Array(0);
    const output = new Float32Array(Math.ceil((available * this.up - this.phase) / this.down));
    let count = 0;
    while (this.base + this.half < this.filled) {
      const taps = this.kernels[this.phase];
      if (taps === undefined) break;
      let sum = 0;
      const from = this.base - this.half + 1;
      for (let k = 0; k < taps.length; k++) sum += (taps[k] ?? 0) * (this.buffer[from + k] ?? 0);
      output[count++] = sum;
      this.phase += this.down;
      this.base += Math.floor(this.phase / this.up);
      this.phase %= this.up;
    }
    return output.subarray(0, count);
  }
}

/** Coefficients for the output sample that lies `offset` (0..1) after the input sample `base`. */
function kernel(offset: number, half: number, cutoff: number): Float32Array {
  const taps = new Float32Array(half * 2);
  let sum = 0;
  for (let k = 0; k < taps.length; k++) {
    const t = k - half + 1 - offset;
    const window = kaiser(t / half);
    const x = t * cutoff;
    const value = cutoff * (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
    taps[k] = value;
    sum += value;
  }
  // Unity gain at DC for every phase, or the phases' differences become a tone.
  for (let k = 0; k < taps.length; k++) taps[k] = (taps[k] ?? 0) / sum;
  return taps;
}

function kaiser(x: number): number {
  if (x < -1 || x > 1) return 0;
  return bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
    if (term < sum * 1e-12) break;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
