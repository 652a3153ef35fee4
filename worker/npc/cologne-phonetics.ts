/**
 * Cologne phonetics (Postel 1969): how a German word sounds, as digits. The counterpart of Double Metaphone
 * for sessions in German.
 *
 * @param word any spelling; umlauts and ß are understood.
 */
export function colognePhonetics(word: string): string {
  const letters = [
    ...word
      .toLowerCase()
      .replaceAll('ä', 'a')
      .replaceAll('ö', 'o')
      .replaceAll('ü', 'u')
      .replaceAll('ß', 's')
      .replaceAll('ph', 'f')
      .normalize('NFD')
      .replaceAll(/[^a-z]/g, ''),
  ];
  let digits = '';
  letters.forEach((letter, index) => {
    digits += digitOf(letter, letters[index - 1] ?? '', letters[index + 1] ?? '', index === 0);
  });
  // Repeats collapse before vowels (0) go, so that "mm" is one sound and "mam" two.
  const collapsed = digits.replaceAll(/(\d)\1+/g, '$1');
  return collapsed.slice(0, 1) + collapsed.slice(1).replaceAll('0', '');
}

function digitOf(letter: string, before: string, after: string, first: boolean): string {
  switch (letter) {
    case 'a':
    case 'e':
    case 'i':
    case 'j':
    case 'o':
    case 'u':
    case 'y':
      return '0';
    case 'b':
    case 'p':
      return '1';
    case 'd':
    case 't':
      return 'csz'.includes(after) && after !== '' ? '8' : '2';
    case 'f':
    case 'v':
    case 'w':
      return '3';
    case 'g':
    case 'k':
    case 'q':
      return '4';
    case 'c':
      return digitOfC(before, after, first);
    case 'x':
      return 'ckq'.includes(before) && before !== '' ? '8' : '48';
    case 'l':
      return '5';
    case 'm':
    case 'n':
      return '6';
    case 'r':
      return '7';
    case 's':
    case 'z':
      return '8';
    default:
      return '';
  }
}

function digitOfC(before: string, after: string, first: boolean): string {
  if (first) return after !== '' && 'ahkloqrux'.includes(after) ? '4' : '8';
  if (before === 's' || before === 'z') return '8';
  return after !== '' && 'ahkoqux'.includes(after) ? '4' : '8';
}
