/**
 * Cuts a streamed text into sentences as they close, so that the first can be spoken while the model still
 * writes the second.
 *
 * A sentence is closed by its mark *and* what follows: "Dr. " is no end, "3.5" neither, and "…" may go on in
 * lower case. So the last mark in the text so far always waits for one more character.
 */

/** A sentence longer than this is cut at its last comma, characters: speech engines stumble over long ones. */
const MOST_LENGTH = 300;

const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st sr jr vs etc no approx capt col gen lt sgt rev hon inc ltd e.g i.e a.m p.m z.b d.h u.a bzw usw ca nr hr fr'.split(
    ' ',
  ),
);
const CLOSERS = '"\'”’»)]*_';

export class SentenceSplitter {
  private text = '';

  /** @returns the sentences that this piece closes, trimmed. */
  push(piece: string): string[] {
    this.text += piece;
    const sentences: string[] = [];
    for (let end = this.nextEnd(); end !== undefined; end = this.nextEnd()) {
      const sentence = this.text.slice(0, end).trim();
      this.text = this.text.slice(end);
      if (sentence !== '') sentences.push(sentence);
    }
    return sentences;
  }

  /** What is left when the text ends. */
  flush(): string[] {
    const rest = this.text.trim();
    this.text = '';
    return rest === '' ? [] : [rest];
  }

  private nextEnd(): number | undefined {
    for (let at = 0; at < this.text.length; at++) {
      const letter = this.text[at] ?? '';
      if (letter === '\n') return at + 1;
      // Chinese and Japanese marks end a sentence without a space.
      if ('。！？'.includes(letter)) return this.pastClosers(at + 1);
      if ('.!?…'.includes(letter)) {
        const end = this.endAt(at);
        if (end === 'unknown') break;
        if (end !== undefined) return end;
        // The rest of "..." is the same mark.
        while ('.!?…'.includes(this.text[at + 1] ?? ' ')) at++;
      }
    }
    return this.text.length > MOST_LENGTH ? this.longCut() : undefined;
  }

  /** The end of the sentence whose mark is at `at`; undefined: it is none; unknown: more text must decide. */
  private endAt(at: number): number | 'unknown' | undefined {
    let marks = at + 1;
    while ('.!?…'.includes(this.text[marks] ?? ' ')) marks++;
    const past = this.pastClosers(marks);
    const after = this.text[past];
    if (after === undefined) return 'unknown';
    if (!/\s/.test(after)) return undefined;
    const single = marks === at + 1 && this.text[at] === '.';
    if (single && this.abbreviated(at)) return undefined;
    const ellipsis = this.text[at] === '…' || marks - at > 1;
    if (!ellipsis && !single) return past;
    // After an ellipsis or a full stop the next word's case tells whether the sentence goes on.
    const next = /\S/.exec(this.text.slice(past))?.[0];
    if (ellipsis && next === undefined) return 'unknown';
    if (ellipsis && next !== undefined && /\p{Ll}/u.test(next)) return undefined;
    return past;
  }

  private abbreviated(at: number): boolean {
    const word = /[\p{L}.]*$/u.exec(this.text.slice(0, at))?.[0] ?? '';
    // A single capital is an initial: "J. R. Smith"; "I." ends a sentence more often.
    return ABBREVIATIONS.has(word.toLowerCase()) || (/^\p{Lu}$/u.test(word) && word !== 'I');
  }

  private pastClosers(from: number): number {
    let at = from;
    while (at < this.text.length && CLOSERS.includes(this.text[at] ?? ' ')) at++;
    return at;
  }

  private longCut(): number {
    const head = this.text.slice(0, MOST_LENGTH);
    const clause = Math.max(
      head.lastIndexOf(', '),
      head.lastIndexOf('; '),
      head.lastIndexOf(' – '),
      head.lastIndexOf(': '),
    );
    if (clause > MOST_LENGTH / 4) return clause + 2;
    const space = head.lastIndexOf(' ');
    return space > 0 ? space + 1 : MOST_LENGTH;
  }
}
