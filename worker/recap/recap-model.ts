/** The tenant's language model as the writer of notes: whole answers, asked for again when one broke off. */
import type { LanguageModel } from '../npc/language-model.ts';
import type { ChatPrompt } from '../npc/prompt.ts';
import { ProviderError, type RetryPolicy, withRetries } from '../provider/retry.ts';

/** Beside those before the first token: nobody has heard anything yet, and nobody waits for a word. */
const RETRIES: RetryPolicy = { tries: 3, firstMs: 1000, mostMs: 8000 };

export class RecapModel {
  readonly #model: LanguageModel;
  readonly #policy: RetryPolicy;

  constructor(model: LanguageModel, policy: RetryPolicy = RETRIES) {
    this.#model = model;
    this.#policy = policy;
  }

  /** @throws ProviderError when there is no answer, or one without words; the abort reason when aborted. */
  ask(prompt: ChatPrompt, signal: AbortSignal): Promise<string> {
    return withRetries(() => this.#once(prompt, signal), { signal, policy: this.#policy });
  }

  async #once(prompt: ChatPrompt, signal: AbortSignal): Promise<string> {
    let text = '';
    for await (const piece of this.#model.answer(prompt, signal)) text += piece;
    const words = text.trim();
    if (words === '') throw new ProviderError('llm', 'llm: the answer has no words', { retryable: true });
    return words;
  }
}
