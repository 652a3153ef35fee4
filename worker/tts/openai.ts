/**
 * Speech synthesis by OpenAI-compatible `POST /audio/speech` (OpenAI, Kokoro, the offline sidecar), streamed.
 *
 * `pcm` is asked for: 24 kHz mono 16-bit without a header, the first sample in the first byte. Servers that
 * answer in WAV all the same are understood, at whatever rate their header names.
 */
import type { ProviderEndpoint } from '../provider/http.ts';
import { httpSpeech } from './http-speech.ts';
import type { SpeechRequest, TextToSpeech } from './text-to-speech.ts';

/** The rate of OpenAI's `pcm`, hertz. */
const PCM_RATE = 24_000;
/**
 * OpenAI's API has no default voice, it wants one to be named. Servers compatible with it know its voices by name and
 * have one of theirs for each.
 */
const DEFAULT_VOICE = 'alloy';

export class OpenAiSpeech implements TextToSpeech {
  private readonly endpoint: ProviderEndpoint;

  constructor(endpoint: ProviderEndpoint) {
    this.endpoint = endpoint;
  }

  speak(what: SpeechRequest): AsyncIterable<Float32Array> {
    const body = speechBody(this.endpoint, what);
    return httpSpeech(this.endpoint, { path: '/audio/speech', body, rate: PCM_RATE }, what.signal);
  }
}

/** `pitch` is no field of OpenAI's, which refuses those it does not know: only the sidecar in this pod is told. */
function speechBody({ model, baseUrl }: ProviderEndpoint, what: SpeechRequest): object {
  const { text: input, voice = DEFAULT_VOICE, speed, pitch } = what;
  const body = { model, input, voice, speed, response_format: 'pcm' };
  return pitch === undefined || pitch === 1 || !isLoopback(baseUrl) ? body : { ...body, pitch };
}

function isLoopback(baseUrl: string): boolean {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
