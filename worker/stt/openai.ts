/** Speech recognition by OpenAI-compatible `POST /audio/transcriptions` (whisper.cpp, faster-whisper, OpenAI, the offline sidecar). */
import { type ProviderEndpoint, request } from '../provider/http.ts';
import { ProviderError, withRetries } from '../provider/retry.ts';
import type { SpeechToText, TranscriptionRequest } from './speech-to-text.ts';

/** Recognising 30 s of speech on a slow CPU takes about this long at most. */
const TIMEOUT_MS = 20_000;
/** Whisper reads at most 224 tokens of the prompt and keeps the end; more is wasted. */
const MOST_PROMPT = 600;

export class OpenAiTranscription implements SpeechToText {
  private readonly endpoint: ProviderEndpoint;

  constructor(endpoint: ProviderEndpoint) {
    this.endpoint = endpoint;
  }

  async transcribe(what: TranscriptionRequest): Promise<string> {
    return await withRetries(() => this.once(what), { signal: what.signal });
  }

  private async once(what: TranscriptionRequest): Promise<string> {
    // A FormData can be sent once, so each try has its own.
    const form = new FormData();
    form.set('file', new Blob([what.wav], { type: 'audio/wav' }), 'utterance.wav');
    form.set('model', this.endpoint.model);
    form.set('response_format', 'json');
    // The parameter is ISO 639-1: "de-AT" is "de".
    const language = what.language.split('-')[0]?.toLowerCase() ?? '';
    if (language !== '') form.set('language', language);
    const prompt = what.names.join(', ').slice(0, MOST_PROMPT);
    if (prompt !== '') form.set('prompt', prompt);
    const response = await request(this.endpoint, {
      path: '/audio/transcriptions',
      body: form,
      signal: what.signal,
      timeoutMs: TIMEOUT_MS,
    });
    const answer: unknown = await response.json().catch((cause: unknown) => {
      what.signal.throwIfAborted();
      throw new ProviderError('stt', 'stt: the transcription is no JSON', { cause });
    });
    if (
      typeof answer === 'object' &&
      answer !== null &&
      'text' in answer &&
      typeof answer.text === 'string'
    ) {
      return answer.text.trim();
    }
    throw new ProviderError('stt', 'stt: the transcription has no "text"', { retryable: false });
  }
}
