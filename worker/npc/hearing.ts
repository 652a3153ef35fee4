/**
 * One utterance on its way to words: while it is spoken where the recogniser can do that, else at each pause. What is
 * recognised at the pause in which the person turns out to have finished is what was said, and nobody waits for it; what
 * is recognised at another pause is thrown away.
 */
import { monotonicMs } from '../clock.ts';
import type { Recognition, SpeechToText } from '../stt/speech-to-text.ts';
import type { HeardUtterance } from '../turn/ears-protocol.ts';

export interface Guess {
  readonly pause: number;
  /** What was said up to the pause; undefined: that cannot be known. */
  readonly text: string | undefined;
  /** Only more speech changes it. */
  readonly settled: boolean;
}

export interface HearingParts {
  readonly stt: SpeechToText;
  readonly names: readonly string[];
  /** BCP 47; empty: unknown. */
  readonly language: string;
  /** Ends with the session. */
  readonly signal: AbortSignal;
  /** The utterance has come to its end. */
  readonly ended: () => void;
  /** Called in a pause, each time that more is known of what was said before it. */
  readonly guess: (guess: Guess) => void;
}

/** How the words of an utterance were had. */
export type Way = 'streamed' | 'early' | 'whole';

export interface Transcript {
  readonly text: string;
  readonly way: Way;
  /** What recognition took after all was said, as a share of what was said. */
  readonly rtf: number;
}

export interface HeardPause {
  readonly pause: number;
  /** WAV, 16 kHz mono. */
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly seconds: number;
}

const SAMPLES_PER_SECOND = 16_000;
/** A stream that lacks more than this of the utterance was begun or ended within it, seconds. */
const MOST_MISSING = 0.5;

export class Hearing {
  private readonly parts: HearingParts;
  /** Ends with this utterance. */
  private readonly own = new AbortController();
  private readonly recognition: Recognition | undefined;
  private streamed = 0;
  private interim = { text: '', stable: false };
  private pausing: number | undefined;
  private early:
    | { pause: number; text: Promise<string>; took: () => number; abort: AbortController }
    | undefined;

  constructor(parts: HearingParts) {
    this.parts = parts;
    const { stt, names, language } = parts;
    this.recognition = stt.open?.({
      names,
      language,
      signal: AbortSignal.any([parts.signal, this.own.signal]),
      onInterim: (text, stable) => this.onInterim(text, stable),
    });
  }

  push(samples: Int16Array): void {
    if (this.recognition === undefined) return;
    this.streamed += samples.length / SAMPLES_PER_SECOND;
    this.recognition.push(samples);
  }

  /** The person is silent for the moment. */
  pause(heard: HeardPause): void {
    this.pausing = heard.pause;
    if (this.recognition !== undefined) {
      this.recognition.pause?.();
      const { text, stable } = this.interim;
      this.parts.guess({ pause: heard.pause, text: text === '' ? undefined : text, settled: stable });
      return;
    }
    const { pause } = heard;
    const abort = new AbortController();
    const took = stopwatch();
    let tookMs: number | undefined;
    const text = this.transcribe(heard, abort.signal).finally(() => {
      tookMs = took();
    });
    this.early = { pause, text, took: () => tookMs ?? took(), abort };
    text.then(
      (words) => this.guess(pause, { text: words, settled: true }),
      () => this.guess(pause, { text: undefined, settled: false }),
    );
  }

  /** The person goes on: what was recognised at the pause was not all. */
  resume(): void {
    this.pausing = undefined;
    this.early?.abort.abort(new Error('the person goes on'));
    this.early = undefined;
  }

  /**
   * The utterance is over.
   *
   * @throws ProviderError when no transcript could be had; the abort reason when the session is over.
   */
  async end(heard: HeardUtterance): Promise<Transcript> {
    this.pausing = undefined;
    this.parts.ended();
    const { early } = this;
    const share = (tookMs: number): number => tookMs / 1000 / Math.max(heard.seconds, 0.1);
    if (early !== undefined && early.pause === heard.pause) {
      const text = await early.text;
      return { text, way: 'early', rtf: share(early.took()) };
    }
    this.resume();
    const took = stopwatch();
    if (this.streamed > 0) {
      const text = await this.finished(heard.seconds);
      if (text !== undefined) {
        return { text, way: 'streamed', rtf: share(took()) };
      }
    }
    const text = await this.transcribe(heard, this.parts.signal);
    return { text, way: 'whole', rtf: share(took()) };
  }

  /** Nobody wants to know any more. */
  cancel(): void {
    this.resume();
    this.recognition?.cancel();
    this.own.abort(new Error('not to be heard'));
  }

  /** Undefined: the stream has not all of it, or broke off; the recording has it still. */
  private async finished(seconds: number): Promise<string | undefined> {
    if (this.recognition === undefined) return undefined;
    if (this.streamed < seconds - MOST_MISSING) {
      this.recognition.cancel();
      return undefined;
    }
    try {
      return await this.recognition.finish();
    } catch {
      this.parts.signal.throwIfAborted();
      return undefined;
    }
  }

  private transcribe({ wav }: Pick<HeardPause, 'wav'>, signal: AbortSignal): Promise<string> {
    const { stt, names, language } = this.parts;
    return stt.transcribe({ wav, names, language, signal: AbortSignal.any([this.parts.signal, signal]) });
  }

  private onInterim(text: string, stable: boolean): void {
    this.interim = { text, stable };
    if (this.pausing !== undefined) this.guess(this.pausing, { text, settled: true });
  }

  private guess(pause: number, guess: Omit<Guess, 'pause'>): void {
    if (this.pausing === pause) this.parts.guess({ pause, ...guess });
  }
}

/** @returns how long ago this was called, milliseconds */
function stopwatch(): () => number {
  const begun = monotonicMs();
  return () => monotonicMs() - begun;
}
