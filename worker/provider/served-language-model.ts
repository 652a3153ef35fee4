/** The language model that a conversation asks: the provider or its fallback, and each counted for what it did. */
import type { LanguageModel } from '../npc/language-model.ts';
import type { ChatPrompt } from '../npc/prompt.ts';
import type { NpcTool } from '../npc/tools/tool.ts';
import type { ProviderService } from './service.ts';
import type { Standby } from './standby.ts';

/** For the first token, with a fallback that could answer instead. */
const PATIENCE_MS = 6000;
/** Of a text whose tokens nobody has counted. */
const CHARACTERS_PER_TOKEN = 4;

export class ServedLanguageModel implements LanguageModel {
  private readonly standby: Standby<LanguageModel>;
  private readonly service: ProviderService;

  constructor(standby: Standby<LanguageModel>, service: ProviderService) {
    this.standby = standby;
    this.service = service;
  }

  async *answer(
    prompt: ChatPrompt,
    signal: AbortSignal,
    tools: readonly NpcTool[] = [],
  ): AsyncGenerator<string, { readonly tokens: number }, undefined> {
    const served = await this.standby.serve(
      async (model, both, endpoint) => {
        const stream = model.answer(prompt, both, tools);
        try {
          return { stream, first: await stream.next() };
        } catch (error) {
          // What it has read is charged, though nobody waits for its words any more.
          if (signal.aborted) this.service.used(endpoint, tokensOf(prompt));
          throw error;
        }
      },
      { signal, patienceMs: PATIENCE_MS },
    );
    const { stream, first } = served.value;
    let pieces = 0;
    let counted: number | undefined;
    try {
      for (let next = first; ; next = await stream.next()) {
        if (next.done === true) {
          // A provider that says nothing of it counts as one that was cut.
          if (next.value.tokens > 0) counted = next.value.tokens;
          return next.value;
        }
        pieces++;
        yield next.value;
      }
    } catch (error) {
      if (!signal.aborted) served.over(error);
      throw error;
    } finally {
      served.over();
      // An answer that is cut has no usage: what was asked is estimated, and a piece is about a token.
      this.service.used(served.endpoint, counted ?? tokensOf(prompt) + pieces);
      await stream.return({ tokens: 0 });
    }
  }
}

function tokensOf({ system, messages }: ChatPrompt): number {
  const characters = messages.reduce((sum, { content }) => sum + content.length, system.length);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
