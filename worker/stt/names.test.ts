import { describe, expect, it } from 'vitest';
import { namesWithin } from './names.ts';

const LIMITS = { most: 3, mostCharacters: 20, mostWords: 2, mostInAll: 30 };

describe('the names that a recogniser is told', () => {
  it.each([
    ['each once', ['Greta', 'Bruno', 'Greta'], ['Greta', 'Bruno']],
    ['no more than it takes, the first ones', ['A', 'B', 'C', 'D'], ['A', 'B', 'C']],
    [
      'no more characters than it takes',
      ['Bartholomew', 'Cornelius Fudge', 'Wilhelmina'],
      ['Bartholomew', 'Cornelius Fudge'],
    ],
    ['without those that are too long', ['Anna', 'Rumpelstilzchen the Elder', 'Otto'], ['Anna', 'Otto']],
    ['without those of too many words', ['Jan van Eyck', 'Otto'], ['Otto']],
    ['without what it refuses in them', ['[GM] Anna', ' {} '], ['GM Anna']],
  ])('are %s', (_what, names, told) => {
    expect(namesWithin(names, LIMITS)).toEqual(told);
  });
});
