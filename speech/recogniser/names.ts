/** More names than this in a prompt help nobody: each becomes less likely, and one request may not cost minutes. */
export const MOST_NAMES = 200;

/** A word: letters of any script, with marks, apostrophes and hyphens inside. */
const WORD = /\p{L}[\p{L}\p{M}'’-]*/gu;

const LATIN = /^[\p{Script=Latin}\p{M}'-]{2,40}$/u;

/** Words that begin sentences of a prompt, or stand inside a name, without being names themselves. */
const COMMON = new Set(
  `a an and are as at be but by called can do for from game has have he her here his how i in is it its knows master
   me meet meets my named no not npc npcs of on or our party player players say says she so speak speaks table talk
   tell that the their them then there these they this to was we were what when where who will with you your`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

export interface PromptNames {
  /** Names as the prompt spells them, keyed by their lower-case form (the recogniser's vocabulary is lower case). */
  readonly names: ReadonlyMap<string, string>;
  /** Names that no English pronunciation can be made for, because they are not in Latin letters. */
  readonly unpronounceable: readonly string[];
}

/**
 * Finds the names in a transcription prompt: words that begin with a capital, and whatever stands alone (one or two
 * words) between commas. `Greta, Bruno`, `greta, bruno` and `The party meets Greta, who runs the inn.` all do.
 */
export function namesInPrompt(prompt: string): PromptNames {
  const names = new Map<string, string>();
  const unpronounceable = new Set<string>();
  for (const item of prompt.normalize('NFC').split(/[,;.:!?\n]/)) {
    const words = item.match(WORD) ?? [];
    const listed = words.length <= 2;
    for (const raw of words) {
      const spelling = raw.replaceAll('’', "'").replace(/['-]+$/, '');
      const word = spelling.toLowerCase();
      if (COMMON.has(word) || names.has(word)) continue;
      if (!listed && !/^\p{Lu}/u.test(spelling)) continue;
      if (!LATIN.test(word)) {
        if (spelling.length > 1) unpronounceable.add(spelling);
      } else if (names.size < MOST_NAMES) names.set(word, spelling);
      else unpronounceable.add(spelling);
    }
  }
  return { names, unpronounceable: [...unpronounceable] };
}
