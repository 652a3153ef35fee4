/** Speech recognition by OpenAI-compatible `POST /audio/transcriptions` (whisper.cpp, faster-whisper, OpenAI, the offline sidecar). */
import { z } from 'zod';
import { type ProviderEndpoint, request } from '../provider/http.ts';
import { primaryLanguage } from '../provider/language.ts';
import { withRetries } from '../provider/retry.ts';
import type { SpeechToText, TranscriptionRequest } from './speech-to-text.ts';
import { transcriptIn } from './transcript.ts';

/** Recognising 30 s of speech on a slow CPU takes about this long at most. */
const TIMEOUT_MS = 20_000;
/** Whisper reads at most 224 tokens of the prompt and keeps the end; more is wasted. */
const MOST_PROMPT = 600;

const answerSchema = z.object({ text: z.string() }).transform(({ text }) => text);

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
    const language = primaryLanguage(what.language);
    if (language !== '') form.set('language', language);
    const prompt = what.names.join(', ').slice(0, MOST_PROMPT);
    if (prompt !== '') form.set('prompt', prompt);
    const response = await request(this.endpoint, {
      path: '/audio/transcriptions',
      body: form,
      signal: what.signal,
      timeoutMs: TIMEOUT_MS,
    });
    return await transcriptIn(response, answerSchema, 'text', what.signal);
  }
}
