/**
 * Sends one packet each 20 ms, by the clock and not by the count of timer calls.
 *
 * Frame n of a run is due at start + n x 20 ms, so a late timer delays one packet and not all that follow.
 * After a stall at most `MOST_BURST` packets go out at once; what is later than that moves the schedule
 * instead, because receivers drop bursts that overflow their jitter buffers.
 *
 * Frames are encoded one ahead, right after a send: never a second of Opus at once when a speech engine
 * delivers fast, which would hold up the very next packet.
 */
import { FRAME_MS, SILENCE_FRAME } from '../audio/rates.ts';
import { monotonicMs } from '../clock.ts';

export interface PacketOutput {
  /** Sends one Opus packet. False: not connected now. */
  send(packet: Buffer): boolean;
  setSpeaking(speaking: boolean): void;
}

export interface PacerClock {
  now(): number;
  /** Calls back once, not before `now() + ms`. Returns a function that takes it back. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: PacerClock = {
  now: monotonicMs,
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.ceil(ms));
    return () => clearTimeout(timer);
  },
};

/** One reply's way to the wire. Made by {@link Pacer.begin}. */
export interface Playback {
  push(frame: Int16Array): void;
  /** Nothing more follows: when all is sent, `ended` settles. */
  end(): void;
  /** Stop now: what waits is thrown away. */
  cut(): void;
  /** Stop now, and keep what waits. */
  hold(): void;
  /** Go on where `hold` stopped. */
  resume(): void;
  /** Frames that went out. */
  readonly sent: number;
  /** Frames that wait. */
  readonly waiting: number;
  /** When the first frame went out, monotonic milliseconds. */
  readonly firstSentAt: number | undefined;
  readonly ended: Promise<'played' | 'cut'>;
  /** Resolves when at most `frames` wait, or it is over. */
  drainedTo(frames: number): Promise<void>;
}

/** What sounds under all speech, frame by frame. */
export interface Bed {
  /** The next 20 ms, with `speech` over it where there is any. */
  next(speech?: Int16Array): Int16Array;
}

const MOST_BURST = 3;
const END_SILENCE_FRAMES = 5;
/** A reply is given up when the voice connection stays away this long in the middle of it. */
const MOST_HOLD_MS = 10_000;

export class Pacer {
  private readonly output: PacketOutput;
  private readonly encode: (frame: Int16Array) => Buffer;
  private readonly clock: PacerClock;
  private current: PacedPlayback | undefined;
  private silenceLeft = 0;
  private speaking = false;
  private due = 0;
  private cancelTimer: (() => void) | undefined;
  /** While packets go out, callbacks may push frames; they must not start a second schedule. */
  private ticking = false;
  private heldSince: number | undefined;
  private bed: Bed | undefined;
  /** Packets that left later than 5 ms after they were due. */
  latePackets = 0;
  packets = 0;

  constructor(output: PacketOutput, encode: (frame: Int16Array) => Buffer, clock: PacerClock = systemClock) {
    this.output = output;
    this.encode = encode;
    this.clock = clock;
  }

  /**
   * Opens the one playback. @throws Error while another one is not over: there is one floor.
   * @param onFirstPacket is called when the first packet has gone out.
   */
  begin(onFirstPacket: (at: number) => void = () => {}): Playback {
    if (this.current !== undefined) throw new Error('a playback is still open: one voice at a time');
    const playback = new PacedPlayback(
      (frame) => this.encode(this.bed?.next(frame) ?? frame),
      onFirstPacket,
      () => this.wake(),
      () => this.cut(),
    );
    this.current = playback;
    return playback;
  }

  /** What sounds from now on when nobody speaks, and under whoever does; undefined: silence. */
  lay(bed: Bed | undefined): void {
    if (bed === undefined && this.bed !== undefined && this.speaking) this.silenceLeft = END_SILENCE_FRAMES;
    this.bed = bed;
    this.wake();
  }

  /** Somebody speaks now: a playback has begun and is not over. */
  get audible(): boolean {
    return this.current?.firstSentAt !== undefined;
  }

  /** Ends what plays and stops for good. */
  close(): void {
    this.bed = undefined;
    this.cut();
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    this.silenceLeft = 0;
    this.quiet();
  }

  private wake(): void {
    if (this.cancelTimer !== undefined || this.ticking) return;
    if (this.bed === undefined && this.current?.peek() === undefined && this.current?.done !== true) return;
    // After the silence of the previous reply the schedule goes on; from rest it begins now.
    this.due = this.clock.now();
    this.tick();
  }

  private cut(): void {
    const playback = this.current;
    if (playback === undefined) return;
    this.current = undefined;
    playback.settle('cut');
    // The receivers' decoders need the five frames to come to rest; the schedule sends them.
    if (this.speaking) this.silenceLeft = END_SILENCE_FRAMES;
  }

  private tick(): void {
    this.cancelTimer = undefined;
    this.ticking = true;
    const more = this.sendDue();
    this.ticking = false;
    if (more)
      this.cancelTimer = this.clock.after(Math.max(0, this.due - this.clock.now()), () => this.tick());
    this.current?.prepare();
  }

  /** Sends what is due. Returns whether the schedule goes on. */
  private sendDue(): boolean {
    let burst = 0;
    let more = true;
    while (more && this.clock.now() >= this.due) {
      if (burst++ >= MOST_BURST) {
        this.due = this.clock.now() + FRAME_MS;
        break;
      }
      const late = this.clock.now() - this.due;
      more = this.sendOne();
      if (late > 5) this.latePackets++;
      this.due += FRAME_MS;
    }
    return more;
  }

  /** Returns whether the schedule goes on. */
  private sendOne(): boolean {
    const playback = this.current;
    const packet = playback?.peek();
    if (playback !== undefined && packet !== undefined) return this.sendFrame(playback, packet);
    if (playback?.done === true) {
      this.current = undefined;
      this.silenceLeft = this.speaking ? END_SILENCE_FRAMES : 0;
      playback.settle('played');
    } else if (playback !== undefined && this.speaking && this.silenceLeft === 0) {
      // The speech engine did not keep up, or it is held: close the gap for the receivers and wait.
      this.silenceLeft = END_SILENCE_FRAMES;
    }
    if (this.bed !== undefined) return this.sendBed(this.bed);
    if (this.silenceLeft > 0) {
      this.silenceLeft--;
      this.output.send(SILENCE_FRAME);
      if (this.silenceLeft > 0 || this.current?.peek() !== undefined) return true;
    }
    this.quiet();
    return false;
  }

  /** Nobody speaks: the bed alone goes on. Where there is no connection, it is not kept for later. */
  private sendBed(bed: Bed): boolean {
    this.silenceLeft = 0;
    this.speaking = this.output.send(this.encode(bed.next()));
    if (this.speaking) this.packets++;
    return true;
  }

  private sendFrame(playback: PacedPlayback, packet: Buffer): boolean {
    if (!this.output.send(packet)) {
      // Not connected: the frame waits, for a while.
      this.heldSince ??= this.clock.now();
      this.speaking = false;
      if (this.clock.now() - this.heldSince < MOST_HOLD_MS) return true;
      this.heldSince = undefined;
      this.cut();
      return false;
    }
    this.heldSince = undefined;
    this.speaking = true;
    this.silenceLeft = 0;
    this.packets++;
    playback.took(this.clock.now());
    return true;
  }

  private quiet(): void {
    if (!this.speaking) return;
    this.speaking = false;
    this.output.setSpeaking(false);
  }
}

class PacedPlayback implements Playback {
  private readonly encode: (frame: Int16Array) => Buffer;
  private readonly onFirstPacket: (at: number) => void;
  private readonly wake: () => void;
  private readonly stop: () => void;
  private frames: Int16Array[] = [];
  private packet: Buffer | undefined;
  private over = false;
  private finished = false;
  private held = false;
  sent = 0;
  firstSentAt: number | undefined;
  private waiters: { frames: number; resolve: () => void }[] = [];
  private readonly outcome = Promise.withResolvers<'played' | 'cut'>();

  constructor(
    encode: (frame: Int16Array) => Buffer,
    onFirstPacket: (at: number) => void,
    wake: () => void,
    stop: () => void,
  ) {
    this.encode = encode;
    this.onFirstPacket = onFirstPacket;
    this.wake = wake;
    this.stop = stop;
  }

  drainedTo(frames: number): Promise<void> {
    if (this.over || this.waiting <= frames) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.push({ frames, resolve });
    });
  }

  private wakeWaiters(): void {
    if (this.waiters.length === 0) return;
    const ready = this.waiters.filter(({ frames }) => this.over || this.waiting <= frames);
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  get ended(): Promise<'played' | 'cut'> {
    return this.outcome.promise;
  }

  /** Nothing is left to send. */
  get done(): boolean {
    return this.finished && !this.held && this.waiting === 0;
  }

  get waiting(): number {
    return this.frames.length + (this.packet === undefined ? 0 : 1);
  }

  push(frame: Int16Array): void {
    if (this.over || this.finished) return;
    this.frames.push(frame);
    this.wake();
  }

  end(): void {
    if (this.over || this.finished) return;
    this.finished = true;
    this.wake();
  }

  cut(): void {
    if (!this.over) this.stop();
  }

  hold(): void {
    this.held = true;
  }

  resume(): void {
    if (!this.held) return;
    this.held = false;
    this.wake();
  }

  /** The next packet, encoded now when it was not ahead of time; none while it is held. */
  peek(): Buffer | undefined {
    if (this.held) return undefined;
    this.prepare();
    return this.packet;
  }

  prepare(): void {
    if (this.packet !== undefined) return;
    const frame = this.frames.shift();
    if (frame !== undefined) this.packet = this.encode(frame);
  }

  took(at: number): void {
    this.packet = undefined;
    this.sent++;
    this.wakeWaiters();
    if (this.firstSentAt !== undefined) return;
    this.firstSentAt = at;
    this.onFirstPacket(at);
  }

  settle(outcome: 'played' | 'cut'): void {
    this.over = true;
    this.frames = [];
    this.packet = undefined;
    this.outcome.resolve(outcome);
    this.wakeWaiters();
  }
}
