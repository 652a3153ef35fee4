import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Die, roll } from './dice.ts';

/** Shows these values one after another. */
function loaded(...values: number[]): Die {
  return () => values.shift() ?? 1;
}

describe('dice', () => {
  it.each<[string, number[], string]>([
    ['2d6+3', [4, 2], '2d6+3: (4 + 2) + 3 = 9'],
    ['d20', [17], 'd20: 17 = 17'],
    ['1w20', [17], '1w20: 17 = 17'],
    ['4d6kh3', [3, 6, 1, 5], '4d6kh3: (3 + 6 + [1 dropped] + 5) = 14'],
    ['2d20kl1', [18, 4], '2d20kl1: ([18 dropped] + 4) = 4'],
    ['2D20KH', [18, 4], '2D20KH: (18 + [4 dropped]) = 18'],
    ['d% - 5', [50], 'd% - 5: 50 - 5 = 45'],
    ['1d8 + 1d6 - 2', [8, 1], '1d8 + 1d6 - 2: 8 + 1 - 2 = 7'],
    ['-1d4', [3], '-1d4: -3 = -3'],
    ['7', [], '7: 7 = 7'],
  ])('shows every die of %s', (notation, values, shown) => {
    expect(roll(notation, loaded(...values)).shown).toBe(shown);
  });

  it.each([
    ['', 'no dice notation'],
    ['a sword', 'no dice notation'],
    ['2d6 3', 'no dice notation'],
    ['2d6+', 'no dice notation'],
    ['0d6', 'the number of dice must be from 1 to 100'],
    ['101d6', 'the number of dice must be from 1 to 100'],
    ['1d1', "a die's number of sides must be from 2 to 1000"],
    ['1d1001', "a die's number of sides must be from 2 to 1000"],
    ['2d6kh3', 'the number of dice to keep must be from 1 to 2'],
    [Array(11).fill('1').join('+'), 'at most 10 terms'],
  ])('refuses %j in words', (notation, words) => {
    expect(() => roll(notation)).toThrow(words);
  });

  it('stays within what the dice can show', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 2, max: 1000 }),
        fc.integer({ min: 0, max: 99 }),
        (count, sides, more) => {
          const { total } = roll(`${count}d${sides}+${more}`);
          expect(total).toBeGreaterThanOrEqual(count + more);
          expect(total).toBeLessThanOrEqual(count * sides + more);
        },
      ),
    );
  });

  it('is fair: each side of a die comes up about as often', () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 60; n++) {
      for (const side of roll('100d6').shown.match(/(?<=[(+] ?)\d(?=[ )])/g) ?? []) {
        counts.set(Number(side), (counts.get(Number(side)) ?? 0) + 1);
      }
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    // 6,000 throws: 1,000 each, with a standard deviation of 29; six of those are wrong once in 500 million runs.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(175);
  });
});
