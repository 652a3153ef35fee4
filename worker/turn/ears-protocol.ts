/** What the pacing thread and the listening thread tell each other. */
import type { LaneSettings } from './lane.ts';

export interface EarsOptions {
  readonly modelPath: string;
  readonly lane: LaneSettings;
  /** One Int32: packets that the thread has taken. The sender drops when too many wait. */
  readonly taken: SharedArrayBuffer;
}

/** One packet of a person's voice. */
export interface HeardPacket {
  readonly userId: string;
  /** RTP stream and the packet's number in it. */
  readonly ssrc: number;
  readonly sequence: number;
  /** Monotonic milliseconds (clock.ts). */
  readonly arrivedAt: number;
  readonly opus: Uint8Array;
}

export type ToEars =
  | {
      readonly type: 'packets';
      /** In the order of their arrival. */
      readonly packets: readonly HeardPacket[];
    }
  /** The speaker left, or wants no longer to be heard: forget what was kept. */
  | { readonly type: 'forget'; readonly userId: string }
  | { readonly type: 'lane'; readonly lane: LaneSettings }
  /** See {@link Lane.endpoint}. */
  | { readonly type: 'endpoint'; readonly userId: string; readonly pause: number; readonly delayMs: number }
  /** End by yourself. */
  | { readonly type: 'close' };

export interface HeardUtterance {
  readonly userId: string;
  /** WAV, 16 kHz mono. */
  readonly wav: Uint8Array<ArrayBuffer>;
  readonly seconds: number;
  readonly lastPacketAt: number;
  readonly lastVoiceAt: number;
  readonly endpointedAt: number;
  /** The pause in which it ended, if that was reported. */
  readonly pause: number | undefined;
  readonly complete: boolean;
}

/** What is heard of an utterance before it is over. In order, and `started` first; of a pause, see {@link LaneEvent}. */
export type SpeechEvent =
  | { readonly type: 'started'; readonly userId: string }
  | { readonly type: 'audio'; readonly userId: string; readonly samples: Int16Array<ArrayBuffer> }
  | {
      readonly type: 'pause';
      readonly userId: string;
      readonly pause: number;
      /** WAV, 16 kHz mono: what an utterance that ends here will have. */
      readonly wav: Uint8Array<ArrayBuffer>;
      readonly seconds: number;
    }
  | { readonly type: 'resumed'; readonly userId: string; readonly silentMs: number };

export type FromEars =
  | { readonly type: 'ready'; readonly loadMs: number }
  | SpeechEvent
  | { readonly type: 'voicing'; readonly userId: string; readonly continuousMs: number }
  | ({ readonly type: 'utterance' } & HeardUtterance)
  | {
      readonly type: 'counts';
      readonly badPackets: number;
      readonly latePackets: number;
      readonly concealedPackets: number;
    }
  | { readonly type: 'failed'; readonly message: string };
