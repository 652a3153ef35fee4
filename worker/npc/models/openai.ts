/** Everything compatible with OpenAI's chat completions. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { ProviderEndpoint } from '../../provider/http.ts';
import type { EndpointModel } from './sdk-model.ts';

export function openAiModel({ baseUrl, apiKey, model }: ProviderEndpoint, send: typeof fetch): EndpointModel {
  const provider = createOpenAICompatible({
    name: 'llm',
    baseURL: baseUrl,
    includeUsage: true,
    ...(apiKey === undefined ? {} : { apiKey }),
    fetch: send,
  });
  return { model: provider(model), options: {} };
}
