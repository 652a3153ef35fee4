/** Claude by Anthropic's own protocol. */
import { createAnthropic } from '@ai-sdk/anthropic';
import type { ProviderEndpoint } from '../../provider/http.ts';
import type { EndpointModel } from './sdk-model.ts';

export function anthropicModel(
  { baseUrl, apiKey, model }: ProviderEndpoint,
  send: typeof fetch,
): EndpointModel {
  // An empty key, so that the library does not look for one in the environment.
  const provider = createAnthropic({ baseURL: baseUrl, apiKey: apiKey ?? '', fetch: send });
  return { model: provider(model), options: {} };
}
