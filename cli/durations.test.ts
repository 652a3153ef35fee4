import { describe, expect, test } from 'vitest';
import { parseDuration, shortDuration } from './durations.ts';
import { didYouMean, nearest } from './suggest.ts';

test.each([
  [42_000, '42s'],
  [-5_000, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [125_000, '2m5s'],
  [3_600_000, '60m'],
  [11_520_000, '3h12m'],
  [187_200_000, '2d4h'],
  [1_000_000_000, '11d'],
])('%d ms is %s', (ms, text) => expect(shortDuration(ms)).toBe(text));

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
])('%s is read', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(['', '0s', '15', 'm', '1h x', '-5m'])('"%s" is no length of time', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

describe('names that are near', () => {
  test('are a few letters off, or begin alike', () => {
    const known = ['friday-4c1f2a8e', 'thursday', 'castle', 'village'];
    expect(nearest('vilage', known)).toEqual(['village']);
    expect(nearest('friday', known)).toEqual(['friday-4c1f2a8e']);
    expect(nearest('dragon', known)).toEqual([]);
  });

  test('are said in a sentence', () => {
    expect(didYouMean([])).toBe('');
    expect(didYouMean(['a', 'b', 'c'])).toBe(' Did you mean a, b or c?');
  });
});
