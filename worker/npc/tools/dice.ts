/**
 * Dice as players write them: `2d6+3`, `d20`, `4d6kh3` (keep the highest three), `2d20kl1`, `d%`; sums of those.
 * Every die is shown, so that the table can check the sum.
 */
import { randomInt } from 'node:crypto';

/** Every term of `2d6+3-1`, with its sign. */
const TERM = /([+-])?\s*(?:(\d*)\s*[dw]\s*(\d+|%)(?:\s*(kh|kl)\s*(\d*))?|(\d+))/giy;
const MOST_TERMS = 10;
const MOST_DICE = 100;
const MOST_SIDES = 1000;

export interface Roll {
  readonly total: number;
  /** How it came about, e.g. `2d6+3: (4 + 2) + 3 = 9`. */
  readonly shown: string;
}

/** One die: 1 to `sides`, all alike. */
export type Die = (sides: number) => number;

const fairDie: Die = (sides) => randomInt(1, sides + 1);

/** @throws RangeError, in words that can be said aloud, when it is no notation or more dice than anybody has */
export function roll(notation: string, die: Die = fairDie): Roll {
  const text = notation.trim();
  const terms = parse(text);
  let total = 0;
  const shown = terms.map(({ sign, dice, constant }, index) => {
    const { sum, how } = dice === undefined ? { sum: constant, how: String(constant) } : throwDice(dice, die);
    total += sign * sum;
    return index === 0 ? `${sign < 0 ? '-' : ''}${how}` : `${sign < 0 ? '-' : '+'} ${how}`;
  });
  return { total, shown: `${text}: ${shown.join(' ')} = ${total}` };
}

interface Dice {
  readonly count: number;
  readonly sides: number;
  readonly keep: { readonly best: boolean; readonly count: number } | undefined;
}

interface Term {
  readonly sign: 1 | -1;
  readonly dice: Dice | undefined;
  readonly constant: number;
}

function parse(text: string): Term[] {
  const terms: Term[] = [];
  let at = 0;
  while (at < text.length) {
    TERM.lastIndex = at;
    const match = TERM.exec(text);
    const [whole = '', sign, count, sides, keep, kept, constant] = match ?? [];
    if (match === null || (at > 0 && sign === undefined)) throw notDice(text);
    at += whole.length;
    while (text[at] === ' ') at++;
    terms.push({
      sign: sign === '-' ? -1 : 1,
      dice: sides === undefined ? undefined : diceOf(count, sides, keep, kept),
      constant: bounded(Number(constant ?? 0), 0, 1_000_000, 'a number'),
    });
  }
  if (terms.length === 0) throw notDice(text);
  if (terms.length > MOST_TERMS) throw new RangeError(`at most ${MOST_TERMS} terms can be added`);
  return terms;
}

function diceOf(count = '', sides: string, keep: string | undefined, kept = ''): Dice {
  const dice = bounded(Number(count || 1), 1, MOST_DICE, 'the number of dice');
  return {
    count: dice,
    sides: sides === '%' ? 100 : bounded(Number(sides), 2, MOST_SIDES, "a die's number of sides"),
    keep:
      keep === undefined
        ? undefined
        : {
            best: keep.toLowerCase() === 'kh',
            count: bounded(Number(kept || 1), 1, dice, 'the number of dice to keep'),
          },
  };
}

function throwDice({ count, sides, keep }: Dice, die: Die): { sum: number; how: string } {
  const thrown = Array.from({ length: count }, () => die(sides));
  const order = thrown.map((_, index) => index);
  if (keep !== undefined) {
    order.sort((a, b) => ((thrown[b] ?? 0) - (thrown[a] ?? 0)) * (keep.best ? 1 : -1));
  }
  const kept = new Set(order.slice(0, keep?.count ?? count));
  const sum = thrown.reduce((whole, value, index) => whole + (kept.has(index) ? value : 0), 0);
  const values = thrown.map((value, index) => (kept.has(index) ? String(value) : `[${value} dropped]`));
  return { sum, how: count === 1 ? (values[0] ?? '') : `(${values.join(' + ')})` };
}

function bounded(value: number, least: number, most: number, what: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${what} must be from ${least} to ${most}`);
}

function notDice(text: string): RangeError {
  return new RangeError(`"${text.slice(0, 40)}" is no dice notation; say for example 2d6+3, d20 or 4d6kh3`);
}
