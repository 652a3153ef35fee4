/**
 * Speech synthesis by Deepgram (Aura) `POST /speak`, streamed. Over HTTP and not over its WebSocket: that one says a
 * sentence when it is flushed, and may be flushed 20 times a minute only.
 */
import { SPEAK_RATE } from '../audio/rates.ts';
import { deepgramKey } from '../provider/deepgram.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { primaryLanguage } from '../provider/language.ts';
import { httpSpeech } from './http-speech.ts';
import { speedWithin } from './speed.ts';
import type { SpeechRequest, TextToSpeech } from './text-to-speech.ts';

/** The family whose voice is chosen by the language; a voice is a model to Deepgram, with the language at its end. */
const FAMILY = 'aura-2';
const DEFAULT_VOICES: ReadonlyMap<string, string> = new Map([
  ['de', 'elara'],
  ['es', 'celeste'],
  ['fr', 'agathe'],
  ['it', 'cinzia'],
  ['ja', 'ama'],
  ['nl', 'beatrix'],
]);
/** Languages whose voices can be told to hurry; the others would refuse it. */
const WITH_SPEED = /-(?:en|es)$/;

export class DeepgramSpeech implements TextToSpeech {
  private readonly endpoint: ProviderEndpoint;
  private readonly language: string;

  /** @param language BCP 47, of NPCs that have no voice of their own; empty: English */
  constructor(endpoint: ProviderEndpoint, language: string) {
    this.endpoint = endpoint;
    this.language = language;
  }

  speak(what: SpeechRequest): AsyncIterable<Float32Array> {
    const voice = what.voice ?? deepgramVoice(this.endpoint.model, this.language);
    const query = new URLSearchParams({
      model: voice,
      encoding: 'linear16',
      sample_rate: String(SPEAK_RATE),
      container: 'none',
    });
    if (what.speed !== 1 && WITH_SPEED.test(voice))
      query.set('speed', String(speedWithin(what.speed, 0.7, 1.5)));
    const body = { text: what.text };
    const spoken = { path: '/speak', query, keyHeader: deepgramKey, body, rate: SPEAK_RATE };
    return httpSpeech(this.endpoint, spoken, what.signal);
  }
}

/** The model itself when it is a voice. */
export function deepgramVoice(model: string, language: string): string {
  if (model !== FAMILY) return model;
  const spoken = primaryLanguage(language);
  const voice = DEFAULT_VOICES.get(spoken);
  return voice === undefined ? `${FAMILY}-thalia-en` : `${FAMILY}-${voice}-${spoken}`;
}
