/** A transcript in pieces that a language model can take in at once. */
import { quotedLine } from '../npc/prompt.ts';

export interface RecapLine {
  /** Lines of one turn (what was asked, what was answered) share it; undefined: a turn of its own. */
  readonly turn: string | undefined;
  readonly speaker: string;
  readonly text: string;
}

/**
 * What one request holds of the transcript, tokens: with instructions and answer it fits a context of 8192, which the
 * small models that people run themselves have.
 */
export const CHUNK_TOKENS = 6000;

/** Letters of a token, on the low side: German, and names that no tokenizer has met. */
const TOKEN_LETTERS = 3;

export function tokensOf(text: string): number {
  return Math.ceil(text.length / TOKEN_LETTERS);
}

/**
 * Pieces of at most `most` tokens, in order, made as the lines come. A turn stays in one piece unless it is longer than one;
 * so does a line.
 */
export async function* chunksOf(
  lines: AsyncIterable<RecapLine>,
  most: number = CHUNK_TOKENS,
): AsyncGenerator<string, void, undefined> {
  const packer = new Packer(most);
  let turn: string[] = [];
  let of: string | undefined;
  for await (const line of lines) {
    if (line.turn === undefined || line.turn !== of) {
      yield* packer.add(turn);
      turn = [];
      of = line.turn;
    }
    const written = quotedLine(line.speaker, line.text);
    turn.push(written);
  }
  yield* packer.add(turn);
  yield* packer.rest();
}

/** Texts (notes, say) in groups of at most `most` tokens, in order. */
export function grouped(texts: readonly string[], most: number = CHUNK_TOKENS): string[] {
  const packer = new Packer(most);
  return [...texts.flatMap((text) => [...packer.add([text])]), ...packer.rest()];
}

class Packer {
  readonly #most: number;
  #chunk = '';

  constructor(most: number) {
    this.#most = most;
  }

  /** Lines that belong together. Gives the pieces that are full. */
  *add(lines: readonly string[]): Generator<string, void, undefined> {
    const unit = lines.join('\n');
    if (unit === '') return;
    if (this.#fits(unit)) this.#append(unit);
    else if (lines.length > 1 && tokensOf(unit) > this.#most)
      for (const line of lines) yield* this.add([line]);
    else {
      yield* this.rest();
      let left = unit;
      for (; tokensOf(left) > this.#most; left = left.slice(this.#most * TOKEN_LETTERS)) {
        yield left.slice(0, this.#most * TOKEN_LETTERS);
      }
      this.#append(left);
    }
  }

  *rest(): Generator<string, void, undefined> {
    if (this.#chunk !== '') yield this.#chunk;
    this.#chunk = '';
  }

  #fits(unit: string): boolean {
    return tokensOf(this.#joined(unit)) <= this.#most;
  }

  #append(unit: string): void {
    this.#chunk = this.#joined(unit);
  }

  #joined(unit: string): string {
    return this.#chunk === '' ? unit : `${this.#chunk}\n${unit}`;
  }
}
