/**
 * An answer that is begun while it is not yet certain that the person has finished. Nobody hears of it before that. When
 * it turns out to answer what was said, it is the answer; else it is thrown away, down to the provider's connection.
 */
import type { Npc } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { words } from '../../src/text/similarity.ts';
import type { LanguageModel } from './language-model.ts';
import type { RoomLine } from './memory.ts';
import type { ChatPrompt } from './prompt.ts';
import type { NpcTool } from './tools/tool.ts';

/** What a model is asked, and which. */
export interface Asked {
  /** Still being loaded, perhaps. */
  readonly model: Promise<LanguageModel>;
  readonly prompt: ChatPrompt;
  readonly tools: readonly NpcTool[];
}

export class Draft implements LanguageModel {
  readonly npc: Npc;
  private readonly lines: readonly RoomLine[];
  private readonly own = new AbortController();
  private readonly wanted = Promise.withResolvers<void>();
  private readonly pieces: string[] = [];
  private end: { readonly tokens: number } | { readonly failure: unknown } | undefined;
  private wake: () => void = () => {};

  /** It writes the answer. Rejects when it could not even be asked. */
  readonly asked: Promise<Asked>;

  /**
   * @param lines the conversation that it answers, oldest first
   * @param asked the tools are used when the answer is wanted, and not before
   */
  constructor(npc: Npc, lines: readonly RoomLine[], asked: Promise<Asked>) {
    this.npc = npc;
    this.lines = lines;
    this.asked = asked.then((question) => ({ ...question, model: Promise.resolve(this) }));
    this.asked.catch(() => {});
    void this.write(asked);
  }

  /** Whether it answers this conversation; how the last line is punctuated does not matter. */
  fits(npc: Npc, lines: readonly RoomLine[]): boolean {
    return (
      npc === this.npc &&
      lines.length === this.lines.length &&
      lines.every((line, n) => same(line, this.lines[n]))
    );
  }

  /** It is the answer to what was asked already. To be called once. */
  async *answer(
    _prompt: ChatPrompt,
    signal: AbortSignal,
  ): AsyncGenerator<string, { readonly tokens: number }, undefined> {
    const abort = (): void => this.own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    this.wanted.resolve();
    let read = 0;
    try {
      for (;;) {
        const piece = this.pieces[read];
        if (piece !== undefined) {
          read++;
          yield piece;
        } else if (this.end === undefined) {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        } else if ('failure' in this.end) {
          signal.throwIfAborted();
          throw this.end.failure;
        } else return this.end;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.own.abort(new Error('the answer is over'));
    }
  }

  /** Throws it away. */
  discard(): void {
    this.own.abort(new Error('the answer is not wanted'));
  }

  private async write(asked: Promise<Asked>): Promise<void> {
    const { signal } = this.own;
    try {
      const { model, prompt, tools } = await asked;
      const writer = await model;
      signal.throwIfAborted();
      const answer = writer.answer(
        prompt,
        signal,
        tools.map((tool) => this.held(tool)),
      );
      for (let next = await answer.next(); ; next = await answer.next()) {
        if (next.done === true) {
          this.end = next.value;
          break;
        }
        this.pieces.push(next.value);
        this.wake();
      }
    } catch (failure) {
      this.end = { failure };
    }
    this.wake();
  }

  /** A tool may have effects: it waits until the answer is wanted. */
  private held(tool: NpcTool): NpcTool {
    return {
      ...tool,
      run: async (input, signal) => {
        const gone = new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        if (!signal.aborted) await Promise.race([this.wanted.promise, gone]);
        signal.throwIfAborted();
        return await tool.run(input, signal);
      },
    };
  }
}

function same(line: RoomLine, other: RoomLine | undefined): boolean {
  if (line === other) return true;
  if (other === undefined || line.kind !== other.kind || line.speaker !== other.speaker) return false;
  return sameWords(line.text, other.text);
}

/** However it is punctuated. */
export function sameWords(text: string, other: string): boolean {
  return text === other || words(text).join(' ') === words(other).join(' ');
}
