/**
 * Who is meant? Decided from the words alone, without a model: it takes a fraction of a millisecond and
 * says why.
 *
 * Evidence, strongest first:
 *   exact name, title or alias 1.0 · part of a longer name 0.99 · sounds alike 0.9 · spelled alike up to 0.89
 *   the NPC addressed last, for 30 s: 1.0 · the only NPC there is: 0.5
 *
 * A name that is *called* (first or last words, or before a comma) counts even when the recogniser misheard it, and
 * beats the running conversation; a word that merely occurs and is only similar ("great" and "Greta") is another word.
 * A muted NPC keeps its name: what is said to it never reaches another. `addressOnly` NPCs take names, never context.
 */
import { similarity, words } from '../../src/text/similarity.ts';
import { colognePhonetics } from './cologne-phonetics.ts';
import { doubleMetaphone } from './double-metaphone.ts';
import { distinctiveParts } from './names.ts';

export interface AddressableNpc {
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly addressOnly: boolean;
  readonly muted: boolean;
}

export type Evidence = 'exact' | 'derived' | 'phonetic' | 'edit' | 'recent' | 'only';

export interface Addressed {
  readonly npc: string;
  readonly score: number;
  readonly by: Evidence;
  /** It was called, not just mentioned. */
  readonly vocative: boolean;
  /** What is said to a muted NPC is answered by nobody. */
  readonly muted: boolean;
}

export interface AddressingContext {
  /** BCP 47; German is heard with Cologne phonetics. */
  readonly language: string;
  /** Who was addressed last, and how long ago, milliseconds. */
  readonly last: { readonly npc: string; readonly agoMs: number } | undefined;
}

const RECENT_MS = 30_000;
/** Less similar spellings are other words. */
const LEAST_SIMILARITY = 0.75;
/** Shorter words are similar to too many others. */
const LEAST_FUZZY_LENGTH = 4;
/** A code of two sounds fits half the dictionary. */
const LEAST_CODE_LENGTH = 3;
const RECENT_SCORE = 1;
/** A name's first word that nobody says when calling. */
const ARTICLES: ReadonlySet<string> = new Set(['the', 'der', 'die', 'das']);
const ONLY_SCORE = 0.5;

interface Match {
  readonly npc: AddressableNpc;
  readonly score: number;
  readonly by: Evidence;
  readonly vocative: boolean;
  readonly similarity: number;
  readonly position: number;
}

/** Undefined: nobody is meant. */
export function addressed(
  transcript: string,
  npcs: readonly AddressableNpc[],
  context: AddressingContext,
): Addressed | undefined {
  const spoken = words(transcript);
  if (spoken.length === 0) return undefined;
  const called = vocativePositions(transcript, spoken);
  const shared = sharedParts(npcs);
  const matches = npcs.flatMap((npc) => bestMatch(npc, spoken, called, shared, context.language) ?? []);
  matches.sort(byPreference);
  const [best] = matches;
  const recent = recentNpc(npcs, context);
  if (best !== undefined && (best.score >= 0.99 || best.vocative)) {
    return {
      npc: best.npc.name,
      score: best.score,
      by: best.by,
      vocative: best.vocative,
      muted: best.npc.muted,
    };
  }
  if (recent !== undefined) {
    return { npc: recent.name, score: RECENT_SCORE, by: 'recent', vocative: false, muted: recent.muted };
  }
  const active = npcs.filter((npc) => !npc.muted && !npc.addressOnly);
  const [only] = active;
  if (only !== undefined && active.length === 1) {
    return { npc: only.name, score: ONLY_SCORE, by: 'only', vocative: false, muted: false };
  }
  return undefined;
}

/** Ties: called before mentioned, then the closer spelling, then the earlier word. */
function byPreference(a: Match, b: Match): number {
  return (
    Number(b.vocative) - Number(a.vocative) ||
    b.score - a.score ||
    b.similarity - a.similarity ||
    a.position - b.position
  );
}

function recentNpc(npcs: readonly AddressableNpc[], context: AddressingContext): AddressableNpc | undefined {
  if (context.last === undefined || context.last.agoMs > RECENT_MS) return undefined;
  const { npc: name } = context.last;
  const npc = npcs.find((candidate) => candidate.name === name);
  return npc?.addressOnly === true ? undefined : npc;
}

function bestMatch(
  npc: AddressableNpc,
  spoken: readonly string[],
  called: ReadonlySet<number>,
  shared: ReadonlySet<string>,
  language: string,
): Match | undefined {
  let best: Match | undefined;
  const consider = (position: number, length: number, score: number, by: Evidence, alike: number): void => {
    const vocative = called.has(position) || called.has(position + length - 1);
    const match = { npc, score, by, vocative, similarity: alike, position };
    if (best === undefined || byPreference(match, best) < 0) best = match;
  };
  for (const name of [npc.name, npc.title, ...npc.aliases]) {
    const nameWords = words(name);
    // "The Blacksmith" is called "blacksmith".
    const core = ARTICLES.has(nameWords[0] ?? '') ? nameWords.slice(1) : nameWords;
    if (core.length === 0) continue;
    for (const [position, length, joined] of windows(spoken, core.length + 1)) {
      const whole = core.join('');
      if (joined === whole) consider(position, length, 1, 'exact', 1);
      else if (wordsAlike(spoken.slice(position, position + length), core))
        considerAlike(joined, whole, position, length);
    }
    if (name === npc.title) continue;
    for (const part of distinctiveParts(core)) {
      if (shared.has(part)) continue;
      for (const [position, length, joined] of windows(spoken, 1)) {
        if (joined === part) consider(position, length, 0.99, 'derived', 1);
        else considerAlike(joined, part, position, length);
      }
    }
  }
  return best;

  function considerAlike(word: string, name: string, position: number, length: number): void {
    if (word.length < LEAST_FUZZY_LENGTH || name.length < LEAST_FUZZY_LENGTH) return;
    const alike = similarity(word, name);
    if (alike >= 0.5 && soundsAlike(word, name, language)) consider(position, length, 0.9, 'phonetic', alike);
    else if (alike >= LEAST_SIMILARITY) consider(position, length, 0.89 * alike, 'edit', alike);
  }
}

/**
 * Whether a similar spelling of the whole would mean something: a name of one word may have been split in two;
 * in a longer one each word must resemble its own, or "the Rockseeker" is close to "Tharden Rockseeker".
 */
function wordsAlike(heard: readonly string[], name: readonly string[]): boolean {
  if (name.length === 1) return heard.length <= 2;
  return heard.length === name.length && name.every((word, n) => similarity(word, heard[n] ?? '') >= 0.6);
}

/** Neighbouring words joined, because recognisers split names they do not know: "grim jaw". */
function* windows(
  spoken: readonly string[],
  most: number,
): Generator<[position: number, length: number, joined: string]> {
  for (let position = 0; position < spoken.length; position++) {
    let joined = '';
    for (let length = 1; length <= Math.max(2, most) && position + length <= spoken.length; length++) {
      joined += spoken[position + length - 1] ?? '';
      yield [position, length, joined];
    }
  }
}

function soundsAlike(a: string, b: string, language: string): boolean {
  if (/^de\b/i.test(language)) {
    const code = colognePhonetics(a);
    return code.length >= LEAST_CODE_LENGTH && code === colognePhonetics(b);
  }
  const [primaryA, secondaryA] = doubleMetaphone(a);
  const [primaryB, secondaryB] = doubleMetaphone(b);
  if (primaryA.length < LEAST_CODE_LENGTH) return false;
  return primaryA === primaryB || primaryA === secondaryB || secondaryA === primaryB;
}

/** Parts of names that more than one NPC bears: a family name addresses nobody in particular. */
function sharedParts(npcs: readonly AddressableNpc[]): ReadonlySet<string> {
  const owners = new Map<string, Set<string>>();
  for (const npc of npcs) {
    for (const name of [npc.name, ...npc.aliases]) {
      for (const word of words(name)) owners.set(word, (owners.get(word) ?? new Set()).add(npc.name));
    }
  }
  return new Set([...owners].filter(([, names]) => names.size > 1).map(([word]) => word));
}

/** Words before which a name is still at the beginning. */
const OPENERS = new Set(
  (
    'hey hi hello oh ah so ok okay and well now but yes no please tell ask say excuse me dear greetings good morning ' +
    'evening day thank thanks you the listen look wait my friend hallo he na also ja nein bitte sag mal guten abend morgen tag danke lieber liebe herr frau und warte entschuldigung'
  ).split(' '),
);

/** Positions of words that stand where a person is called by name. */
function vocativePositions(transcript: string, spoken: readonly string[]): ReadonlySet<number> {
  const called = new Set<number>();
  let first = 0;
  while (first < spoken.length - 1 && OPENERS.has(spoken[first] ?? '')) called.add(first++);
  // "Bruno's price" speaks of him.
  if (!/^\P{L}*\p{L}+['’]s\b/u.test(transcript)) called.add(first);
  called.add(spoken.length - 1);
  // Up to each comma or other break in the sentence; recognisers without punctuation have none.
  let count = 0;
  for (const clause of transcript.split(/[,;:.!?…—–]/)) {
    const clauseWords = words(clause);
    count += clauseWords.length;
    if (clauseWords.length > 0 && clauseWords.length <= 3 && count < spoken.length) called.add(count - 1);
  }
  return called;
}
