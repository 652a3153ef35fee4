/**
 * Opus at both ends of the worker, over libopus.
 *
 * Decoding is asked for 16 kHz mono directly: libopus low-passes and decimates inside its own synthesis
 * (SILK's native rate, CELT's truncated spectrum), which is both cheaper and cleaner than decoding 48 kHz
 * stereo and filtering afterwards. Discord's packets stay 48 kHz stereo on the wire; a decoder chooses its
 * output form freely (RFC 6716, section 2).
 */
import opus from '@discordjs/opus';
import { LISTEN_RATE, SPEAK_FRAME, SPEAK_RATE } from './rates.ts';

const { OpusEncoder } = opus;

const SET_COMPLEXITY = 4010;

export class SpeechDecoder {
  private readonly decoder = new OpusEncoder(LISTEN_RATE, 1);

  /** @throws Error when the packet is no Opus. */
  decode(packet: Uint8Array): Int16Array {
    // libopus takes no bytes as "conceal 360 ms", which nobody asked for.
    if (packet.byteLength === 0) throw new Error('an Opus packet has at least one byte');
    const pcm = this.decoder.decode(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength));
    const samples = new Int16Array(pcm.byteLength >> 1);
    for (let n = 0; n < samples.length; n++) samples[n] = pcm.readInt16LE(n * 2);
    return samples;
  }
}

export class SpeechEncoder {
  private readonly encoder = new OpusEncoder(SPEAK_RATE, 2);
  private readonly stereo = Buffer.alloc(SPEAK_FRAME * 4);

  constructor() {
    this.encoder.setBitrate(64_000);
    // 5 of 10: 115 us a frame instead of 170, inaudible on speech.
    this.encoder.applyEncoderCTL(SET_COMPLEXITY, 5);
  }

  /** @param frame 960 mono samples at 48 kHz. */
  encode(frame: Int16Array): Buffer {
    for (let n = 0; n < SPEAK_FRAME; n++) {
      const sample = frame[n] ?? 0;
      this.stereo.writeInt16LE(sample, n * 4);
      this.stereo.writeInt16LE(sample, n * 4 + 2);
    }
    return this.encoder.encode(this.stereo);
  }
}
