/** Gemini by Google's own protocol. */
import { createGoogle } from '@ai-sdk/google';
import type { ProviderEndpoint } from '../../provider/http.ts';
import type { EndpointModel, ModelOptions } from './sdk-model.ts';

export function googleModel({ baseUrl, apiKey, model }: ProviderEndpoint, send: typeof fetch): EndpointModel {
  // An empty key, so that the library does not look for one in the environment.
  const provider = createGoogle({ baseURL: baseUrl, apiKey: apiKey ?? '', fetch: send });
  return { model: provider(model), options: { google: { thinkingConfig: thinkingOf(model) } } };
}

/** As little as the model allows: nobody hears thoughts, but they take time and count against the longest answer. */
function thinkingOf(model: string): ModelOptions[string] {
  if (/^gemini-2\.5-flash/.test(model)) return { thinkingBudget: 0 };
  if (/^gemini-2\.5-pro/.test(model)) return { thinkingBudget: 128 };
  return /^gemini-3/.test(model) ? { thinkingLevel: 'low' } : {};
}
