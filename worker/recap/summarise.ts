/**
 * Map and reduce: notes on each piece of the transcript, several pieces at a time; notes on the notes while they are too long
 * for one request; then the recap. A short evening is one request. Pure but for what it is given.
 */
import type { ChatPrompt } from '../npc/prompt.ts';
import { CHUNK_TOKENS, chunksOf, grouped, type RecapLine, tokensOf } from './chunks.ts';
import { NOTES_TOKENS, notesPrompt, type RecapWorld, recapPrompt } from './prompts.ts';

/** Answers a prompt with text. */
export type Ask = (prompt: ChatPrompt, signal: AbortSignal) => Promise<string>;

export interface SummariseOptions {
  readonly world: RecapWorld;
  readonly ask: Ask;
  readonly signal: AbortSignal;
  /** What one request holds, tokens. @defaultValue CHUNK_TOKENS */
  readonly chunkTokens?: number;
}

/** Requests at a time. */
const AT_ONCE = 4;

/** A model that does not heed its limit must not keep the notes from becoming fewer; letters. */
const MOST_NOTES = NOTES_TOKENS * 4;

/** @throws what `ask` throws, and the abort reason. */
export async function summarise(lines: AsyncIterable<RecapLine>, options: SummariseOptions): Promise<string> {
  const { world, ask, signal, chunkTokens = CHUNK_TOKENS } = options;
  const chunks = chunksOf(lines, chunkTokens);
  const first = await chunks.next();
  if (first.done === true) return '';
  const second = await chunks.next();
  if (second.done === true) return ask(recapPrompt('transcript', first.value, world), signal);

  const note = (what: 'transcript' | 'notes') => async (text: string, aborted: AbortSignal) =>
    (await ask(notesPrompt(what, text, world), aborted)).slice(0, MOST_NOTES);
  let notes = await mapInOrder(following([first.value, second.value], chunks), note('transcript'), signal);
  // Each round makes one note of several, at the least of two.
  while (notes.length > 1 && tokensOf(notes.join('\n\n')) > chunkTokens) {
    const groups = grouped(notes, chunkTokens);
    if (groups.length >= notes.length) break;
    notes = await mapInOrder(groups, note('notes'), signal);
  }
  return ask(recapPrompt('notes', notes.join('\n\n'), world), signal);
}

async function* following(first: readonly string[], rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield* first;
  yield* rest;
}

/** At most AT_ONCE at a time. The first failure ends the others. */
async function mapInOrder(
  texts: AsyncIterable<string> | Iterable<string>,
  work: (text: string, signal: AbortSignal) => Promise<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results: string[] = [];
  const running = new Set<Promise<void>>();
  let count = 0;
  try {
    for await (const text of texts) {
      either.throwIfAborted();
      const index = count++;
      const one: Promise<void> = work(text, either)
        .then((result) => {
          results[index] = result;
        })
        .catch((error: unknown) => failed.abort(error))
        .finally(() => running.delete(one));
      running.add(one);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  either.throwIfAborted();
  return results;
}
