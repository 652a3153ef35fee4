/**
 * The pacing thread's side of the listening thread: hands packets over, never waits, and starts the thread
 * again when it dies.
 */
import './no-telemetry.ts';
import { Worker } from 'node:worker_threads';
import type { ReceivedPacket } from '../transport/receive.ts';
import type {
  EarsOptions,
  FromEars,
  HeardPacket,
  HeardUtterance,
  SpeechEvent,
  ToEars,
} from './ears-protocol.ts';
import type { LaneSettings } from './lane.ts';

export interface EarsEvents {
  /** Somebody speaks: what is known of it before the utterance is over. */
  readonly speech: (event: SpeechEvent) => void;
  readonly voicing: (userId: string, continuousMs: number) => void;
  readonly utterance: (utterance: HeardUtterance) => void;
  /** Listening works (again), or does not and why. */
  readonly health: (failure: string | undefined) => void;
}

/** Packets that may wait for the listening thread: 2 s of five people talking at once. */
const MOST_WAITING = 500;
/**
 * Packets are handed over together: to wake a thread costs more than what it does with one of them. The end of an utterance
 * is reckoned from when they came, and comes no later for it.
 */
const HAND_OVER_MS = 40;
/** Loading the model takes 0.2 s, on a busy machine a few. */
const CLOSE_MS = 5000;
const RESTART_MS = { least: 200, most: 10_000 };

export class Ears {
  private readonly modelPath: string;
  private lane: LaneSettings;
  private readonly events: EarsEvents;
  private readonly taken = new SharedArrayBuffer(4);
  private readonly takenCount = new Int32Array(this.taken);
  private sent = 0;
  private waiting: HeardPacket[] = [];
  private handOverTimer: NodeJS.Timeout | undefined;
  private thread: Worker | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private restartMs = RESTART_MS.least;
  private closed = false;
  private markReady: () => void = () => {};
  /** Resolves when the model is loaded for the first time. */
  readonly ready: Promise<void> = new Promise((resolve) => {
    this.markReady = resolve;
  });
  /** Packets thrown away because the listening thread did not keep up. */
  droppedPackets = 0;
  badPackets = 0;
  /** Packets that came after they had been given up, or twice. */
  latePackets = 0;
  /** Packets that never came, for which there was sound all the same. */
  concealedPackets = 0;

  constructor(modelPath: string, lane: LaneSettings, events: EarsEvents) {
    this.modelPath = modelPath;
    this.lane = lane;
    this.events = events;
    this.start();
  }

  /** @param urgent an NPC is being heard: whether somebody interrupts it must be known at once */
  hear({ userId, ssrc, sequence, arrivedAt, opus }: ReceivedPacket, urgent: boolean): void {
    if (this.thread === undefined || this.sent - Atomics.load(this.takenCount, 0) > MOST_WAITING) {
      this.droppedPackets++;
      return;
    }
    this.sent++;
    // A view into a larger buffer would take all of that along.
    const bytes = opus.byteLength === opus.buffer.byteLength ? opus : new Uint8Array(opus);
    this.waiting.push({ userId, ssrc, sequence, arrivedAt, opus: bytes });
    if (urgent) this.handOver();
    else this.handOverTimer ??= setTimeout(() => this.handOver(), HAND_OVER_MS);
  }

  forget(userId: string): void {
    this.tell({ type: 'forget', userId });
  }

  /** Holds at once, for utterances that are being spoken, too. */
  configure(change: Partial<LaneSettings>): void {
    this.lane = { ...this.lane, ...change };
    this.tell({ type: 'lane', lane: this.lane });
  }

  /** A person's pause ends the utterance when it has lasted `delayMs`; see {@link Lane.endpoint}. */
  endpoint(userId: string, pause: number, delayMs: number): void {
    this.tell({ type: 'endpoint', userId, pause, delayMs });
  }

  /**
   * Lets the thread end by itself. Terminating it while it loads the model aborts the whole process inside
   * onnxruntime, with an exit code of its own.
   */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restartTimer);
    clearTimeout(this.handOverTimer);
    const { thread } = this;
    if (thread === undefined) return;
    const ended = new Promise<void>((resolve) => {
      thread.once('exit', () => resolve());
    });
    // Waits in the thread's queue until the model is loaded.
    this.tell({ type: 'close' });
    const timer = setTimeout(() => void thread.terminate(), CLOSE_MS);
    await ended;
    clearTimeout(timer);
  }

  /** What waits goes first: what was said before somebody left was said. */
  private tell(message: ToEars): void {
    this.handOver();
    this.thread?.postMessage(message);
  }

  private handOver(): void {
    clearTimeout(this.handOverTimer);
    this.handOverTimer = undefined;
    if (this.waiting.length === 0) return;
    const message: ToEars = { type: 'packets', packets: this.waiting };
    this.waiting = [];
    this.thread?.postMessage(message);
  }

  private start(): void {
    // The bundle has threads beside it as .js; in development Node runs the .ts itself.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const workerData: EarsOptions = { modelPath: this.modelPath, lane: this.lane, taken: this.taken };
    const thread = new Worker(new URL(`./ears-thread.${extension}`, import.meta.url), {
      name: 'ears',
      workerData,
    });
    Atomics.store(this.takenCount, 0, 0);
    this.sent = 0;
    this.waiting = [];
    this.thread = thread;
    let cause = 'it ended without an error';
    thread.on('message', (message: FromEars) => this.on(message));
    thread.on('error', (error) => {
      cause = error.message;
    });
    thread.on('exit', () => {
      this.thread = undefined;
      if (this.closed) return;
      this.events.health(`the listening thread ended: ${cause}; it is being started again`);
      this.restartTimer = setTimeout(() => this.start(), this.restartMs);
      this.restartMs = Math.min(this.restartMs * 2, RESTART_MS.most);
    });
  }

  private on(message: FromEars): void {
    switch (message.type) {
      case 'ready':
        this.restartMs = RESTART_MS.least;
        this.markReady();
        this.events.health(undefined);
        break;
      case 'started':
      case 'audio':
      case 'pause':
      case 'resumed':
        this.events.speech(message);
        break;
      case 'voicing':
        this.events.voicing(message.userId, message.continuousMs);
        break;
      case 'utterance':
        this.events.utterance(message);
        break;
      case 'counts':
        this.badPackets = message.badPackets;
        this.latePackets = message.latePackets;
        this.concealedPackets = message.concealedPackets;
        break;
      case 'failed':
        this.events.health(`voice activity detection failed: ${message.message}`);
        break;
    }
  }
}
