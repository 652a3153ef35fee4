/** Speech recognition, whoever does it. */
export interface SpeechToText {
  /**
   * @throws ProviderError when no transcript could be had; the abort reason when aborted.
   */
  transcribe(request: TranscriptionRequest): Promise<string>;
}

export interface TranscriptionRequest {
  /** WAV, 16 kHz mono. */
  readonly wav: Uint8Array<ArrayBuffer>;
  /** Names that are likely to be said: NPCs, their aliases, players' characters. */
  readonly names: readonly string[];
  /** BCP 47; empty: unknown. */
  readonly language: string;
  readonly signal: AbortSignal;
}
