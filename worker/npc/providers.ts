/** The conversation's providers, from the session's configuration and the pod's keys. */
import type { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { modelsOf, providerEndpoints } from '../provider/endpoints.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import type { WorkerSettings } from '../settings.ts';
import { recogniserOf } from '../stt/recogniser.ts';
import { speechEngineOf } from '../tts/speech-engine.ts';
import { billOf } from './bill.ts';
import type { ConversationProviders } from './conversation.ts';
import type { LanguageModel } from './language-model.ts';

/** @throws ConfigurationError when a key file cannot be read. */
export async function conversationProviders(
  configuration: SessionConfiguration,
  settings: WorkerSettings,
): Promise<ConversationProviders> {
  const endpoints = await providerEndpoints(configuration, settings);
  return {
    stt: recogniserOf(endpoints.stt),
    tts: speechEngineOf(endpoints.tts, configuration.campaign?.language ?? ''),
    llm: loadLanguageModel(endpoints.llm),
    bill: billOf(endpoints),
    models: modelsOf(endpoints),
  };
}

async function loadLanguageModel(endpoint: ProviderEndpoint): Promise<LanguageModel> {
  const { OpenAiCompatibleModel } = await import('./language-model.ts');
  return new OpenAiCompatibleModel(endpoint);
}
