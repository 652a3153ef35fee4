/** Plays an answer that comes as sound, and knows afterwards what of it was really heard. */
import { KAISER, Resampler } from '../../src/audio/resampler.ts';
import { FrameCutter } from '../audio/pcm.ts';
import { FRAME_MS, SPEAK_FRAME, SPEAK_RATE } from '../audio/rates.ts';
import { monotonicMs } from '../clock.ts';
import type { Judge } from '../npc/moderation/judging.ts';
import { SentenceSplitter } from '../npc/sentences.ts';
import { beginning, type SpeechTimes } from '../npc/utterance-speech.ts';
import type { Playback } from '../transport/pacer.ts';
import { SPOKEN_RATE, type SpokenPiece } from './speech-to-speech.ts';

/** A token of sound is 50 ms. */
const SAMPLES_PER_TOKEN = SPOKEN_RATE / 20;

export interface LiveSpeechParts {
  readonly playback: Playback;
  readonly signal: AbortSignal;
  readonly judge: Judge;
  /**
   * True: nothing is heard before the sentence to which it belongs is judged, which costs the time until that is
   * complete. False: a sentence that must not be said is cut when that is known.
   */
  readonly waits: boolean;
}

export class LiveSpeech {
  private readonly parts: LiveSpeechParts;
  private readonly resampler = new Resampler(SPOKEN_RATE, SPEAK_RATE, KAISER);
  private readonly cutter = new FrameCutter(SPEAK_FRAME);
  private readonly sentences = new SentenceSplitter();
  private readonly stopped = new AbortController();
  private words = '';
  private frames = 0;
  private pending: Float32Array[] = [];
  private whole = false;
  readonly times: SpeechTimes = {};
  /** Until the model says how many it used, as many as its sound has: an answer that is cut has no usage. */
  tokens = 0;
  /** It was cut because of what it was about to say. */
  withheld = false;
  /** Aborts when nothing more is wanted of the pieces. */
  readonly signal: AbortSignal;

  constructor(parts: LiveSpeechParts) {
    this.parts = parts;
    this.signal = AbortSignal.any([parts.signal, this.stopped.signal]);
    parts.signal.addEventListener('abort', () => parts.playback.cut(), { once: true });
  }

  /**
   * Whatever happens, the playback is over when this settles.
   *
   * @throws what the pieces threw; what came before is still played
   */
  async speak(
    pieces: AsyncGenerator<SpokenPiece, { readonly tokens: number }, undefined>,
  ): Promise<'played' | 'cut'> {
    const { playback } = this.parts;
    let failure: unknown;
    try {
      await this.take(pieces);
    } catch (error) {
      failure = error;
    }
    this.play(this.resampler.flush());
    const rest = this.cutter.flush();
    if (rest !== undefined) this.push(rest);
    playback.end();
    const outcome = await playback.ended;
    this.whole = outcome === 'played' && failure === undefined;
    if (failure !== undefined && !this.signal.aborted) throw failure;
    return outcome;
  }

  /** The words that went out. Of an answer that was cut it is an estimate: they are not bound to their sound. */
  heard(): string {
    const { sent } = this.parts.playback;
    if (this.whole) return this.words.trim();
    return this.frames === 0 || sent === 0 ? '' : beginning(this.words.trim(), sent / this.frames);
  }

  /** Milliseconds of sound that went out. */
  get heardMs(): number {
    return this.whole ? Number.POSITIVE_INFINITY : this.parts.playback.sent * FRAME_MS;
  }

  private async take(
    pieces: AsyncGenerator<SpokenPiece, { readonly tokens: number }, undefined>,
  ): Promise<void> {
    try {
      for (let next = await pieces.next(); !this.stopped.signal.aborted; next = await pieces.next()) {
        if (next.done === true) {
          this.tokens = next.value.tokens;
          await this.allow(this.sentences.flush());
          this.release();
          return;
        }
        if (next.value.type === 'audio') this.sound(next.value.samples);
        else await this.text(next.value.text);
      }
    } finally {
      this.tokens = Math.ceil(this.tokens);
      await pieces.return({ tokens: this.tokens });
    }
  }

  private sound(samples: Float32Array): void {
    this.times.ttsFirstByteAt ??= monotonicMs();
    this.tokens += samples.length / SAMPLES_PER_TOKEN;
    if (this.parts.waits) this.pending.push(samples);
    else this.play(this.resampler.push(samples));
  }

  private async text(piece: string): Promise<void> {
    this.words += piece;
    await this.allow(this.sentences.push(piece));
  }

  /** What came until now belongs to these sentences or to ones before: words come before their sound. */
  private async allow(sentences: readonly string[]): Promise<void> {
    if (sentences.length === 0) return;
    this.times.firstSentenceAt ??= monotonicMs();
    const allowed = Promise.all(sentences.map(this.parts.judge)).then((each) => each.every((one) => one));
    if (!this.parts.waits) void allowed.then((all) => !all && this.withhold());
    else if (await allowed) this.release();
    else this.withhold();
  }

  private release(): void {
    for (const samples of this.pending.splice(0)) this.play(this.resampler.push(samples));
  }

  private withhold(): void {
    // Of what is cut anyway, nothing more may be said.
    if (this.parts.signal.aborted) return;
    this.withheld = true;
    this.pending = [];
    this.parts.playback.cut();
    this.stopped.abort(new Error('a sentence was withheld'));
  }

  private play(samples: Float32Array): void {
    for (const frame of this.cutter.push(samples)) this.push(frame);
  }

  private push(frame: Int16Array): void {
    this.frames++;
    this.parts.playback.push(frame);
  }
}
