/** The AI SDK's model of an endpoint, by kind. Each kind's library is loaded when it is asked for, and no other. */
import type { LanguageModel, streamText } from 'ai';
import { fetchWithin } from '../../provider/guarded-fetch.ts';
import type { ProviderEndpoint } from '../../provider/http.ts';

export type ModelOptions = NonNullable<Parameters<typeof streamText>[0]['providerOptions']>;

export interface EndpointModel {
  readonly model: LanguageModel;
  /** What a person who waits for the first word wants of this model. */
  readonly options: ModelOptions;
}

/**
 * @param send takes the place of the network. @defaultValue connections within the endpoint's reach
 * @throws Error for a kind that no language model has
 */
export async function sdkModel(
  endpoint: ProviderEndpoint,
  send: typeof fetch = fetchWithin(endpoint.reach),
): Promise<EndpointModel> {
  switch (endpoint.kind) {
    case 'openai':
      return (await import('./openai.ts')).openAiModel(endpoint, send);
    case 'google':
      return (await import('./google.ts')).googleModel(endpoint, send);
    case 'anthropic':
      return (await import('./anthropic.ts')).anthropicModel(endpoint, send);
    default:
      throw new Error(`llm: no language model is of kind ${endpoint.kind}`);
  }
}
