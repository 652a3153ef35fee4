/** Zero crossings of the sinc on each side; 16 keep what is folded back about 70 dB below the signal. */
const ZERO_CROSSINGS = 16;

/**
 * Changes the sampling rate of a mono stream by any ratio of whole numbers: a polyphase low-pass filter, the sinc
 * function under a Blackman window, cut at 0.94 of half the lower of both rates.
 *
 * It is fed piece by piece; the pieces together are as long as the whole would be, and no piece boundary can be heard.
 */
export class Resampler {
  /** Output rate over input rate, reduced: for each `down` inputs there are `up` outputs. */
  private readonly up: number;
  private readonly down: number;
  private readonly phases: readonly Float32Array[];
  /** Half of the filter's length, in input samples. */
  private readonly reach: number;
  /** Input that later outputs still need; its first sample is number `start` of the stream. */
  private pending: Float32Array = new Float32Array(0);
  private start: number;
  private received = 0;
  private produced = 0;

  constructor(inputRate: number, outputRate: number) {
    const divisor = greatestCommonDivisor(inputRate, outputRate);
    this.up = outputRate / divisor;
    this.down = inputRate / divisor;
    const cutoff = 0.94 * Math.min(1, outputRate / inputRate);
    this.reach = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.phases = Array.from({ length: this.up }, (_, phase) => filter(phase / this.up, this.reach, cutoff));
    // Before the first sample there was silence.
    this.start = -this.reach;
    this.pending = new Float32Array(this.reach);
  }

  /** Takes the next samples and gives those outputs that no later sample can change. */
  push(samples: Int16Array): Int16Array {
    this.received += samples.length;
    this.append(Float32Array.from(samples));
    return this.produce(Math.floor(((this.received - this.reach) * this.up) / this.down));
  }

  /** Ends the stream and gives what is left of it. */
  flush(): Int16Array {
    this.append(new Float32Array(this.reach + 1));
    return this.produce(Math.ceil((this.received * this.up) / this.down));
  }

  private append(samples: Float32Array): void {
    const joined = new Float32Array(this.pending.length + samples.length);
    joined.set(this.pending);
    joined.set(samples, this.pending.length);
    this.pending = joined;
  }

  private produce(until: number): Int16Array {
    const output = new Int16Array(Math.max(0, until - this.produced));
    for (let index = 0; index < output.length; index++) {
      const position = (this.produced + index) * this.down;
      const center = Math.floor(position / this.up);
      const coefficients = this.phases[position % this.up] ?? new Float32Array(0);
      const first = center - this.reach + 1 - this.start;
      let sum = 0;
      for (let tap = 0; tap < coefficients.length; tap++) {
        sum += (coefficients[tap] ?? 0) * (this.pending[first + tap] ?? 0);
      }
      output[index] = Math.max(-32768, Math.min(32767, Math.round(sum)));
    }
    this.produced += output.length;
    this.forget();
    return output;
  }

  private forget(): void {
    const needed = Math.floor((this.produced * this.down) / this.up) - this.reach + 1;
    const passed = Math.min(this.pending.length, needed - this.start);
    if (passed <= 0) return;
    this.pending = this.pending.slice(passed);
    this.start += passed;
  }
}

/** A whole recording at another rate. */
export function resample(samples: Int16Array, inputRate: number, outputRate: number): Int16Array {
  if (inputRate === outputRate) return samples;
  const resampler = new Resampler(inputRate, outputRate);
  const head = resampler.push(samples);
  const tail = resampler.flush();
  const whole = new Int16Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

/** The taps for an output that lies `fraction` of a sample after an input; they add up to 1. */
function filter(fraction: number, reach: number, cutoff: number): Float32Array {
  const taps = Float64Array.from({ length: 2 * reach }, (_, tap) => {
    const distance = tap - reach + 1 - fraction;
    return sinc(distance * cutoff) * blackman(distance / reach);
  });
  const sum = taps.reduce((total, value) => total + value, 0);
  return Float32Array.from(taps, (value) => value / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** -1 to 1 is the window; beyond it nothing passes. */
function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
