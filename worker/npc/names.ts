/** Which words of a longer name can stand for it. */

/** Too common, or too shared, to stand for a person when they are part of a longer name. */
const NOT_DISTINCTIVE = new Set(
  (
    'the of and a an to in von van der den des de la le du di da del el al old young sir lord lady master mistress ' +
    'captain king queen prince princess mother father brother sister uncle aunt doctor dr mr mrs miss elder saint ' +
    'das die und herr frau meister konig konigin alte alter junge junger bruder schwester vater mutter'
  ).split(' '),
);

/** Parts of a name of several words that can stand for it: "gundren" and "rockseeker". */
export function distinctiveParts(nameWords: readonly string[]): string[] {
  if (nameWords.length < 2) return [];
  return nameWords.filter((word) => word.length >= 3 && !NOT_DISTINCTIVE.has(word));
}
