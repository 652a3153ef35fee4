/** Speech synthesis, whoever does it. */
export interface TextToSpeech {
  /**
   * Mono samples in -1..1 at 48 kHz, as they come.
   *
   * @throws ProviderError when no audio could be had or it broke off; the abort reason when aborted.
   */
  speak(request: SpeechRequest): AsyncIterable<Float32Array>;
}

export interface SpeechRequest {
  readonly text: string;
  /** The provider's voice id; undefined: one of its own choice. */
  readonly voice: string | undefined;
  /** 1 is normal. */
  readonly speed: number;
  /** Factor on the voice's own pitch, for those that can; undefined leaves it as it is. */
  readonly pitch: number | undefined;
  readonly signal: AbortSignal;
}
