/**
 * Speech synthesis by ElevenLabs `POST /text-to-speech/{voice}/stream`. Over HTTP and not over its WebSocket: sentences
 * come here whole, a connection that is kept open costs no handshake, and sound comes as it is instead of as base64.
 */
import { SPEAK_RATE } from '../audio/rates.ts';
import { elevenLabsKey } from '../provider/elevenlabs.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { primaryLanguage } from '../provider/language.ts';
import { ProviderError } from '../provider/retry.ts';
import { httpSpeech } from './http-speech.ts';
import { speedWithin } from './speed.ts';
import type { SpeechRequest, TextToSpeech } from './text-to-speech.ts';

/** The API wants a voice to be named; this one every account has. */
const DEFAULT_VOICE = 'JBFqnCBsd6RMkjVDRZzb';
/** What every plan includes, hertz; more is for the larger ones. */
const MODEST_RATE = 24_000;
/** How the API says that the account's plan does not include the rate. */
const NOT_IN_PLAN = 'output_format_not_allowed';
/** Models that take a language; the others hear it from the text or speak English, and some refuse to be told. */
const WITH_LANGUAGE = /_v2_5$|_v3/;

export class ElevenLabsSpeech implements TextToSpeech {
  private readonly endpoint: ProviderEndpoint;
  private readonly language: string;
  private rate = SPEAK_RATE;

  /** @param language BCP 47; empty: as the text is */
  constructor(endpoint: ProviderEndpoint, language: string) {
    this.endpoint = endpoint;
    this.language = language;
  }

  async *speak(what: SpeechRequest): AsyncGenerator<Float32Array, void, undefined> {
    try {
      yield* this.spoken(what);
    } catch (error) {
      const modest = error instanceof ProviderError && error.message.includes(NOT_IN_PLAN);
      if (!modest || this.rate === MODEST_RATE) throw error;
      this.rate = MODEST_RATE;
      yield* this.spoken(what);
    }
  }

  private spoken(what: SpeechRequest): AsyncIterable<Float32Array> {
    const { rate } = this;
    const path = `/text-to-speech/${encodeURIComponent(what.voice ?? DEFAULT_VOICE)}/stream`;
    const query = new URLSearchParams({ output_format: `pcm_${rate}` });
    const body = speechBody(this.endpoint.model, this.language, what);
    return httpSpeech(this.endpoint, { path, query, keyHeader: elevenLabsKey, body, rate }, what.signal);
  }
}

function speechBody(model: string, tag: string, { text, speed }: SpeechRequest): object {
  const language = primaryLanguage(tag);
  return {
    text,
    model_id: model,
    ...(language !== '' && WITH_LANGUAGE.test(model) ? { language_code: language } : {}),
    ...(speed === 1 ? {} : { voice_settings: { speed: speedWithin(speed, 0.7, 1.2) } }),
  };
}
