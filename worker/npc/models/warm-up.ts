import { isProviderKind } from '../../../src/api/provider-roles.ts';
import type { ProviderEndpoint } from '../../provider/http.ts';
import { StreamedLanguageModel } from '../language-model.ts';
import type { ChatPrompt } from '../prompt.ts';

/**
 * Runs one answer through the library without the network: the first use compiles and validates for 150 ms,
 * which nobody at the table should wait for.
 *
 * @param kind of the session's language model; of any other, nothing is loaded
 */
export async function warmUpLanguageModel(kind: string): Promise<void> {
  const answer = ANSWERS[kind];
  if (!isProviderKind(kind) || answer === undefined) return;
  const endpoint: ProviderEndpoint = {
    ...{ kind, baseUrl: 'http://warm.invalid/v1', model: 'warm', apiKey: undefined, pricePerUnitUSD: 0 },
    role: 'llm',
    reach: 'public',
  };
  const body = answer.map(
    (event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`,
  );
  const model = await StreamedLanguageModel.load(endpoint, {
    send: async () => new Response(body.join(''), { headers: { 'content-type': 'text/event-stream' } }),
  });
  const prompt: ChatPrompt = { system: '', messages: [{ role: 'user', content: '.' }], maxOutputTokens: 1 };
  for await (const piece of model.answer(prompt, new AbortController().signal)) if (piece === '') break;
}

/** "Yes." as each of them streams it. */
const ANSWERS: { readonly [kind: string]: readonly (object | string)[] } = {
  openai: [
    {
      id: 'warm',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'Yes.' }, finish_reason: null }],
    },
    { id: 'warm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    '[DONE]',
  ],
  google: [{ candidates: [{ content: { role: 'model', parts: [{ text: 'Yes.' }] }, finishReason: 'STOP' }] }],
  anthropic: [
    {
      type: 'message_start',
      message: {
        ...{ id: 'warm', type: 'message', role: 'assistant', model: 'warm', content: [] },
        ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Yes.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 1 },
    },
    { type: 'message_stop' },
  ],
};
