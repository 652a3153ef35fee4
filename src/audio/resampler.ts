/**
 * Sample-rate conversion by a rational factor: a polyphase windowed sinc as the low-pass.
 *
 * Speech engines answer in 16, 22.05 or 24 kHz; Discord takes 48 kHz. A naive repeat or linear interpolation leaves
 * images of the voice above the old Nyquist frequency, which the Opus encoder then spends its bits on.
 */

/** The shape of the low-pass: what passes, and how much of what should not. */
export interface Filter {
  /** Zero crossings of the sinc on each side: more of them make a steeper slope and cost more time. */
  readonly zeroCrossings: number;
  /** Share of the lower Nyquist frequency that passes; the rest is the filter's slope. */
  readonly passBand: number;
  /** Fades the sinc out: 1 at 0, next to nothing at -1 and 1. */
  readonly window: (x: number) => number;
}

const KAISER_BETA = 9;

/** About 90 dB in the stop band: for what people listen to. */
export const KAISER: Filter = {
  zeroCrossings: 24,
  passBand: 0.92,
  window: (x) => bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA),
};

/** About 70 dB: for what a recogniser listens to. */
export const BLACKMAN: Filter = {
  zeroCrossings: 16,
  passBand: 0.94,
  window: (x) => 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x),
};

/** About 40 dB, and the quickest. */
export const HANN: Filter = {
  zeroCrossings: 8,
  passBand: 1,
  window: (x) => 0.5 + 0.5 * Math.cos(Math.PI * x),
};

/**
 * Converts a mono stream that comes piece by piece. The pieces together are as long as the whole would be, aligned
 * with the input, and no boundary between them can be heard.
 */
export class Resampler {
  /** Interpolation and decimation factors: output rate / input rate = up / down, in lowest terms. */
  private readonly up: number;
  private readonly down: number;
  /** Half of the filter's length, in input samples. */
  private readonly half: number;
  private readonly kernels: readonly Float32Array[];
  private buffer: Float32Array;
  private filled: number;
  /** Index in `buffer` of the input sample at or before the next output sample. */
  private base: number;
  private phase = 0;

  /** @throws RangeError when a rate is not a positive integer. */
  constructor(inputHz: number, outputHz: number, filter: Filter) {
    if (!Number.isInteger(inputHz) || !Number.isInteger(outputHz) || inputHz <= 0 || outputHz <= 0) {
      throw new RangeError(
        `cannot resample from ${inputHz} Hz to ${outputHz} Hz: rates must be whole and positive`,
      );
    }
    const divisor = greatestCommonDivisor(inputHz, outputHz);
    this.up = outputHz / divisor;
    this.down = inputHz / divisor;
    const cutoff = filter.passBand * Math.min(1, outputHz / inputHz);
    this.half = Math.ceil(filter.zeroCrossings / cutoff);
    const same = this.up === 1 && this.down === 1;
    this.kernels = Array.from({ length: same ? 0 : this.up }, (_, phase) =>
      kernel(phase / this.up, this.half, cutoff, filter.window),
    );
    // Before the first sample there was silence.
    this.buffer = new Float32Array(Math.max(4096, this.half * 4));
    this.filled = this.half;
    this.base = this.half;
  }

  /** Takes samples of any count and scale, gives the output samples that they complete. */
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

/** A whole recording of 16-bit samples at another rate; too loud ones are clipped. */
export function resample(samples: Int16Array, inputHz: number, outputHz: number, filter: Filter): Int16Array {
  if (inputHz === outputHz) return samples;
  const resampler = new Resampler(inputHz, outputHz, filter);
  const head = clipped(resampler.push(Float32Array.from(samples)));
  const tail = clipped(resampler.flush());
  const whole = new Int16Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

/** Samples on the scale of 16 bits, rounded; what is louder than 16 bits hold is clipped instead of wrapped around. */
export function clipped(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, clip);
}

/** One sample, rounded and kept within 16 bits. */
export function clip(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}

/** Coefficients for the output sample that lies `offset` (0..1) after the input sample `base`. */
function kernel(offset: number, half: number, cutoff: number, window: (x: number) => number): Float32Array {
  const taps = Float64Array.from({ length: half * 2 }, (_, k) => {
    const distance = k - half + 1 - offset;
    const x = distance / half;
    return x < -1 || x > 1 ? 0 : sinc(distance * cutoff) * window(x);
  });
  // Unity gain at DC for every phase, or the phases' differences become a tone.
  const sum = taps.reduce((total, value) => total + value, 0);
  return Float32Array.from(taps, (value) => value / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
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
