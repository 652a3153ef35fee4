import { buildLanguageModel } from './language-model.ts';
import type { PromptNames } from './names.ts';
import { pronunciations } from './phonemes.ts';
import { type RecognisedWord, type RecogniserFiles, RecogniserProcess } from './process.ts';

/**
 * How much of the mixed language model comes from the prompt's names and the table's phrases. In 30 sentences of a
 * synthetic voice, anything from 0.02 to 0.4 found 22 of 22 names (1 of 22 without) and a third of the word errors
 * (10 % for 31 %); a small share bends ordinary talk the least.
 */
const PHRASES_WEIGHT = 0.1;

/**
 * Silence put before and after every recording, in samples of 16 kHz (0.1 s). A recording cut off exactly where the voice
 * begins otherwise loses its first word, which is where the name stands.
 */
const MARGIN = 1600;

/** Samples per second that the acoustic model was trained at. */
export const RATE = 16_000;

/** The dictionary only grows; a process that has learned this many pronunciations is replaced by a fresh one. */
const MOST_ADDED = 5000;

/** The decoder cannot be interrupted, and to load another one takes about a second. */
const GRACE_MS = 1500;

/** Writes words in the International Phonetic Alphabet, one list of possible pronunciations for each word. */
export type Transcriber = (words: readonly string[], signal: AbortSignal) => Promise<string[][]>;

export interface Recognition {
  readonly words: readonly RecognisedWord[];
  /** Names of the prompt that could not be made recognisable. */
  readonly outOfVocabulary: readonly string[];
}

/**
 * A recogniser that knows the names of the last prompt it was given. Changing the prompt costs about 150 ms; the same
 * prompt again costs nothing. One request at a time: {@link RecogniserPool} sees to that.
 */
export class Recogniser {
  private process: RecogniserProcess | undefined;
  private vocabularyKey: string | undefined;
  private outOfVocabulary: readonly string[] = [];
  private readonly learned = new Set<string>();
  private readonly files: RecogniserFiles;
  private readonly phrases: readonly string[];
  private readonly transcribe: Transcriber;

  private readonly graceMs: number;

  /** @param graceMs how long it goes on for one who has left */
  constructor(
    files: RecogniserFiles,
    phrases: readonly string[],
    transcribe: Transcriber,
    graceMs: number = GRACE_MS,
  ) {
    this.graceMs = graceMs;
    this.files = files;
    this.phrases = phrases;
    this.transcribe = transcribe;
  }

  /** Whether a request with these names would not have to change the vocabulary. */
  knows(prompt: PromptNames): boolean {
    return this.process?.alive === true && this.vocabularyKey === keyOf(prompt);
  }

  /** Loads the models and takes up the names. @throws when the program or its models are missing. */
  async prepare(prompt: PromptNames, signal: AbortSignal): Promise<void> {
    if (this.knows(prompt)) return;
    this.vocabularyKey = undefined;
    const process = await this.freshProcess();
    const refused = await this.learn(process, [...prompt.names.keys()], signal);
    const usable = [...prompt.names.keys()].filter((word) => !refused.has(word));
    await process.useModel(buildLanguageModel(this.phrases, usable), PHRASES_WEIGHT);
    this.outOfVocabulary = [
      ...prompt.unpronounceable,
      ...[...refused].map((word) => prompt.names.get(word) ?? word),
    ];
    this.vocabularyKey = keyOf(prompt);
  }

  /**
   * Recognises a recording (16 kHz, one channel) in which the prompt's names may be said. When the signal aborts, it is
   * recognised to its end all the same, if that comes soon: whoever goes on speaking asks again in a moment. Else the process
   * is ended; the next request starts another.
   */
  async hear(samples: Int16Array, prompt: PromptNames, signal: AbortSignal): Promise<Recognition> {
    let grace: NodeJS.Timeout | undefined;
    const stop = (): void => {
      grace = setTimeout(() => void this.close(), this.graceMs);
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.prepare(prompt, signal);
      signal.throwIfAborted();
      if (!this.process) throw new Error('the recogniser was closed');
      const words = await this.process.hear(withMargins(samples));
      signal.throwIfAborted();
      const end = samples.length / RATE;
      const inRecording = (time: number) => Math.max(0, Math.min(end, time - MARGIN / RATE));
      return {
        words: words.map((word) => ({
          word: prompt.names.get(word.word) ?? word.word,
          start: inRecording(word.start),
          end: inRecording(word.end),
          posterior: word.posterior,
        })),
        outOfVocabulary: this.outOfVocabulary,
      };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(grace);
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    this.vocabularyKey = undefined;
    await process?.close();
  }

  private async freshProcess(): Promise<RecogniserProcess> {
    if (this.process?.alive && this.learned.size < MOST_ADDED) return this.process;
    await this.close();
    this.learned.clear();
    this.process = await RecogniserProcess.start(this.files);
    return this.process;
  }

  /** Adds the names' pronunciations to the dictionary; gives the names that it could not add. */
  private async learn(
    process: RecogniserProcess,
    words: readonly string[],
    signal: AbortSignal,
  ): Promise<Set<string>> {
    const refused = new Set<string>();
    const unknown = words.filter((word) => !this.learned.has(word));
    if (unknown.length === 0) return refused;
    const transcriptions = await this.transcribe(unknown, signal);
    for (const [index, word] of unknown.entries()) {
      const known = await process.has(word);
      let added = false;
      // A name in the dictionary keeps its pronunciation and gets espeak's as alternatives: `greta(2)`.
      let alternative = known ? 2 : 1;
      for (const phones of pronunciations(transcriptions[index] ?? [])) {
        const entry = alternative === 1 ? word : `${word}(${alternative})`;
        if (!(await process.add(entry, phones))) continue;
        added = true;
        alternative++;
      }
      if (added || known) this.learned.add(word);
      else refused.add(word);
    }
    return refused;
  }
}

function withMargins(samples: Int16Array): Int16Array {
  const padded = new Int16Array(samples.length + 2 * MARGIN);
  padded.set(samples, MARGIN);
  return padded;
}

function keyOf(prompt: PromptNames): string {
  return JSON.stringify([[...prompt.names], prompt.unpronounceable]);
}
