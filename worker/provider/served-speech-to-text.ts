/** The recogniser that a conversation listens with: the provider or its fallback, and each counted for what it heard. */
import { writeWav } from '../../src/audio/wav.ts';
import { LISTEN_RATE } from '../audio/rates.ts';
import type {
  Recognition,
  RecognitionRequest,
  SpeechToText,
  TranscriptionRequest,
} from '../stt/speech-to-text.ts';
import type { ProviderService } from './service.ts';
import { type Admitted, messageOf, type Standby, within } from './standby.ts';

/** For a transcript, with a fallback that could give it instead: this, and the length of what was said. */
const PATIENCE_MS = 4000;
const WAV_HEADER_BYTES = 44;
const BYTES_PER_SECOND = LISTEN_RATE * Int16Array.BYTES_PER_ELEMENT;

export class ServedSpeechToText implements SpeechToText {
  /** There when the provider can: its fallback hears of it when it has to. */
  readonly open?: (request: RecognitionRequest) => Recognition;
  private readonly standby: Standby<SpeechToText>;
  private readonly service: ProviderService;

  constructor(standby: Standby<SpeechToText>, service: ProviderService) {
    this.standby = standby;
    this.service = service;
    if (standby.first.client.open !== undefined)
      this.open = (request) => new ServedRecognition(request, standby, service, this);
  }

  async transcribe(request: TranscriptionRequest): Promise<string> {
    const { signal, wav } = request;
    const seconds = Math.max(0, wav.byteLength - WAV_HEADER_BYTES) / BYTES_PER_SECOND;
    const served = await this.standby.serve(
      async (client, both, endpoint) => {
        try {
          return await client.transcribe({ ...request, signal: both });
        } catch (error) {
          // It was heard, though nobody wants the words any more.
          if (signal.aborted) this.service.used(endpoint, seconds);
          throw error;
        }
      },
      { signal, patienceMs: PATIENCE_MS + seconds * 1000 },
    );
    served.over();
    this.service.used(served.endpoint, seconds);
    return served.value;
  }
}

/** Keeps what was said, so that whoever takes over can be told all of it. */
class ServedRecognition implements Recognition {
  private readonly request: RecognitionRequest;
  private readonly standby: Standby<SpeechToText>;
  private readonly service: ProviderService;
  private readonly whole: Pick<SpeechToText, 'transcribe'>;
  /** Undefined: whoever may be asked recognises whole utterances only, or nobody may. */
  private readonly stream: (Admitted<SpeechToText> & { readonly recognition: Recognition }) | undefined;
  private readonly kept: Int16Array[] = [];
  private samples = 0;
  private over = false;

  /** @param whole asks for a recording, with the fallback */
  constructor(
    request: RecognitionRequest,
    standby: Standby<SpeechToText>,
    service: ProviderService,
    whole: Pick<SpeechToText, 'transcribe'>,
  ) {
    this.request = request;
    this.standby = standby;
    this.service = service;
    this.whole = whole;
    const admitted = standby.admit();
    const recognition = admitted?.client.open?.(request);
    if (recognition === undefined) admitted?.abandon();
    if (admitted !== undefined && recognition !== undefined) this.stream = { ...admitted, recognition };
  }

  push(samples: Int16Array): void {
    this.kept.push(samples);
    this.samples += samples.length;
    this.stream?.recognition.push(samples);
  }

  pause(): void {
    this.stream?.recognition.pause?.();
  }

  async finish(): Promise<string> {
    if (this.over) throw new Error('the recognition is over');
    this.over = true;
    const { stream, standby } = this;
    const { signal } = this.request;
    if (stream === undefined) return await this.whole.transcribe(this.recording());
    const { endpoint, recognition } = stream;
    const second = endpoint === standby.first.endpoint ? standby.second : undefined;
    try {
      const finished = recognition.finish();
      const text = await (second === undefined ? finished : within(finished, PATIENCE_MS, endpoint, signal));
      stream.over();
      this.service.used(endpoint, this.seconds);
      if (endpoint === standby.first.endpoint) this.service.serves(endpoint, undefined);
      return text;
    } catch (error) {
      recognition.cancel();
      if (signal.aborted) {
        stream.abandon();
        this.service.used(endpoint, this.seconds);
        signal.throwIfAborted();
      }
      stream.over(error);
      if (second === undefined) throw error;
      const served = await standby.takeOver(
        second,
        (client, both) => client.transcribe({ ...this.recording(), signal: both }),
        signal,
        messageOf(error),
      );
      served.over();
      this.service.used(second.endpoint, this.seconds);
      return served.value;
    }
  }

  cancel(): void {
    if (this.over) return;
    this.over = true;
    if (this.stream === undefined) return;
    this.stream.recognition.cancel();
    this.stream.abandon();
    // It was heard, though nobody wants the words any more.
    this.service.used(this.stream.endpoint, this.seconds);
  }

  private get seconds(): number {
    return this.samples / LISTEN_RATE;
  }

  private recording(): TranscriptionRequest {
    const { names, language, signal } = this.request;
    const all = new Int16Array(this.samples);
    let at = 0;
    for (const piece of this.kept) {
      all.set(piece, at);
      at += piece.length;
    }
    return { names, language, signal, wav: writeWav(all, LISTEN_RATE) };
  }
}
