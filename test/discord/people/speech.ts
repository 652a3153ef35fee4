import opus from '@discordjs/opus';
import { clip } from '../../../src/audio/resampler.ts';
import type { SayOptions, SayResult } from '../api.ts';
import { FRAME_MS, SAMPLES_PER_FRAME, SILENCE_FRAME } from '../voice/rtp.ts';
import { loudness } from '../wav.ts';
import type { Clock } from '../world/clock.ts';
import { impairedPath } from './impairments.ts';
import type { VoiceLink } from './voice-link.ts';

const SILENCE_FRAMES = 5;
/** Quieter than this (about -50 dBFS) counts as a pause at the end of a file. */
const AUDIBLE = 0.003;
/** Clients announce Speaking a moment before the first packet. */
const LEAD_MS = 20;

export interface Frame {
  opus: Buffer;
  /** Loud enough to count as speech. */
  voiced: boolean;
}

/** Requests of `opus_encoder_ctl` (opus_defines.h). */
const CTL = { inbandFec: 4012, packetLossPercent: 4014 } as const;

/**
 * Opus frames of 20 ms from samples at 48 kHz, encoded one by one as they are needed.
 *
 * @param options.loss share of packets that the path is known to lose: as WebRTC's clients do it, each packet then
 * carries a copy of the one before
 */
export function* encodeFrames(
  samples: Int16Array,
  { gain = 1, loss = 0 }: { gain?: number | undefined; loss?: number | undefined } = {},
): Generator<Frame> {
  const encoder = new opus.OpusEncoder(48_000, 2);
  if (loss > 0) {
    encoder.applyEncoderCTL(CTL.inbandFec, 1);
    encoder.applyEncoderCTL(CTL.packetLossPercent, Math.max(1, Math.round(loss * 100)));
  }
  for (let offset = 0; offset < samples.length; offset += SAMPLES_PER_FRAME) {
    const mono = samples.subarray(offset, offset + SAMPLES_PER_FRAME);
    const pcm = Buffer.alloc(SAMPLES_PER_FRAME * 4);
    mono.forEach((sample, index) => {
      const value = clip(sample * gain);
      pcm.writeInt16LE(value, index * 4);
      pcm.writeInt16LE(value, index * 4 + 2);
    });
    yield { opus: encoder.encode(pcm), voiced: loudness(mono) * gain >= AUDIBLE };
  }
}

/** RTP counters that live as long as the connection. Timestamps go on while nobody speaks. */
export class RtpClock {
  readonly #clock: Clock;
  readonly #start: number;
  readonly #base = Math.floor(Math.random() * 0x1_0000_0000);
  #sequence = Math.floor(Math.random() * 0x1_0000);

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    return this.#sequence;
  }

  /** 48 kHz timestamp of now, on the frame grid. */
  timestamp(): number {
    const frames = Math.round((this.#clock.now() - this.#start) / FRAME_MS);
    return (this.#base + frames * SAMPLES_PER_FRAME) >>> 0;
  }
}

/**
 * Sends frames 20 ms apart against the clock (a late timer does not shift the rest), then five silence
 * frames, with Speaking around it. Ends early when the signal aborts.
 */
export async function speak(
  link: VoiceLink,
  rtp: RtpClock,
  clock: Clock,
  frames: Iterable<Frame>,
  options: SayOptions,
  signal: AbortSignal,
): Promise<SayResult> {
  const path = impairedPath(options.impairments);
  const { extension = false, padding = false } = options.impairments ?? {};
  let held: Buffer | undefined;
  const send = (packet: Buffer, index: number) => {
    const fate = path(index);
    const overtaken = held;
    held = undefined;
    if (fate?.afterNext) held = packet;
    else if (fate && fate.delayMs > 0) setTimeout(() => link.transmit(packet), fate.delayMs);
    else if (fate) link.transmit(packet);
    if (overtaken) link.transmit(overtaken);
  };

  link.speaking(true);
  const origin = clock.now() + LEAD_MS;
  const base = rtp.timestamp();
  let index = 0;
  let startedAt = origin;
  let lastPacketAt = origin;
  let lastVoicedAt = origin;
  let longestGapMs = 0;
  const emit = async (opus: Buffer) => {
    await waitUntil(clock, origin + index * FRAME_MS);
    const timestamp = (base + index * SAMPLES_PER_FRAME) >>> 0;
    send(link.seal({ sequence: rtp.nextSequence(), timestamp, opus, extension, padding }), index);
    index += 1;
  };
  for (const frame of frames) {
    if (signal.aborted) break;
    await emit(frame.opus);
    const now = clock.now();
    if (index > 1) longestGapMs = Math.max(longestGapMs, now - lastPacketAt);
    lastPacketAt = now;
    if (index === 1) startedAt = lastPacketAt;
    if (frame.voiced) lastVoicedAt = lastPacketAt;
  }
  const packets = index;
  for (let silence = 0; silence < SILENCE_FRAMES; silence += 1) await emit(SILENCE_FRAME);
  if (held) link.transmit(held);
  link.speaking(false);
  return { startedAt, lastVoicedAt, lastPacketAt, packets, longestGapMs };
}

function waitUntil(clock: Clock, at: number): Promise<void> {
  // Timers cut fractions off: rounded up, no packet leaves before its time.
  const wait = Math.ceil(at - clock.now());
  return wait <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
}
