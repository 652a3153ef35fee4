/** A language model whose library is loaded when it is needed: most fallbacks never are. */
import type { ProviderEndpoint } from '../../provider/http.ts';
import type { LanguageModel } from '../language-model.ts';
import type { ChatPrompt } from '../prompt.ts';
import type { NpcTool } from '../tools/tool.ts';

export class LazyLanguageModel implements LanguageModel {
  private readonly endpoint: ProviderEndpoint;
  private loaded: Promise<LanguageModel> | undefined;

  constructor(endpoint: ProviderEndpoint) {
    this.endpoint = endpoint;
  }

  async load(): Promise<LanguageModel> {
    this.loaded ??= import('../language-model.ts').then(({ StreamedLanguageModel }) =>
      StreamedLanguageModel.load(this.endpoint),
    );
    return await this.loaded;
  }

  async *answer(
    prompt: ChatPrompt,
    signal: AbortSignal,
    tools?: readonly NpcTool[],
  ): AsyncGenerator<string, { readonly tokens: number }, undefined> {
    return yield* (await this.load()).answer(prompt, signal, tools);
  }
}
