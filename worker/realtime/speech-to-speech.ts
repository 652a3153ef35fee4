/** Models that hear and speak by themselves, whoever runs them. */
import type { ChatPrompt } from '../npc/prompt.ts';
import type { NpcTool } from '../npc/tools/tool.ts';
import type { SpokenVoice } from '../npc/utterance-speech.ts';
import type { ProviderEndpoint } from '../provider/http.ts';

export interface SpeechToSpeech {
  readonly endpoint: ProviderEndpoint;
  /** One NPC's conversation. It connects when it is first needed. */
  open(voice: SpokenVoice): SpokenConversation;
}

export interface SpokenTurn {
  /** Its last message is the one to answer: `audio` is how it was said. */
  readonly prompt: ChatPrompt;
  /** 16 kHz mono. */
  readonly audio: Int16Array;
  readonly tools: readonly NpcTool[];
  readonly signal: AbortSignal;
}

export type SpokenPiece =
  /** Mono samples in -1..1 at 24 kHz. */
  | { readonly type: 'audio'; readonly samples: Float32Array }
  /** The next of the words that are said; as a rule they come before their sound. */
  | { readonly type: 'text'; readonly text: string };

/**
 * What the model remembers follows what was said in the room: before each turn it is told what it has not heard, and
 * when that does not fit to what it remembers, it begins anew.
 */
export interface SpokenConversation {
  /** Which it is connected to: the provider, or its fallback. */
  readonly endpoint: ProviderEndpoint;
  /**
   * One at a time. Pieces come faster than they are heard.
   *
   * @throws ProviderError when no answer could be had or it broke off; the abort reason when aborted.
   */
  answer(turn: SpokenTurn): AsyncGenerator<SpokenPiece, { readonly tokens: number }, undefined>;
  /**
   * What people heard of the last answer: the model then remembers no more than that.
   *
   * @param ms of its audio @param words those that were heard
   */
  heard(ms: number, words: string): void;
  /** Ends the connection; the next turn makes another one. */
  close(): void;
}

/** The rate at which the pieces' samples are, hertz. */
export const SPOKEN_RATE = 24_000;
