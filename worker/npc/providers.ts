/** The conversation's providers, from the session's configuration and the pod's keys. */
import type { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { modelsOf, type ProviderEndpoints, providerEndpoints } from '../provider/endpoints.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { OpenAiRealtime } from '../realtime/openai-realtime.ts';
import type { WorkerSettings } from '../settings.ts';
import { recogniserOf } from '../stt/recogniser.ts';
import { speechEngineOf } from '../tts/speech-engine.ts';
import { billOf } from './bill.ts';
import type { ConversationProviders } from './conversation.ts';
import type { LanguageModel } from './language-model.ts';
import { OpenAiModeration } from './moderation/openai-moderation.ts';

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
    ...othersOf(endpoints, configuration),
    bill: billOf(endpoints),
    models: modelsOf(endpoints),
  };
}

/** Those that not every session has. */
function othersOf(
  { moderation, speechToSpeech }: ProviderEndpoints,
  { moderationIgnoresFailures }: SessionConfiguration,
): Pick<ConversationProviders, 'moderation' | 'speechToSpeech'> {
  const policy = moderationIgnoresFailures ? 'Ignore' : 'Fail';
  return {
    moderation: moderation && ((events) => new OpenAiModeration(moderation, policy, events)),
    speechToSpeech: speechToSpeech && new OpenAiRealtime(speechToSpeech),
  };
}

async function loadLanguageModel(endpoint: ProviderEndpoint): Promise<LanguageModel> {
  const { OpenAiCompatibleModel } = await import('./language-model.ts');
  return new OpenAiCompatibleModel(endpoint);
}
