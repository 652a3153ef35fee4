/**
 * Long runs of letters that two texts share: how verbatim repetition is found, whatever was done to spaces,
 * punctuation, case and accents on the way. Paraphrase and translation are not found.
 */

/** Letters and digits alone, in lower case, without accents. */
export function squeezed(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

export interface RunLimits {
  /** So many letters in a row are no coincidence. */
  readonly run: number;
  /** A text shorter than a run counts only whole, and only when it has so many letters. */
  readonly whole: number;
}

interface Place {
  readonly text: string;
  readonly at: number;
}

/**
 * What is not to be repeated. Of each text only every n-th block of letters is indexed: a run is long enough to have
 * a whole one in it, so that half a megabyte of texts takes milliseconds to look through.
 */
export class Runs {
  private readonly length: number;
  private readonly block: number;
  private readonly blocks = new Map<string, Place[]>();
  private readonly wholes: string[] = [];

  constructor(texts: Iterable<string>, { run, whole }: RunLimits) {
    this.length = run;
    this.block = Math.floor(run / 2);
    for (const given of texts) {
      const text = squeezed(given);
      if (text.length < run) {
        if (text.length >= whole) this.wholes.push(text);
      } else this.add(text);
    }
  }

  /** @param letters squeezed @param open what may be repeated all the same, squeezed */
  in(letters: string, open: string): boolean {
    if (this.wholes.some((whole) => letters.includes(whole) && !open.includes(whole))) return true;
    for (let at = 0; at + this.block <= letters.length; at++) {
      for (const place of this.blocks.get(letters.slice(at, at + this.block)) ?? []) {
        const shared = around(letters, at, place, this.block);
        for (let from = 0; from + this.length <= shared.length; from++)
          if (!open.includes(shared.slice(from, from + this.length))) return true;
      }
    }
    return false;
  }

  private add(text: string): void {
    for (let at = 0; at + this.block <= text.length; at += this.block) {
      const block = text.slice(at, at + this.block);
      const places = this.blocks.get(block);
      if (places === undefined) this.blocks.set(block, [{ text, at }]);
      else places.push({ text, at });
    }
  }
}

/** The whole run of which both have the block. */
function around(letters: string, at: number, place: Place, block: number): string {
  let before = 0;
  while (before < Math.min(at, place.at) && letters[at - before - 1] === place.text[place.at - before - 1])
    before++;
  let after = block;
  while (at + after < letters.length && letters[at + after] === place.text[place.at + after]) after++;
  return letters.slice(at - before, at + after);
}
