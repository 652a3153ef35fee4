/**
 * What a game master orders aloud: "mute Greta", "unmute Greta", "everyone, stop", "Greta, say …", and the same in
 * German. Both languages are understood whatever the campaign's is. An order is the whole utterance, begins it, and
 * names its NPC: anything else is conversation.
 */
import { similarity, words } from '../../src/text/similarity.ts';
import { type AddressableNpc, addressed } from './addressing.ts';

export type SpokenCommand =
  | { readonly kind: 'mute' | 'unmute'; readonly npcs: readonly string[] }
  /** Whoever speaks falls silent, and nobody answers what was said before. */
  | { readonly kind: 'stop' }
  | { readonly kind: 'say'; readonly npc: string; readonly text: string };

/** What may stand before an order without being part of it. */
const POLITE = /^(?:(?:okay|ok|hey|so|please|bitte|und|and|also)[\s,.!]+)+/i;

/** Each with the NPC's name, or everybody's, as its group. */
const ORDERS: readonly (readonly ['mute' | 'unmute', RegExp])[] = [
  ['unmute', /^(?:un-?mute|un mute|entstumme|laut schalten|schalte? laut) (.+)$/],
  ['unmute', /^(?:schalte?|mach|mache) (.+?) (?:wieder )?(?:laut|frei)$/],
  ['unmute', /^hebe? (?:die )?stummschaltung von (.+) auf$/],
  ['unmute', /^(.+) (?:darf|durfen) (?:wieder |jetzt )+(?:sprechen|reden)$/],
  ['mute', /^(?:mute|stumm schalten|schalte? stumm) (.+)$/],
  ['mute', /^(?:schalte?|mach|mache|stelle?) (.+) stumm$/],
  ['mute', /^(.+) (?:stummschalten|stumm schalten)$/],
];

const EVERYBODY = /^(?:everyone|everybody|all|all of them|all npcs|alle|allesamt|jeden|alle nscs)$/;
const STOP = [
  /^(?:everyone|everybody) (?:please )?(?:stop|be quiet|quiet|silence|shut up|stop talking)$/,
  /^(?:stop|quiet|silence) (?:everyone|everybody)$/,
  /^alle (?:bitte |mal )*(?:stopp|stop|halt|still|ruhig|ruhe|aufhoren|leise)$/,
  /^(?:stopp|stop|halt|ruhe|still) alle$/,
];

/** A name, and what its bearer shall say. */
const SAY = /^([^:]{2,60}?)[\s,]+(?:say|sage?)\b([\s,:]*)(.+)$/i;
/** Behind these it is a question or a message, and no words to be spoken. */
const NOT_WORDS =
  /^(?:mal|mir|uns|ihm|ihr|ihnen|doch|dem|den|der|to|me|us|what|when|why|who|how|if|was|wann|warum|wer|wie|wo|ob)\b/i;

const ARTICLES: ReadonlySet<string> = new Set(['the', 'der', 'die', 'das', 'den']);
/** What is less like every part of the NPC's names is another word. */
const LEAST_SIMILARITY = 0.6;
/** The same for words that may be one name in pieces. */
const LEAST_JOINED = 0.75;

/** Undefined: it is no order, but something that was said at the table. */
export function spokenCommand(
  transcript: string,
  npcs: readonly AddressableNpc[],
  language: string,
): SpokenCommand | undefined {
  const text = transcript.trim().replace(POLITE, '');
  const said = words(text)
    .join(' ')
    .replace(/ (?:please|bitte)$/, '');
  if (STOP.some((order) => order.test(said))) return { kind: 'stop' };
  for (const [kind, order] of ORDERS) {
    const name = order.exec(said)?.[1];
    if (name === undefined) continue;
    if (EVERYBODY.test(name)) return { kind, npcs: npcs.map((npc) => npc.name) };
    const npc = named(name, npcs, language);
    if (npc !== undefined) return { kind, npcs: [npc] };
  }
  const [, name = '', mark = '', line = ''] = SAY.exec(text) ?? [];
  if (line === '' || (!mark.includes(':') && NOT_WORDS.test(line))) return undefined;
  const npc = named(name, npcs, language);
  return npc === undefined ? undefined : { kind: 'say', npc, text: unquoted(line) };
}

/** The NPC that these words name, and nothing but name. */
function named(name: string, npcs: readonly AddressableNpc[], language: string): string | undefined {
  const to = addressed(name, npcs, { language, last: undefined });
  if (to === undefined || to.by === 'only') return undefined;
  const npc = npcs.find((candidate) => candidate.name === to.npc);
  const parts = npc === undefined ? [] : [npc.name, npc.title, ...npc.aliases].flatMap(words);
  const said = words(name).filter((word) => !ARTICLES.has(word));
  const likeness = (word: string): number => Math.max(...parts.map((part) => similarity(word, part)));
  const resembles =
    said.every((word) => likeness(word) >= LEAST_SIMILARITY) || likeness(said.join('')) >= LEAST_JOINED;
  return resembles ? to.npc : undefined;
}

function unquoted(text: string): string {
  return text.trim().replace(/^["'“„»«](.*)["'”“«»]$/s, '$1');
}
