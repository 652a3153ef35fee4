/**
 * A long text in pieces of at most `most` characters: where a paragraph ends, else a sentence, else a word. Only what has
 * none of these within a piece is cut in the middle.
 */
export function splitText(text: string, most: number): string[] {
  const pieces: string[] = [];
  for (let left = text.trim(); left !== ''; ) {
    const end = left.length <= most ? left.length : endOf(left.slice(0, most + 1), most);
    pieces.push(left.slice(0, end).trimEnd());
    left = left.slice(end).trimStart();
  }
  return pieces;
}

/** Where the piece ends, of a text that is one longer than a piece. */
function endOf(text: string, most: number): number {
  for (const boundary of [/\n\n/g, /[.!?…]["»”’)]*\s/g, /\s/g]) {
    const last = [...text.matchAll(boundary)].at(-1);
    // A first piece of a few words reads worse than one that ends with a sentence.
    const end = last === undefined ? 0 : last.index + last[0].trimEnd().length;
    if (end > most / 3) return end;
  }
  // Not between the halves of one character.
  return /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) ? most - 1 : most;
}
