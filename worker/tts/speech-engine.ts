import type { ProviderEndpoint } from '../provider/http.ts';
import { DeepgramSpeech } from './deepgram.ts';
import { ElevenLabsSpeech } from './elevenlabs.ts';
import { OpenAiSpeech } from './openai.ts';
import type { TextToSpeech } from './text-to-speech.ts';

/**
 * By the endpoint's kind; one that is none of this role was refused with the configuration.
 *
 * @param language BCP 47, in which the NPCs speak; empty: as their texts are
 */
export function speechEngineOf(endpoint: ProviderEndpoint, language: string): TextToSpeech {
  switch (endpoint.kind) {
    case 'deepgram':
      return new DeepgramSpeech(endpoint, language);
    case 'elevenlabs':
      return new ElevenLabsSpeech(endpoint, language);
    default:
      return new OpenAiSpeech(endpoint);
  }
}
