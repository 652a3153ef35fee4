import type { ProviderEndpoint } from '../provider/http.ts';
import { DeepgramRecognition } from './deepgram.ts';
import { ElevenLabsRecognition } from './elevenlabs.ts';
import { OpenAiTranscription } from './openai.ts';
import type { SpeechToText } from './speech-to-text.ts';

/** By the endpoint's kind; one that is none of this role was refused with the configuration. */
export function recogniserOf(endpoint: ProviderEndpoint): SpeechToText {
  switch (endpoint.kind) {
    case 'deepgram':
      return new DeepgramRecognition(endpoint);
    case 'elevenlabs':
      return new ElevenLabsRecognition(endpoint);
    default:
      return new OpenAiTranscription(endpoint);
  }
}
