// An evening of forty things that people say at the table, with who should answer each.
import type { Campaign } from '../../src/api/index.ts';

export type Kind =
  | 'named'
  | 'follow-up'
  | 'two names'
  | 'nobody'
  | 'muted'
  | 'backchannel'
  | 'barge-in'
  | 'overlap'
  | 'pause'
  | 'unknown word';

export interface Line {
  readonly kind: Kind;
  readonly by: 'robin' | 'mara';
  /** `|` stands for a silence of {@link PAUSE_MS} within the sentence. */
  readonly text: string;
  /** Who answers; undefined: nobody does. */
  readonly npc: string | undefined;
}

/** Shorter than what ends an utterance, longer than between words. */
export const PAUSE_MS = 300;

const say = (kind: Kind, by: Line['by'], text: string, npc?: string): Line => ({ kind, by, text, npc });

/**
 * In this order. A backchannel and a barge-in are said into the answer to the line before; an overlap begins with the line
 * before it.
 */
export const scene: readonly Line[] = [
  say('nobody', 'robin', 'Should we take the left door or the right one?'),
  say('nobody', 'mara', 'I roll for perception.'),
  say('nobody', 'robin', 'That is a seventeen plus four.'),
  say('nobody', 'mara', 'Can someone pass me the chips?'),
  say('named', 'robin', 'Greta, have you heard any news from the city?', 'Greta'),
  say('follow-up', 'robin', 'And what do they say about the miller?', 'Greta'),
  say('named', 'mara', 'Bruno, can you mend my sword?', 'Bruno'),
  say('follow-up', 'mara', 'How much will that cost?', 'Bruno'),
  say('named', 'robin', 'Tell me, Captain, who was on duty last night?', 'Captain Hollis'),
  say('named', 'robin', 'Did you see the riders, Bruno?', 'Bruno'),
  say('named', 'mara', 'Good evening Greta, do you have a room for us?', 'Greta'),
  say('backchannel', 'robin', 'Okay.'),
  say('named', 'robin', 'Bruno, what do you know about the old bridge?', 'Bruno'),
  say('barge-in', 'mara', 'Greta, please bring us some bread.', 'Greta'),
  say('muted', 'robin', 'Walter, open the gate for us.'),
  say('named', 'robin', 'Captain, where does this road lead?', 'Captain Hollis'),
  say('follow-up', 'mara', 'Is it dangerous at night?', 'Captain Hollis'),
  say('named', 'robin', 'Greta, who is the man in the corner?', 'Greta'),
  say('overlap', 'mara', 'Bruno, did you make that armor?', 'Bruno'),
  say('pause', 'robin', 'Bruno, I would like to buy | a new shield.', 'Bruno'),
  say('named', 'mara', 'Greta, I am tired and hungry.', 'Greta'),
  say('backchannel', 'robin', 'Yeah.'),
  say('named', 'mara', 'Excuse me Captain, we found a wheel by the river.', 'Captain Hollis'),
  say('follow-up', 'robin', 'What should we do with it?', 'Captain Hollis'),
  say('named', 'robin', 'Bruno, whose wheel could that be?', 'Bruno'),
  say('barge-in', 'mara', 'Captain, listen to this story.', 'Captain Hollis'),
  say('two names', 'robin', 'Greta, tell Bruno that the soup is good.', 'Greta'),
  say('two names', 'mara', 'Bruno, ask Greta for a cup of ale.', 'Bruno'),
  say('muted', 'robin', 'Walter, are you there?'),
  say('named', 'mara', 'Captain, may we speak with the prisoner?', 'Captain Hollis'),
  say('follow-up', 'robin', 'Has he said anything?', 'Captain Hollis'),
  say('pause', 'robin', 'Greta, when the miller comes back | tell him we were here.', 'Greta'),
  say('named', 'mara', 'Thank you, Greta.', 'Greta'),
  say('named', 'robin', 'Bruno, is the sword ready?', 'Bruno'),
  say('follow-up', 'mara', 'Show it to me.', 'Bruno'),
  say('named', 'robin', 'Captain, we leave in the morning.', 'Captain Hollis'),
  say('overlap', 'mara', 'Greta, what do we owe you?', 'Greta'),
  say('named', 'mara', 'Captain, good night to you.', 'Captain Hollis'),
  say('barge-in', 'robin', 'Bruno, wait for us at the bridge.', 'Bruno'),
  say('named', 'robin', 'Greta, wake us at dawn.', 'Greta'),
  // A name that no dictionary has: reported apart.
  say('unknown word', 'robin', 'Thoradin, what do you see in the water?', 'Thoradin'),
  say('unknown word', 'mara', 'Thoradin, do you hear the bells?', 'Thoradin'),
];

/** Stays silent the whole evening. */
export const MUTED = 'Walter';

/** The campaign of the scene, from the sample's. */
export function campaignOf(sample: Campaign): Campaign {
  const npc = (name: string, title: string, personality: string, id: string, aliases: string[] = []) => ({
    name,
    title,
    aliases,
    personality,
    voice: { id, speed: 1.4, pitch: 1 },
    engine: 'cascaded' as const,
    budget: 'standard' as const,
    addressOnly: false,
    gameMasterHelper: false,
  });
  return {
    ...sample,
    metadata: { ...sample.metadata, name: 'evening' },
    spec: {
      ...sample.spec,
      npcs: [
        npc(
          'Greta',
          'innkeeper',
          'Greta is warm and curious. She hears everything that travellers tell.',
          'en-gb+f3',
        ),
        npc(
          'Bruno',
          'blacksmith',
          'Bruno is gruff and honest. He trusts what he can hold in his hands.',
          'en-us+m3',
        ),
        npc(
          'Captain Hollis',
          'captain of the guard',
          'Hollis is strict and fair. He knows every road.',
          'en-gb+m1',
          ['Captain'],
        ),
        npc(MUTED, 'gatekeeper', 'Walter sleeps at his gate.', 'en-us+m5'),
        npc(
          'Thoradin',
          'seer',
          'Thoradin sees what others do not. He speaks of water and bells.',
          'en-gb+m7',
        ),
      ],
    },
  };
}
