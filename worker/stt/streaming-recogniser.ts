/** A vendor that recognises while it is spoken, and whole utterances by a request. What differs is its dialect. */
import type { ProviderEndpoint } from '../provider/http.ts';
import { withRetries } from '../provider/retry.ts';
import type {
  Recognition,
  RecognitionRequest,
  SpeechToText,
  TranscriptionRequest,
} from './speech-to-text.ts';
import {
  type RecognitionDialect,
  type RecognitionLimits,
  recognitionLimits,
  StreamedRecognition,
} from './streamed-recognition.ts';

export abstract class StreamingRecogniser implements SpeechToText {
  protected readonly endpoint: ProviderEndpoint;
  private readonly limits: RecognitionLimits;

  constructor(endpoint: ProviderEndpoint, limits: RecognitionLimits = recognitionLimits) {
    this.endpoint = endpoint;
    this.limits = limits;
  }

  open(what: RecognitionRequest): Recognition {
    return new StreamedRecognition(this.endpoint, this.dialect(what), what, this.limits);
  }

  async transcribe(what: TranscriptionRequest): Promise<string> {
    return await withRetries(() => this.once(what), { signal: what.signal, policy: this.limits.retry });
  }

  protected abstract dialect(what: RecognitionRequest): RecognitionDialect;

  /** One request for a whole utterance. */
  protected abstract once(what: TranscriptionRequest): Promise<string>;
}
