/** Which words of what was said are worth looking for in older conversations. Pure. */

/** Said in every conversation at a table, in the languages that are played most; PostgreSQL knows articles and the like itself. */
const EVERYDAY = new Set(
  (
    'about again and are ask asked been but can could did does done ever good got had hello have hear heard hello here hey how know like listen ' +
    'look many maybe more much need not now okay once please really remember said say see should some something still sure talk ' +
    'tell thank thanks that the their them then there these thing things think this time told too very want wanted was well went ' +
    'were what when where which who why will with would yeah yes you your ' +
    'aber auch auf bitte dachte danke das dass dein deine dem den denn der des dich die dir doch ein eine einmal erinnere erinnern erinnerst erzähl ' +
    'erzähle etwas für gesagt gibt gut habe haben hallo hast hat hatte heute hier hör hörst ich ihr immer ist jetzt kannst ' +
    'kennst könnt mal man mehr mein meine mich mir nein nicht noch nun nur oder sag sage sagen schon sehr sein sich sie sind ' +
    'und uns von war waren warum was weiß weißt wenn wer wie wieder will willst wir wird wissen wo wohl zum zur'
  ).split(' '),
);
const SHORTEST = 3;
const MOST = 12;

/**
 * Lower case, letters and digits only, in the order in which they were said.
 *
 * @param without words that everybody says to whom this is said: the NPC's own name
 */
export function searchWords(text: string, without: readonly string[] = []): readonly string[] {
  const left = new Set([...EVERYDAY, ...without.flatMap(split)]);
  return [...new Set(split(text))]
    .filter((word) => (word.length >= SHORTEST || /\d/.test(word)) && !left.has(word))
    .slice(0, MOST);
}

function split(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
