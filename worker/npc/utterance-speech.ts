/**
 * Speaks sentences: each is synthesised as soon as it is known, one ahead of the one that plays, and all go
 * to one playback. Knows afterwards what of it was really heard.
 */
import { FrameCutter } from '../audio/pcm.ts';
import { SPEAK_FRAME } from '../audio/rates.ts';
import { monotonicMs } from '../clock.ts';
import type { Playback } from '../transport/pacer.ts';
import type { TextToSpeech } from '../tts/text-to-speech.ts';
import { type Judge, unjudged } from './moderation/judging.ts';

/** As the campaign says: undefined where it says nothing. */
export interface SpokenVoice {
  readonly id: string | undefined;
  readonly speed: number;
  readonly pitch: number | undefined;
}

export interface SpeechTimes {
  firstSentenceAt?: number;
  ttsFirstByteAt?: number;
}

/** The next sentence is handed to the pacer when so many frames are left of the present one (0.4 s). */
const LOW_WATER_FRAMES = 20;
/** Sentences synthesised ahead of the one that plays. */
const AHEAD = 2;

interface Section {
  readonly text: string;
  readonly firstFrame: number;
  frames: number;
  whole: boolean;
}

export class UtteranceSpeech {
  private readonly playback: Playback;
  private readonly tts: TextToSpeech;
  private readonly voice: SpokenVoice;
  private readonly signal: AbortSignal;
  private readonly cutter = new FrameCutter(SPEAK_FRAME);
  private readonly sections: Section[] = [];
  private pushed = 0;
  private finishing = false;
  readonly times: SpeechTimes = {};
  characters = 0;

  constructor(playback: Playback, tts: TextToSpeech, voice: SpokenVoice, signal: AbortSignal) {
    this.playback = playback;
    this.tts = tts;
    this.voice = voice;
    this.signal = signal;
    signal.addEventListener('abort', () => playback.cut(), { once: true });
  }

  /** No sentence after the one that plays. */
  finish(): void {
    this.finishing = true;
  }

  /**
   * Speaks until the sentences end, or until one must not be said. Whatever happens, the playback is over when this
   * settles.
   *
   * @param judge is asked about each sentence while that is synthesised
   * @param instead is said when the very first one must not be; empty: nothing is
   * @throws what the sentences or the speech engine threw; what was synthesised before is still played.
   */
  async speak(
    sentences: AsyncIterable<string>,
    judge: Judge = unjudged,
    instead = '',
  ): Promise<'played' | 'cut'> {
    const queue = new Synthesis(this.tts, this.voice, this.signal, this.times);
    const filling = queue.fill(sentences, judge, () => this.finishing);
    let failure: unknown;
    try {
      for (;;) {
        await this.playback.drainedTo(LOW_WATER_FRAMES);
        if (this.finishing && this.sections.length > 0) break;
        const next = await queue.next();
        if (next === undefined) break;
        if (!(await next.allowed)) {
          await this.evade(instead);
          break;
        }
        await this.play(next.text, next.audio);
      }
    } catch (error) {
      failure = error;
    }
    queue.stop();
    await filling.catch((error: unknown) => {
      failure ??= error;
    });
    const rest = this.cutter.flush();
    if (rest !== undefined) this.push(rest);
    this.playback.end();
    const outcome = await this.playback.ended;
    if (failure !== undefined && !this.signal.aborted) throw failure;
    return outcome;
  }

  /** The words that went out, whole sentences and the part of one that was cut. */
  heard(): string {
    const parts: string[] = [];
    for (const section of this.sections) {
      const played = this.playback.sent - section.firstFrame;
      if (section.whole && played >= section.frames) parts.push(section.text);
      else if (played > 0 && section.frames > 0) parts.push(beginning(section.text, played / section.frames));
    }
    return parts.filter((part) => part !== '').join(' ');
  }

  private async evade(text: string): Promise<void> {
    if (text === '' || this.sections.length > 0 || this.signal.aborted) return;
    const { id: voice, speed, pitch } = this.voice;
    await this.play(text, this.tts.speak({ text, voice, speed, pitch, signal: this.signal }));
  }

  private async play(text: string, audio: AsyncIterable<Float32Array>): Promise<void> {
    const section: Section = { text, firstFrame: this.pushed, frames: 0, whole: false };
    this.sections.push(section);
    this.characters += text.length;
    for await (const samples of audio) {
      if (this.signal.aborted) return;
      for (const frame of this.cutter.push(samples)) this.push(frame);
      section.frames = this.pushed - section.firstFrame;
    }
    section.whole = true;
  }

  private push(frame: Int16Array): void {
    this.pushed++;
    this.playback.push(frame);
  }
}

/** The first words of a sentence of which a share was spoken. */
export function beginning(text: string, share: number): string {
  if (share >= 1) return text;
  const words = text.split(' ');
  const kept = words.slice(0, Math.floor(words.length * share));
  return kept.length === 0 ? '' : `${kept.join(' ')}…`;
}

interface Synthesised {
  readonly text: string;
  readonly audio: AsyncIterable<Float32Array>;
  readonly allowed: Promise<boolean>;
}

/** Sentences with their audio, begun ahead of their turn. */
class Synthesis {
  private readonly tts: TextToSpeech;
  private readonly voice: SpokenVoice;
  private readonly signal: AbortSignal;
  private readonly times: SpeechTimes;
  private readonly own = new AbortController();
  private readonly ready: Synthesised[] = [];
  private over = false;
  private failure: unknown;
  private wake: () => void = () => {};

  constructor(tts: TextToSpeech, voice: SpokenVoice, signal: AbortSignal, times: SpeechTimes) {
    this.tts = tts;
    this.voice = voice;
    this.signal = AbortSignal.any([signal, this.own.signal]);
    this.times = times;
  }

  /** Reads the sentences and begins to synthesise each. Settles when they end or nobody wants more. */
  async fill(sentences: AsyncIterable<string>, judge: Judge, finishing: () => boolean): Promise<void> {
    const { id: voice, speed, pitch } = this.voice;
    try {
      for await (const text of sentences) {
        if (finishing() || this.signal.aborted) break;
        this.times.firstSentenceAt ??= monotonicMs();
        while (this.ready.length >= AHEAD && !this.signal.aborted) await this.changed();
        if (this.signal.aborted) break;
        const audio = new AudioBuffer(
          this.tts.speak({ text, voice, speed, pitch, signal: this.signal }),
          () => {
            this.times.ttsFirstByteAt ??= monotonicMs();
          },
        );
        this.ready.push({ text, audio, allowed: judge(text) });
        this.notify();
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.over = true;
      this.notify();
    }
  }

  async next(): Promise<Synthesised | undefined> {
    for (;;) {
      const next = this.ready.shift();
      if (next !== undefined) {
        this.notify();
        return next;
      }
      if (this.failure !== undefined) throw this.failure;
      if (this.over || this.signal.aborted) return undefined;
      await this.changed();
    }
  }

  stop(): void {
    this.own.abort(new Error('no more speech is wanted'));
    this.notify();
  }

  private notify(): void {
    const { wake } = this;
    this.wake = () => {};
    wake();
  }

  /** One waiter would lose the other's wake-up, so each takes the previous one along. */
  private async changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      const before = this.wake;
      const onAbort = (): void => resolve();
      this.signal.addEventListener('abort', onAbort, { once: true });
      this.wake = () => {
        this.signal.removeEventListener('abort', onAbort);
        before();
        resolve();
      };
    });
  }
}

/** Reads a speech engine as fast as it delivers, whether or not anyone listens yet. */
class AudioBuffer implements AsyncIterable<Float32Array> {
  private readonly chunks: Float32Array[] = [];
  private over = false;
  private failure: unknown;
  private wake: () => void = () => {};

  constructor(source: AsyncIterable<Float32Array>, onFirst: () => void) {
    void this.read(source, onFirst);
  }

  private async read(source: AsyncIterable<Float32Array>, onFirst: () => void): Promise<void> {
    try {
      for await (const chunk of source) {
        onFirst();
        this.chunks.push(chunk);
        this.wake();
      }
    } catch (error) {
      this.failure = error;
    }
    this.over = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Float32Array, void, undefined> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      if (this.failure !== undefined) throw this.failure;
      if (this.over) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
