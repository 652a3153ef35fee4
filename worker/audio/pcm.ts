/** Conversions between the forms in which samples travel: signed 16-bit little-endian bytes and floats in -1..1. */

/** @param bytes signed 16-bit little-endian; a trailing odd byte is ignored. */
export function floatsFromBytes(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(bytes.byteLength >> 1);
  for (let n = 0; n < samples.length; n++) samples[n] = view.getInt16(n * 2, true) / 32768;
  return samples;
}

export function int16FromFloat(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
}

/** Joins byte chunks cut anywhere into whole 16-bit samples; an odd byte waits for the next chunk. */
export class SampleReader {
  private odd: number | undefined;

  push(chunk: Uint8Array): Float32Array {
    let bytes = chunk;
    if (this.odd !== undefined) {
      bytes = new Uint8Array(chunk.length + 1);
      bytes[0] = this.odd;
      bytes.set(chunk, 1);
    }
    this.odd = bytes.length % 2 === 1 ? bytes[bytes.length - 1] : undefined;
    return floatsFromBytes(bytes);
  }
}

/** Cuts a sample stream into frames of a fixed size; the last one is filled up with silence. */
export class FrameCutter {
  private readonly size: number;
  private frame: Int16Array;
  private filled = 0;

  constructor(size: number) {
    this.size = size;
    this.frame = new Int16Array(size);
  }

  push(samples: Float32Array): Int16Array[] {
    const frames: Int16Array[] = [];
    for (const sample of samples) {
      this.frame[this.filled++] = int16FromFloat(sample);
      if (this.filled === this.size) {
        frames.push(this.frame);
        this.frame = new Int16Array(this.size);
        this.filled = 0;
      }
    }
    return frames;
  }

  /** The unfinished frame, or undefined when nothing waits. */
  flush(): Int16Array | undefined {
    if (this.filled === 0) return undefined;
    const frame = this.frame;
    this.frame = new Int16Array(this.size);
    this.filled = 0;
    return frame;
  }
}
