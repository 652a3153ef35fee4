/** From samples to Opus at 48 kHz stereo, as Discord takes it, over libopus. */
import opus from '@discordjs/opus';
import { SPEAK_FRAME, SPEAK_RATE } from './rates.ts';

const { OpusEncoder } = opus;

/** Requests of `opus_encoder_ctl` (opus_defines.h). */
const CTL = { complexity: 4010, inbandFec: 4012, packetLossPercent: 4014, signal: 4024 } as const;
const SIGNAL_VOICE = 3001;
const BITRATE = 64_000;

export class SpeechEncoder {
  private readonly encoder = new OpusEncoder(SPEAK_RATE, 2);
  private readonly stereo = new Int16Array(SPEAK_FRAME * 2);
  private readonly bytes = Buffer.from(this.stereo.buffer);

  constructor() {
    this.encoder.setBitrate(BITRATE);
    this.encoder.applyEncoderCTL(CTL.signal, SIGNAL_VOICE);
    // Each packet carries a small copy of the one before, for listeners who miss that one. libopus has copies only in
    // its speech modes, and takes those only when it expects loss.
    this.encoder.applyEncoderCTL(CTL.inbandFec, 1);
    this.encoder.applyEncoderCTL(CTL.packetLossPercent, 10);
    // 3 of 10: 210 us a frame with the copies; 5 takes 245, and speech at this rate sounds the same.
    this.encoder.applyEncoderCTL(CTL.complexity, 3);
  }

  /** @param frame 960 mono samples at 48 kHz. */
  encode(frame: Int16Array): Buffer {
    for (let n = 0; n < SPEAK_FRAME; n++) {
      const sample = frame[n] ?? 0;
      this.stereo[n * 2] = sample;
      this.stereo[n * 2 + 1] = sample;
    }
    return this.encoder.encode(this.bytes);
  }
}
