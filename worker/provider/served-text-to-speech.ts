/** The voice that a conversation speaks with: the provider or its fallback, and each counted for what it said. */
import type { SpeechRequest, TextToSpeech } from '../tts/text-to-speech.ts';
import type { ProviderService } from './service.ts';
import type { Standby } from './standby.ts';

/** For the first sound, with a fallback that could speak instead. */
const PATIENCE_MS = 4000;

export class ServedTextToSpeech implements TextToSpeech {
  private readonly standby: Standby<TextToSpeech>;
  private readonly service: ProviderService;

  constructor(standby: Standby<TextToSpeech>, service: ProviderService) {
    this.standby = standby;
    this.service = service;
  }

  async *speak(request: SpeechRequest): AsyncGenerator<Float32Array, void, undefined> {
    const { signal, text } = request;
    const { kind } = this.standby.first.endpoint;
    const served = await this.standby.serve(
      async (client, both, endpoint) => {
        // Voices are named by their provider: those of one kind mean nothing to another.
        const voice = endpoint.kind === kind ? request.voice : undefined;
        const stream = client.speak({ ...request, voice, signal: both })[Symbol.asyncIterator]();
        try {
          return { stream, first: await stream.next() };
        } catch (error) {
          if (signal.aborted) this.service.used(endpoint, text.length);
          throw error;
        }
      },
      { signal, patienceMs: PATIENCE_MS },
    );
    const { stream, first } = served.value;
    // The text is charged as a whole, however much of it is heard.
    this.service.used(served.endpoint, text.length);
    try {
      for (let next = first; next.done !== true; next = await stream.next()) yield next.value;
    } catch (error) {
      if (!signal.aborted) served.over(error);
      throw error;
    } finally {
      served.over();
      await stream.return?.();
    }
  }
}
