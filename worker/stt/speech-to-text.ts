/** Speech recognition, whoever does it. */
export interface SpeechToText {
  /**
   * @throws ProviderError when no transcript could be had; the abort reason when aborted.
   */
  transcribe(request: TranscriptionRequest): Promise<string>;
  /** Recognises while it is being said. Absent: whole utterances only. Never throws: `finish` does. */
  open?(request: RecognitionRequest): Recognition;
}

export interface RecognitionRequest {
  /** Names that are likely to be said: NPCs, their aliases, players' characters. */
  readonly names: readonly string[];
  /** BCP 47; empty: unknown. */
  readonly language: string;
  readonly signal: AbortSignal;
  /** The words so far, each time they change; `stable` when the provider will not change these any more. */
  readonly onInterim?: (text: string, stable: boolean) => void;
}

export interface TranscriptionRequest extends Omit<RecognitionRequest, 'onInterim'> {
  /** WAV, 16 kHz mono. */
  readonly wav: Uint8Array<ArrayBuffer>;
}

/** One utterance on its way through a recogniser. */
export interface Recognition {
  /** 16 kHz mono. Never waits: what the network does not take yet is kept. */
  push(samples: Int16Array): void;
  /** The person is silent for the moment, perhaps for good: what was said so far may stand. Absent: it makes no difference. */
  pause?(): void;
  /**
   * Nothing more follows.
   *
   * @returns all that was said.
   * @throws ProviderError when no transcript could be had; the abort reason when aborted.
   */
  finish(): Promise<string>;
  /** Nobody wants it any more: closes what is open. */
  cancel(): void;
}
