/** The conversation's providers, from the session's configuration and the pod's keys. */
import type { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { modelsOf, type ProviderEndpoints, providerEndpoints } from '../provider/endpoints.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { ServedLanguageModel } from '../provider/served-language-model.ts';
import { ServedSpeechToText } from '../provider/served-speech-to-text.ts';
import { ServedTextToSpeech } from '../provider/served-text-to-speech.ts';
import type { ProviderService } from '../provider/service.ts';
import { type Candidate, Standby } from '../provider/standby.ts';
import { OpenAiRealtime } from '../realtime/openai-realtime.ts';
import type { WorkerSettings } from '../settings.ts';
import { recogniserOf } from '../stt/recogniser.ts';
import { speechEngineOf } from '../tts/speech-engine.ts';
import type { ConversationProviders } from './conversation.ts';
import type { LanguageModel } from './language-model.ts';
import { LazyLanguageModel } from './models/lazy.ts';
import { moderationBy, OpenAiModeration } from './moderation/openai-moderation.ts';

/** @throws ConfigurationError when a key file cannot be read, or a provider is of a kind that this worker does not know. */
export async function conversationProviders(
  configuration: SessionConfiguration,
  settings: WorkerSettings,
  service: ProviderService,
): Promise<ConversationProviders> {
  const endpoints = await providerEndpoints(configuration, settings);
  const { stt, tts, llm } = endpoints;
  const language = configuration.campaign?.language ?? '';
  const voiceOf = (endpoint: ProviderEndpoint) => speechEngineOf(endpoint, language);
  return {
    stt: new ServedSpeechToText(standby(stt, recogniserOf, service), service),
    tts: new ServedTextToSpeech(standby(tts, voiceOf, service), service),
    llm: servedLanguageModel(llm, service),
    ...othersOf(endpoints, configuration, service),
    get models() {
      return modelsOf(endpoints, service);
    },
  };
}

/** Those that not every session has. */
function othersOf(
  { moderation, speechToSpeech }: ProviderEndpoints,
  { moderationIgnoresFailures }: SessionConfiguration,
  service: ProviderService,
): Pick<ConversationProviders, 'moderation' | 'speechToSpeech'> {
  const policy = moderationIgnoresFailures ? 'Ignore' : 'Fail';
  const judges = moderation && standby(moderation, moderationBy, service);
  return {
    moderation: judges && ((events) => new OpenAiModeration(judges, policy, events)),
    speechToSpeech: speechToSpeech && new OpenAiRealtime(speechToSpeech),
  };
}

/** Resolves when the provider's library is loaded; its fallback's is loaded when it is asked. */
export async function servedLanguageModel(
  endpoint: ProviderEndpoint,
  service: ProviderService,
): Promise<LanguageModel> {
  const models = standby(endpoint, (one) => new LazyLanguageModel(one), service);
  await models.first.client.load();
  return new ServedLanguageModel(models, service);
}

function standby<Client>(
  endpoint: ProviderEndpoint,
  clientOf: (endpoint: ProviderEndpoint) => Client,
  service: ProviderService,
): Standby<Client> {
  const candidate = (one: ProviderEndpoint): Candidate<Client> => ({ endpoint: one, client: clientOf(one) });
  return new Standby(candidate(endpoint), endpoint.fallback && candidate(endpoint.fallback), service);
}
