/**
 * Writes status.voice of one session by server-side apply: at once when the state changes, otherwise at most every
 * 15 seconds. One write at a time; while one is under way only the newest value is kept.
 */
import {
  API_VERSION,
  fieldManagers,
  type VoiceSession,
  type VoiceSessionVoice,
} from '../../src/api/index.ts';
import { type Client, isConflict, isNotFound, type Live } from '../../src/kube/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { voiceSessionStatuses } from '../resources.ts';
import { writeDelay } from './voice-status.ts';

export interface StatusWriterOptions {
  readonly client: Pick<Client, 'applyStatus'>;
  readonly session: Live<VoiceSession>;
  readonly clock: { now(): number; setTimeout(callback: () => void, delayMs: number): { cancel(): void } };
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Whether a limit of the tenant waits for what is spent. */
  readonly spendMatters: () => boolean;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #written: VoiceSessionVoice | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #wanted: VoiceSessionVoice | undefined;
  #timer: { cancel(): void } | undefined;
  #writing = false;
  #failures = 0;
  /** The object is gone, or another one has its name. */
  #gone = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#written = options.session.status?.voice;
    options.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true });
  }

  /** The newest value, written or not. */
  get current(): VoiceSessionVoice | undefined {
    return this.#wanted ?? this.#written;
  }

  set(voice: VoiceSessionVoice): void {
    this.#wanted = voice;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#gone || this.#writing || this.#wanted === undefined || this.#options.signal.aborted) return;
    const now = this.#options.clock.now();
    const due = writeDelay(this.#written, this.#wanted, this.#writtenAt, now, this.#options.spendMatters());
    if (due === undefined) return;
    const retry =
      this.#failures === 0 ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    const delay = Math.max(due, retry);
    this.#timer?.cancel();
    this.#timer = undefined;
    if (delay > 0) {
      this.#timer = this.#options.clock.setTimeout(() => {
        this.#timer = undefined;
        this.#start();
      }, delay);
    } else {
      this.#start();
    }
  }

  #start(): void {
    const voice = this.#wanted;
    if (voice === undefined || this.#writing || this.#options.signal.aborted) return;
    this.#writing = true;
    this.#write(voice).finally(() => {
      this.#writing = false;
      this.#schedule();
    });
  }

  async #write(voice: VoiceSessionVoice): Promise<void> {
    const { client, session, log, signal, clock } = this.#options;
    const { name, namespace, uid } = session.metadata;
    const wanted = {
      apiVersion: API_VERSION,
      kind: 'VoiceSession' as const,
      metadata: { name, uid, ...(namespace === undefined ? {} : { namespace }) },
      status: { voice },
    };
    try {
      await client.applyStatus(voiceSessionStatuses, wanted, { fieldManager: fieldManagers.gateway, signal });
      this.#written = voice;
      this.#writtenAt = clock.now();
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      // With the UID as precondition a conflict means that this object is no more.
      if (isNotFound(error) || isConflict(error)) {
        this.#gone = true;
        return;
      }
      this.#failures += 1;
      log.warn({ err: error, session: name, failures: this.#failures }, 'status.voice could not be written');
    }
  }
}
