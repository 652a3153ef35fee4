// Who is in the room, for the table of utterances.
import type { AddressableNpc } from '../../worker/npc/addressing.ts';

const npc = (name: string, more: Partial<AddressableNpc> = {}): AddressableNpc => ({
  name,
  title: '',
  aliases: [],
  addressOnly: false,
  muted: false,
  ...more,
});

const greta = npc('Greta', { title: 'The Innkeeper', aliases: ['Mother Greta'] });
const bruno = npc('Bruno', { title: 'The Blacksmith' });
const thoradin = npc('Thoradin Ironbeard', { title: 'Captain of the Guard' });
const elowen = npc('Elowen', { title: 'The Herbalist', aliases: ['Leaf'] });

const wirtin = npc('Wilhelmine', { title: 'Die Wirtin', aliases: ['Mina'] });
const schmied = npc('Gernot Schmidt', { title: 'Der Schmied' });
const hauptmann = npc('Hauptmann Reinhold', { title: 'Hauptmann der Wache' });
const kraeuterfrau = npc('Jolanthe', { title: 'Die Kräuterfrau' });

export const casts = {
  /** An English town. */
  town: [greta, bruno, thoradin, elowen],
  /** The same, and the smith has been muted by the game master. */
  'town, Bruno muted': [greta, { ...bruno, muted: true }, thoradin, elowen],
  /** One NPC for the whole table. */
  alone: [greta],
  /** A spirit that answers to its name only, and an innkeeper. */
  oracle: [npc('Oracle of Vesh', { aliases: ['Vesh'], addressOnly: true }), greta],
  /** Brothers. */
  brothers: [npc('Gundren Rockseeker'), npc('Tharden Rockseeker'), npc('Nundro Rockseeker')],
  /** A German town. */
  stadt: [wirtin, schmied, hauptmann, kraeuterfrau],
  'stadt, Wilhelmine stumm': [{ ...wirtin, muted: true }, schmied, hauptmann, kraeuterfrau],
  allein: [kraeuterfrau],
} as const satisfies Readonly<Record<string, readonly AddressableNpc[]>>;

export type CastName = keyof typeof casts;
