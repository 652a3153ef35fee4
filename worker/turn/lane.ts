/**
 * One speaker's way from packets to utterances: order, decode, voice activity, endpointing.
 *
 * Discord sends nothing while a person is silent, so silence is what arrives (open microphones) *or* what
 * does not. The end of an utterance is therefore a deadline on the clock, not a count of frames: the last
 * packet with voice in it plus the endpointing delay.
 *
 * The lane keeps no timers: whoever runs it calls `tick` at `deadline()`. That makes it testable with a
 * clock made of numbers.
 */
import { JitterBuffer } from '../audio/jitter-buffer.ts';
import { SpeechDetector, VAD_FRAME } from './speech-detector.ts';

export interface LaneSettings {
  /**
   * Silence that ends an utterance unless {@link Lane.endpoint} says otherwise of a pause, milliseconds. Below about 400
   * pauses in a sentence split it. @defaultValue 500
   */
  readonly endpointMs: number;
  /** Silence after which `pause` is reported, with the sound so far, milliseconds. @defaultValue 0, which is never */
  readonly pauseMs: number;
  /** Whether the sound of an utterance is handed on while it is spoken. @defaultValue false */
  readonly stream: boolean;
  /** An utterance is handed on when it reaches this, milliseconds. @defaultValue 30 000 */
  readonly maxUtteranceMs: number;
  /** Audio kept from before speech was certain, so that the first syllable survives, milliseconds. @defaultValue 400 */
  readonly preRollMs: number;
  /** Continuous voice after which (and every so long again) `voicing` is reported, milliseconds. @defaultValue 250 */
  readonly voicingMs: number;
}

export const laneDefaults = {
  endpointMs: 500,
  pauseMs: 0,
  stream: false,
  maxUtteranceMs: 30_000,
  preRollMs: 400,
  voicingMs: 250,
} satisfies LaneSettings;

export interface Utterance {
  /** 16 kHz mono. */
  readonly samples: Int16Array;
  /** Arrival of the last packet that carried sound of this utterance, monotonic milliseconds. */
  readonly lastPacketAt: number;
  /** Arrival of the last packet in which the model heard voice. */
  readonly lastVoiceAt: number;
  readonly endpointedAt: number;
  /** The pause in which it ended, if that was reported. */
  readonly pause: number | undefined;
  /** False: cut at `maxUtteranceMs`, the speaker goes on. */
  readonly complete: boolean;
}

export type LaneEvent =
  | { readonly type: 'started' }
  /** Sound of the open utterance, 16 kHz mono: everything since its pre-roll, in order. Never after `utterance`. */
  | { readonly type: 'audio'; readonly samples: Int16Array<ArrayBuffer> }
  /** The speaker is silent for `pauseMs`. `samples` is what an utterance that ends here will have. */
  | { readonly type: 'pause'; readonly pause: number; readonly samples: Int16Array }
  /** After a `pause`: the speaker goes on. */
  | { readonly type: 'resumed'; readonly silentMs: number }
  | { readonly type: 'voicing'; readonly continuousMs: number }
  | { readonly type: 'utterance'; readonly utterance: Utterance }
  /** The model could not judge a frame; it counts as silence. */
  | { readonly type: 'failed'; readonly error: unknown };

export interface LaneParts {
  /** Opus to 16 kHz mono. @throws on a bad packet. */
  readonly decode: (packet: Uint8Array) => Int16Array;
  /** What packets that never came would have sounded like; `next` is the one after them. */
  readonly conceal: (packets: number, next: Uint8Array) => Int16Array;
  /** Probability of voice in 512 samples; keeps the model's state between calls. */
  readonly voiceActivity: { probability(frame: Float32Array): Promise<number>; reset(): void };
  readonly emit: (event: LaneEvent) => void;
}

interface Arrived {
  readonly opus: Uint8Array;
  readonly at: number;
}

const SAMPLES_PER_MS = 16;
const PACKET_SAMPLES = 320;
const PACKET_MS = 20;
/** A pause between packets longer than this is the speaker's, not the network's. */
const PAUSE_MS = 100;
/** How long a missing packet is waited for; packets are handed over up to 40 ms late. */
const REORDER_MS = 100;
/** After so long a pause the model's memory is of another sentence. */
const FORGET_MS = 2000;
/** Silence kept behind the last voice. */
const TAIL_MS = 200;
/** Sound is handed on in pieces of at least this. */
const PIECE_MS = 100;

export class Lane {
  /** May change at any time. */
  settings: LaneSettings;
  private readonly parts: LaneParts;
  private readonly detector = new SpeechDetector();
  private readonly jitter = new JitterBuffer<Arrived>();
  private frame = new Float32Array(VAD_FRAME);
  private filled = 0;
  /** What is kept: the pre-roll while nobody speaks, the utterance while somebody does. */
  private kept: Int16Array[] = [];
  private keptSamples = 0;
  private open = false;
  private ssrc = 0;
  private lastArrival = 0;
  private lastSound = 0;
  private lastVoice = 0;
  /** Samples kept up to the end of the last voiced frame. */
  private voiceEnd = 0;
  private reportedMs = 0;
  /** Pauses reported so far, in all utterances. */
  private pauses = 0;
  private pausing = false;
  /** The endpoint of this very pause. */
  private endpointMs: number | undefined;
  /** Parts of `kept` that were handed on, and samples that wait for it. */
  private handedOn = 0;
  private waiting = 0;
  /** Model runs that have not come back. */
  private pending = 0;
  private work: Promise<void> = Promise.resolve();
  /** Packets that libopus refused. */
  badPackets = 0;
  /** Packets that never came. */
  concealedPackets = 0;
  /** Nothing came for a while: what is missing before the next packet was the end of something else. */
  private resuming = false;

  constructor(settings: LaneSettings, parts: LaneParts) {
    this.settings = settings;
    this.parts = parts;
  }

  get latePackets(): number {
    return this.jitter.late;
  }

  /**
   * @param arrivedAt when the packet came off the network, monotonic milliseconds.
   * @param ssrc of the stream in which the sequence numbers count; a speaker who connects anew has another.
   */
  push(sequence: number, arrivedAt: number, opus: Uint8Array, ssrc = 0): void {
    if (ssrc !== this.ssrc) {
      for (const { packet, lostBefore } of this.jitter.restart()) this.accept(packet, lostBefore);
      this.ssrc = ssrc;
    }
    const pause = this.lastArrival === 0 ? 0 : arrivedAt - this.lastArrival;
    if (pause > PAUSE_MS) this.paused(pause);
    this.lastArrival = arrivedAt;
    for (const { packet, lostBefore } of this.jitter.push(sequence, { opus, at: arrivedAt })) {
      this.accept(packet, lostBefore);
    }
  }

  /** When `tick` must be called next, monotonic milliseconds; undefined: not before the next packet. */
  deadline(): number | undefined {
    if (this.pending > 0) return undefined;
    const reorder = this.jitter.holding ? this.lastArrival + REORDER_MS : Number.POSITIVE_INFINITY;
    const next = Math.min(reorder, this.pauseAt(), this.endpointAt());
    return Number.isFinite(next) ? next : undefined;
  }

  tick(now: number): void {
    if (this.jitter.holding && now >= this.lastArrival + REORDER_MS) this.flushJitter();
    if (this.pending > 0) return;
    if (now >= this.pauseAt()) {
      this.pausing = true;
      this.handOn(0);
      this.parts.emit({ type: 'pause', pause: ++this.pauses, samples: this.sound(true) });
    }
    if (now >= this.endpointAt()) this.close(now, true);
  }

  /** A pause that was reported ends the utterance when it has lasted `delayMs`. Says nothing of other pauses. */
  endpoint(pause: number, delayMs: number): void {
    if (this.open && this.pausing && pause === this.pauses) this.endpointMs = delayMs;
  }

  /** Resolves when every frame pushed so far has been judged. */
  async settled(): Promise<void> {
    await this.work;
  }

  private pauseAt(): number {
    const { pauseMs } = this.settings;
    return this.open && !this.pausing && pauseMs > 0 ? this.lastVoice + pauseMs : Number.POSITIVE_INFINITY;
  }

  private endpointAt(): number {
    const delayMs = this.endpointMs ?? this.settings.endpointMs;
    return this.open ? this.lastVoice + delayMs : Number.POSITIVE_INFINITY;
  }

  private flushJitter(): void {
    for (const { packet, lostBefore } of this.jitter.flush()) this.accept(packet, lostBefore);
  }

  private accept(packet: Arrived, lostBefore: number): void {
    // Of what is missing across a pause nothing but the packet right before may belong to what follows.
    const missing = this.resuming ? Math.min(lostBefore, 1) : lostBefore;
    this.resuming = false;
    if (missing > 0) {
      this.concealedPackets += missing;
      this.append(this.parts.conceal(missing, packet.opus), packet.at);
    }
    let samples: Int16Array;
    try {
      samples = this.parts.decode(packet.opus);
    } catch {
      this.badPackets++;
      samples = new Int16Array(PACKET_SAMPLES);
    }
    if (!isSilenceFrame(packet.opus)) this.lastSound = packet.at;
    this.append(samples, packet.at);
  }

  /** The speaker stopped sending for `pause` ms and now goes on. */
  private paused(pause: number): void {
    this.flushJitter();
    this.resuming = true;
    this.detector.interrupt();
    this.reportedMs = 0;
    if (pause > FORGET_MS) {
      this.enqueue(async () => this.parts.voiceActivity.reset());
      this.filled = 0;
    }
    if (this.open) {
      // Keep the rhythm: recognisers read pauses. What was cut by the endpoint is gone already.
      const silence = Math.min(pause, this.endpointMs ?? this.settings.endpointMs) - PACKET_MS;
      if (silence > 0) this.keep(new Int16Array(Math.round(silence) * SAMPLES_PER_MS));
    } else {
      this.kept = [];
      this.keptSamples = 0;
    }
  }

  private append(samples: Int16Array, at: number): void {
    this.keep(samples);
    // The model hears voice for a moment longer than there is one; a silence frame carries none for certain.
    const soundAt = Math.min(at, this.lastSound);
    for (const sample of samples) {
      this.frame[this.filled++] = sample / 32768;
      if (this.filled < VAD_FRAME) continue;
      const frame = this.frame;
      const end = this.keptSamples;
      this.frame = new Float32Array(VAD_FRAME);
      this.filled = 0;
      this.enqueue(async () => this.judge(await this.parts.voiceActivity.probability(frame), soundAt, end));
    }
  }

  private keep(samples: Int16Array): void {
    this.kept.push(samples);
    this.keptSamples += samples.length;
    if (this.open) {
      this.waiting += samples.length;
      this.handOn(PIECE_MS * SAMPLES_PER_MS);
      return;
    }
    const most = this.settings.preRollMs * SAMPLES_PER_MS;
    while (this.kept[0] !== undefined && this.keptSamples - this.kept[0].length >= most) {
      this.keptSamples -= this.kept.shift()?.length ?? 0;
    }
  }

  private judge(probability: number, at: number, end: number): void {
    const verdict = this.detector.push(probability);
    if (verdict.started) {
      this.open = true;
      this.handedOn = 0;
      this.waiting = this.keptSamples;
      this.parts.emit({ type: 'started' });
      this.handOn(0);
    }
    if (!verdict.voiced) {
      this.reportedMs = 0;
    } else {
      if (this.pausing) this.parts.emit({ type: 'resumed', silentMs: at - this.lastVoice });
      this.pausing = false;
      this.endpointMs = undefined;
      this.lastVoice = at;
      this.voiceEnd = this.open ? end : 0;
      if (this.open && verdict.continuousMs - this.reportedMs >= this.settings.voicingMs) {
        this.reportedMs = verdict.continuousMs;
        this.parts.emit({ type: 'voicing', continuousMs: verdict.continuousMs });
      }
    }
    if (this.open && this.keptSamples >= this.settings.maxUtteranceMs * SAMPLES_PER_MS) this.close(at, false);
  }

  /** Hands the sound on that was not yet, when it is at least so many samples. */
  private handOn(least: number): void {
    if (!this.settings.stream || !this.open || this.waiting === 0 || this.waiting < least) return;
    const samples = joined(this.kept.slice(this.handedOn), this.waiting);
    this.handedOn = this.kept.length;
    this.waiting = 0;
    this.parts.emit({ type: 'audio', samples });
  }

  /** The sound of the utterance. @param complete without the silence behind it */
  private sound(complete: boolean): Int16Array {
    const samples = joined(this.kept, this.keptSamples);
    return complete ? samples.subarray(0, this.voiceEnd + TAIL_MS * SAMPLES_PER_MS) : samples;
  }

  private close(now: number, complete: boolean): void {
    this.handOn(0);
    const samples = this.sound(complete);
    const pause = this.pausing ? this.pauses : undefined;
    this.kept = [];
    this.keptSamples = 0;
    this.open = false;
    this.pausing = false;
    this.endpointMs = undefined;
    this.detector.reset();
    this.reportedMs = 0;
    // A microphone that stays open sends on and on; then the voice's end is the only end there is.
    const stillSending = now - this.lastArrival < PAUSE_MS;
    this.parts.emit({
      type: 'utterance',
      utterance: {
        samples,
        pause,
        lastPacketAt: stillSending ? this.lastVoice : this.lastSound,
        lastVoiceAt: this.lastVoice,
        endpointedAt: now,
        complete,
      },
    });
  }

  private enqueue(step: () => Promise<void>): void {
    this.pending++;
    this.work = this.work
      .then(step)
      .catch((error: unknown) => this.parts.emit({ type: 'failed', error }))
      .finally(() => {
        this.pending--;
      });
  }
}

function joined(parts: readonly Int16Array[], length: number): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
}

function isSilenceFrame(opus: Uint8Array): boolean {
  return opus.length === 3 && opus[0] === 0xf8 && opus[1] === 0xff && opus[2] === 0xfe;
}
