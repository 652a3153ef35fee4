/** The conversations of the NPCs that hear and speak by themselves: one each, as long as its model and voice stay. */
import { isDeepStrictEqual } from 'node:util';
import type { SpokenVoice } from '../npc/utterance-speech.ts';
import type { SpeechToSpeech, SpokenConversation } from './speech-to-speech.ts';

interface Open {
  readonly by: SpeechToSpeech;
  readonly voice: SpokenVoice;
  readonly conversation: SpokenConversation;
}

export class SpokenConversations {
  private readonly open = new Map<string, Open>();

  of(npc: string, voice: SpokenVoice, by: SpeechToSpeech): SpokenConversation {
    const known = this.open.get(npc);
    if (
      known !== undefined &&
      isDeepStrictEqual(known.voice, voice) &&
      isDeepStrictEqual(known.by.endpoint, by.endpoint)
    )
      return known.conversation;
    known?.conversation.close();
    const conversation = by.open(voice);
    this.open.set(npc, { by, voice, conversation });
    return conversation;
  }

  /** What the models remember is gone; what the room remembers they are told again. */
  close(): void {
    for (const { conversation } of this.open.values()) conversation.close();
    this.open.clear();
  }
}
