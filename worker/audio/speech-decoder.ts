/**
 * From Opus to what listens, over libopus.
 *
 * It is asked for 16 kHz mono directly: libopus low-passes and decimates inside its own synthesis (SILK's
 * native rate, CELT's truncated spectrum), which is both cheaper and cleaner than decoding 48 kHz stereo and
 * filtering afterwards. Discord's packets stay 48 kHz stereo on the wire; a decoder chooses its output form
 * freely (RFC 6716, section 2).
 *
 * This libopus is WebAssembly, because the native binding that encodes cannot rebuild what was lost on the
 * way (docs/adr/0037-lost-packets.md).
 */
import { createDecoder, type OpusDecoderHandle } from 'libopus-wasm';
import { FRAME_MS, LISTEN_RATE } from './rates.ts';

/** Samples of one frame at the rate of those who listen. */
const LISTEN_FRAME = (LISTEN_RATE * FRAME_MS) / 1000;
/** Guessing from what came before turns into noise beyond this; what follows of a gap is silence, frames. */
const MOST_GUESSED = 5;
/** Of a longer gap so much is filled, frames: nobody speaks on as if nothing had happened. */
const MOST_FILLED = 10;

/** One speaker's decoder. It is WebAssembly's memory, which nobody collects: free it. */
export class SpeechDecoder {
  private readonly decoder: OpusDecoderHandle;

  private constructor(decoder: OpusDecoderHandle) {
    this.decoder = decoder;
  }

  static async create(): Promise<SpeechDecoder> {
    return new SpeechDecoder(await createDecoder({ sampleRate: LISTEN_RATE, channels: 1 }));
  }

  /** @throws Error when the packet is no Opus. */
  decode(packet: Uint8Array): Int16Array {
    // libopus takes no bytes for a packet that was lost, which nobody said.
    if (packet.byteLength === 0) throw new Error('an Opus packet has at least one byte');
    return this.decoder.decode(packet);
  }

  /**
   * What `frames` packets that never came would have sounded like, as far as can be known: the last one from
   * the copy that `next`, the packet after the gap, carries of it (in-band FEC), those before it by guessing
   * on from what was heard. Call it before `next` is decoded.
   */
  conceal(frames: number, next: Uint8Array): Int16Array {
    const filled = Math.min(frames, MOST_FILLED);
    const samples = new Int16Array(filled * LISTEN_FRAME);
    for (let frame = 0; frame < Math.min(filled - 1, MOST_GUESSED); frame++) {
      samples.set(this.decoder.decodePacketLoss(LISTEN_FRAME), frame * LISTEN_FRAME);
    }
    if (filled > 0) samples.set(this.rebuild(next), (filled - 1) * LISTEN_FRAME);
    return samples;
  }

  free(): void {
    this.decoder.free();
  }

  /** Without a copy in it libopus guesses. */
  private rebuild(next: Uint8Array): Int16Array {
    try {
      return this.decoder.decode(next, { decodeFec: true, frameSize: LISTEN_FRAME });
    } catch {
      return this.decoder.decodePacketLoss(LISTEN_FRAME);
    }
  }
}
